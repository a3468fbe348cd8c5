package nethttp

import (
	"io"
	"net"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// opened is an object that counts how often it was closed.
type opened struct {
	storage.Object
	closed int
}

func (o *opened) Close() error { o.closed++; return nil }

// An answer that nobody carries out is closed once: its file would stay open.
func TestLentAnswersAreClosed(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	end := make(chan struct{})
	close(end)
	answer := func(o *opened) *exchange {
		return &exchange{answer: download.Answer{Decision: core.Decision{Delivery: core.Stream}, Object: o}}
	}

	late := &opened{}
	stopped := &socketConn{socket: &socket{lent: make(chan net.Conn), closed: end}, Conn: ours}
	if stopped.lend([]byte("x"), true, answer(late)) || late.closed != 1 {
		t.Errorf("at the end: closed %d times", late.closed)
	}

	refused := &opened{}
	l := &lentConn{Conn: ours, left: answer(refused), done: make(chan bool, 1)}
	l.Close()
	l.Close()
	if <-l.done || refused.closed != 1 {
		t.Errorf("refused by net/http: closed %d times", refused.closed)
	}
	if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection: %v, want its end", err)
	}
}
