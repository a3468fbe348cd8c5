package nethttp_test

import (
	"io"
	"net"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
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

// waitUntilRead waits until the other side has taken all that was written.
func (w *wire) waitUntilRead(t *testing.T) {
	t.Helper()
	raw, err := w.Conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for unread := 1; unread > 0; runtime.Gosched() {
		if controlled := raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); controlled != nil || err != nil {
			t.Fatal(controlled, err)
		}
	}
}
