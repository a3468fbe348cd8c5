//go:build unix

package dirstore_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

const canary = "outside: nobody may read this"

// special makes a directory with a bit of everything that is not to be sent,
// beside a file outside of it, and returns it.
func special(t *testing.T) (dir, outside string) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "root")
	outside = write(t, top, "secret/canary.txt", canary)
	write(t, top, "root-secret/canary.txt", canary)
	write(t, dir, "a.txt", "content")
	write(t, dir, "sub/b.txt", "content")
	for name, target := range map[string]string{
		"out":              "../secret/canary.txt",
		"out-absolute":     outside,
		"in-absolute":      filepath.Join(dir, "a.txt"),
		"out-directory":    "../secret",
		"out-sibling":      "../root-secret",
		"out-and-in":       "../root/a.txt",
		"chain1":           "chain2",
		"chain2":           "sub/chain3",
		"sub/chain3":       "../../secret/canary.txt",
		"loop1":            "loop2",
		"loop2":            "loop1",
		"self":             "self",
		"dangling":         "none",
		"dangling-out":     "../none",
		"to-fifo":          "fifo",
		"to-directory":     "sub",
		"up":               "..",
		"slash":            "/",
		"proc":             "/proc/self/root" + outside,
		"sub/out":          "../../secret/canary.txt",
		"sub/good":         "../a.txt",
		"good":             "sub/b.txt",
		"good-chain":       "good",
		"good-directory":   "sub",
		"file-with-slash":  "a.txt/",
		"sub/self-parent":  "../sub",
		"sub/out-by-links": "self-parent/../../secret/canary.txt",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 9 { // os.Root follows 8
		if err := os.Symlink(fmt.Sprintf("long%d", i+1), filepath.Join(dir, "sub", fmt.Sprintf("long%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "a.txt"), filepath.Join(dir, "sub", "long9")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fifo", "sub/fifo"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, outside
}

// missing wants Stat and Open to say ErrNotFound, at once.
func missing(t *testing.T, s *dirstore.Store, key string) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if m, err := s.Stat(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("stat %q: got %+v, %v, want ErrNotFound", key, m, err)
		}
		o, err := s.Open(t.Context(), key)
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("open %q: got %v, want ErrNotFound", key, err)
		}
		if err == nil {
			o.Close()
		}
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatalf("%q: blocks", key)
	}
}

func TestNotRegular(t *testing.T) {
	dir, _ := special(t)
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	keys := []string{"fifo", "sub/fifo", "to-fifo", "socket", "sub", "to-directory", "good-directory"}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := way.open(t, dir)
			for _, key := range keys {
				missing(t, s, key)
			}
		})
	}
}

func TestFIFOWithWriter(t *testing.T) {
	dir, _ := special(t)
	w, err := os.OpenFile(filepath.Join(dir, "sub/fifo"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.WriteString("bytes in the pipe"); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		missing(t, way.open(t, dir), "sub/fifo")
	}
}

func TestFIFOAsStore(t *testing.T) {
	dir, _ := special(t)
	done := make(chan error, 1)
	go func() {
		s, err := dirstore.Open(filepath.Join(dir, "fifo"))
		if err == nil {
			s.Close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a FIFO was opened as a store")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("blocks")
	}
}

func TestLinksOut(t *testing.T) {
	dir, outside := special(t)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := way.open(t, dir)
			for _, key := range []string{
				"out", "out-absolute", "chain1", "chain2", "sub/chain3",
				"out-directory", "out-directory/canary.txt", "out-sibling/canary.txt",
				"loop1", "loop2", "self", "self/a", "loop1/a", "dangling", "dangling-out", "dangling/a",
				"up", "up/secret/canary.txt", "slash", "slash" + outside, "proc",
				"sub/out", "to-directory/out", "good-directory/out", "sub/out-by-links",
				"sub/self-parent/self-parent/out", "file-with-slash",
				"sub/long0",
			} {
				missing(t, s, key)
			}
		})
	}
}

