package nethttp_test

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/adapters/nethttp"
)

// However the bytes of a request arrive, it is one.
func TestSocketReadsHeadsInPieces(t *testing.T) {
	path, _ := atSocket(t, socketSite(t), true, 0)
	w := connect(t, path)
	text := ask("GET", "/left/small.txt")
	want := w.say(text, "GET")
	for cut := range len(text) - 1 {
		io.WriteString(w, text[:cut+1])
		w.waitUntilRead(t)
		if got := w.say(text[cut+1:], "GET"); got != want {
			t.Fatalf("cut after %d bytes: got %s, want %s", cut+1, got, want)
		}
	}
}

// A front server that takes no answers is not waited for when no more fit into the
// socket's buffer.
func TestSocketLeavesWhoIsDeaf(t *testing.T) {
	path, _ := atSocketWith(t, socketSite(t), true, nethttp.ServerOptions{ReadHeaderTimeout: 50 * time.Millisecond})
	w := connect(t, path)
	n := 0
	var err error
	for ; err == nil; n++ { // each alone: what comes together is for net/http
		_, err = io.WriteString(w, ask("GET", "/left/small.txt"))
		w.waitUntilRead(t)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || n < 10 {
		t.Errorf("after %d requests: %v, want the connection closed", n, err)
	}
}

// waitUntilRead waits until the other side has taken all that was written.
func (w *wire) waitUntilRead(t *testing.T) {
	t.Helper()
	raw, err := w.Conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(20 * time.Second)
	for unread := 1; unread > 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d bytes are not read", unread)
		}
		if controlled := raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); controlled != nil || err != nil {
			t.Fatal(controlled, err)
		}
	}
}
