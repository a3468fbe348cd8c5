package nethttp

import (
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The goroutines of connections that ended serve those that come, and not more of them
// stay than may.
func TestSpareGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	s := newSocket(l, nil, 0, slog.New(slog.DiscardHandler))
	until := func(what string, conns, spare, goroutines int) {
		t.Helper()
		look := func() (a, b, c int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.conns), int(s.spare.Load()), runtime.NumGoroutine() - before
		}
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			a, b, c := look()
			if a == conns && b == spare && c == goroutines {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %d connections, %d spare of %d goroutines; want %d, %d, %d", what, a, b, c, conns, spare, goroutines)
			}
		}
	}
	dial := func() net.Conn {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var many []net.Conn
	for range 2 * mostSpare {
		many = append(many, dial())
	}
	until("many connections", 2*mostSpare, 0, 2*mostSpare+1)
	for _, c := range many {
		c.Close()
	}
	until("none", 0, mostSpare, mostSpare+1)
	last := dial()
	defer last.Close()
	until("one that comes later", 1, mostSpare-1, mostSpare+1)
	s.Close()
	if err := s.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	until("closed", 0, 0, 0)
}