// The driver itself is safe, too, if it is asked for what Store refuses.
func TestKeysOut(t *testing.T) {
	dir, outside := special(t)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := way.open(t, dir)
			for _, key := range []string{
				"", ".", "..", "/", outside, "/" + outside, "../secret/canary.txt", "../root/a.txt", "../root-secret/canary.txt",
				"sub/../../secret/canary.txt", "sub/..", "a.txt/", "a.txt/.", "a.txt/..", "good/", "good-directory/", "out/",
				"out-directory/", "sub/", "sub/.", "a.txt\x00", "a.txt\x00.png", "sub/b.txt\x00", "\x00",
				strings.Repeat("../", 40) + outside[1:],
				"sub/" + strings.Repeat("../", 40) + outside[1:],
				strings.Repeat("sub/../", 400) + "none",
				strings.Repeat("n", 300), "sub/" + strings.Repeat("n", 300), strings.Repeat("n", 300) + "/a.txt",
				strings.Repeat("d/", 2000) + "a.txt", strings.Repeat("n", 5000), "sub/" + strings.Repeat("n", 5000),
				"%2e%2e/secret/canary.txt", "..%2fsecret%2fcanary.txt", "\uff0e\uff0e/secret/canary.txt", "..;/secret/canary.txt",
				"\xc0\xae\xc0\xae/secret/canary.txt",
			} {
				missing(t, s, key)
			}
		})
	}
}

func TestLinksInside(t *testing.T) {
	dir, _ := special(t)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := way.open(t, dir)
			for _, key := range []string{
				"good", "good-chain", "sub/good", "good-directory/b.txt", "good-directory/good", "sub/self-parent/b.txt",
				"sub/long1", "in-absolute", "out-and-in", "up/root/a.txt",
			} {
				if got, err := whole(t, s, key); err != nil || got != "content" {
					t.Errorf("open %q: got %q, %v", key, got, err)
				}
				if m, err := s.Stat(t.Context(), key); err != nil || m.Size != 7 {
					t.Errorf("stat %q: got %+v, %v", key, m, err)
				}
			}
		})
	}
}

func TestListLeavesOut(t *testing.T) {
	dir, _ := special(t)
	for i := range 9 {
		if err := os.Remove(filepath.Join(dir, "sub", fmt.Sprintf("long%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	for _, test := range []struct {
		prefix string
		want   []string
	}{
		{"", []string{"a.txt", "good", "good-chain", "in-absolute", "out-and-in", "sub/b.txt", "sub/good", "sub/long9"}},
		{"sub/", []string{"sub/b.txt", "sub/good", "sub/long9"}},
		{"good", []string{"good", "good-chain"}},
		{"good-directory/", nil}, // as a walk from the top would not come by
		{"sub/self-parent/", nil},
		{"sub/self-parent/b", nil},
		{"out-directory/", nil},
		{"up/", nil},
		{"self/", nil},
		{"fifo/", nil},
		{"../", nil},
		{"/", nil},
	} {
		wantList(t, s, test.prefix, test.want)
	}
}

func TestResolve(t *testing.T) {
	dir, _ := special(t)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := way.open(t, dir)
			for key, want := range map[string]string{
				"a.txt": "a.txt", "sub/b.txt": "sub/b.txt", "good": "sub/b.txt", "good-chain": "sub/b.txt", "sub/good": "a.txt",
				"good-directory/b.txt": "sub/b.txt", "in-absolute": "a.txt", "out-and-in": "a.txt", "up/root/a.txt": "a.txt",
			} {
				got, m, err := s.Resolve(t.Context(), key)
				if err != nil || got != want || m.Size != 7 {
					t.Errorf("resolve %q: got %q, %+v, %v; want %q", key, got, m, err, want)
				}
			}
			for _, key := range []string{"out", "out-directory/canary.txt", "loop1", "dangling", "none", "sub", "to-directory", "fifo", "to-fifo", "up", "../root/a.txt"} {
				if got, _, err := s.Resolve(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("resolve %q: got %q, %v, want ErrNotFound", key, got, err)
				}
			}
		})
	}
}
