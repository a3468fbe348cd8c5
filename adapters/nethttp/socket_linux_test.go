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
	n, answered := 0, 0
	var err error
	for ; err == nil; n++ { // each after the last one's answer: what comes together is for net/http
		_, err = io.WriteString(w, ask("GET", "/left/small.txt"))
		answered = w.waitForMore(t, answered)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || n < 10 {
		t.Errorf("after %d requests: %v, want the connection closed", n, err)
	}
}

// waitUntilRead waits until the other side has taken all that was written.
func (w *wire) waitUntilRead(t *testing.T) {
	t.Helper()
	w.wait(t, func(fd int) (bool, error) {
		unread, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return unread == 0, err
	})
}

// waitForMore waits until more than that many bytes can be read here, or the other side
// has closed the connection. It reads none and returns how many there are.
func (w *wire) waitForMore(t *testing.T, than int) (bytes int) {
	t.Helper()
	w.wait(t, func(fd int) (done bool, err error) {
		look := []unix.PollFd{{Fd: int32(fd)}} // a hang-up is always told
		if _, err = unix.Poll(look, 0); errors.Is(err, unix.EINTR) {
			return false, nil // the next look tells
		}
		bytes, err = unix.IoctlGetInt(fd, unix.SIOCINQ)
		return bytes > than || look[0].Revents&unix.POLLHUP != 0, err
	})
	return bytes
}

// wait waits until what it is told of the socket is done.
func (w *wire) wait(t *testing.T, done func(fd int) (bool, error)) {
	t.Helper()
	raw, err := w.Conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(20 * time.Second)
	for ok := false; !ok; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("nothing came of it in 20 s")
		}
		if controlled := raw.Control(func(fd uintptr) { ok, err = done(int(fd)) }); controlled != nil || err != nil {
			t.Fatal(controlled, err)
		}
	}
}
