package nethttp

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// lentConn is a connection that net/http has for one request. As soon as it would wait
// for another, the connection seems to end and goes back: unless net/http has read
// more than that request's head, for it to keep then.
type lentConn struct {
	net.Conn
	pending []byte      // of the request, read before
	left    *exchange   // that the request's handler goes on with; nil if there is none
	cancel  func()      // ends what left has begun
	more    atomic.Bool // net/http may have read more than a head
	back    atomic.Bool // net/http is done with the request
	once    sync.Once
	done    chan bool // gets whether the connection is whole
}

// lend has net/http answer the request that begins with b, and reports whether the
// connection came back. It cannot if b is not exactly a head.
func (c *socketConn) lend(b []byte, head bool, left *exchange) bool {
	l := &lentConn{Conn: c.Conn, pending: bytes.Clone(b), left: left, cancel: c.cancel, done: make(chan bool, 1)}
	l.more.Store(!head)
	select {
	case c.lent <- l:
		return <-l.done
	case <-c.closed:
		l.drop()
		return false
	}
}

// Read gives what was read before, then what comes.
func (l *lentConn) Read(b []byte) (int, error) {
	if len(l.pending) > 0 {
		n := copy(b, l.pending)
		l.pending = l.pending[n:]
		return n, nil
	}
	if l.back.Load() {
		return 0, io.EOF
	}
	n, err := l.Conn.Read(b)
	if n > 0 {
		l.more.Store(true)
	}
	return n, err
}

// SetReadDeadline sets none for a head that was read before.
func (l *lentConn) SetReadDeadline(t time.Time) error {
	if len(l.pending) > 0 && !l.more.Load() {
		return nil
	}
	return l.Conn.SetReadDeadline(t)
}

// CloseWrite lets net/http end an answer to a request that it has not read whole.
func (l *lentConn) CloseWrite() error {
	if w, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// Close gives the connection back, or closes it in the middle of a request.
func (l *lentConn) Close() (err error) {
	l.once.Do(func() {
		l.drop()
		if l.back.Load() {
			l.done <- l.SetDeadline(time.Time{}) == nil
			return
		}
		err = l.Conn.Close()
		l.done <- false
	})
	return err
}

// drop lets go of an answer that nobody carried out.
func (l *lentConn) drop() {
	if x := l.left; x != nil {
		l.left = nil
		x.answer.Close()
	}
}

// noteIdle is an http.Server's ConnState: it sees when a request is done with.
func noteIdle(c net.Conn, state http.ConnState) {
	if l, ok := c.(*lentConn); ok && state == http.StateIdle && !l.more.Load() {
		l.back.Store(true)
	}
}

type lentKey struct{}

// withLent is an http.Server's ConnContext.
func withLent(ctx context.Context, c net.Conn) context.Context {
	if l, ok := c.(*lentConn); ok {
		return context.WithValue(ctx, lentKey{}, l)
	}
	return ctx
}

// carryOn carries out the answer that the request's connection came with, and reports
// whether it did. What that has begun ends with the request.
func carryOn(w http.ResponseWriter, r *http.Request) bool {
	l, ok := r.Context().Value(lentKey{}).(*lentConn)
	if !ok || l.left == nil {
		return false
	}
	x := l.left
	l.left = nil
	x.w, x.r = w, r
	defer context.AfterFunc(r.Context(), l.cancel)()
	defer x.observe()
	defer x.recover()
	x.carryOut()
	x.logRequest()
	return true
}
