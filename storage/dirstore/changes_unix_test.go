//go:build unix

package dirstore_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// whole opens key and reads all of it.
func whole(t testing.TB, s storage.Driver, key string) (string, error) {
	t.Helper()
	o, err := s.Open(t.Context(), key)
	if err != nil {
		return "", err
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Start: 0, Length: o.Metadata().Size})
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(r, o.Metadata().Size))
	return string(b), err
}

func TestRenamedOverWhileRead(t *testing.T) {
	dir, scratch := t.TempDir(), t.TempDir()
	old := strings.Repeat("old ", 50_000)
	path := write(t, dir, "x/a", old)
	o, err := open(t, dir).Open(t.Context(), "x/a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Start: 0, Length: int64(len(old))})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(old))
	if _, err := io.ReadFull(r, got[:1000]); err != nil {
		t.Fatal(err)
	}
	if err := replace(scratch, path, []byte("new"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, got[1000:]); err != nil || string(got) != old {
		t.Errorf("the old bytes are not complete: %v", err)
	}
}

func TestTruncatedWhileRead(t *testing.T) {
	dir := t.TempDir()
	const size = 100_000
	path := write(t, dir, "a", strings.Repeat("x", size))
	o, err := open(t, dir).Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Start: 0, Length: size})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, size)
	if _, err := io.ReadFull(r, got[:1000]); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3000); err != nil {
		t.Fatal(err)
	}
	n, err := io.ReadFull(r, got[1000:])
	if n != 2000 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %d bytes, %v; want 2000 and an unexpected EOF", n, err)
	}
	if r, err = o.Section(t.Context(), core.Span{Start: 50_000, Length: 10}); err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, r, 10); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("past the new end: got %d bytes, %v; want 0 and EOF", n, err)
	}
}

func TestFarEndOfALargeFile(t *testing.T) {
	dir := t.TempDir()
	const size = 5 << 30
	path := write(t, dir, "x/large", "")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("the end"), size-7); err != nil {
		f.Close()
		t.Skipf("no file of 5 GiB here: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		s := way.open(t, dir)
		if m, err := s.Stat(t.Context(), "x/large"); err != nil || m.Size != size {
			t.Errorf("%s: stat: got %+v, %v", way.name, m, err)
		}
		o, err := s.Open(t.Context(), "x/large")
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		r, err := o.Section(t.Context(), core.Span{Start: size - 7, Length: 7})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "the end" {
			t.Errorf("%s: got %q, %v", way.name, got, err)
		}
	}
}

// TestSwappedForALink swaps a file, and the directory it is in, for a link out
// between two calls and back again.
func TestSwappedForALink(t *testing.T) {
	dir, outside := special(t)
	for _, way := range ways {
		for key, target := range map[string]string{"sub/b.txt": outside, "sub": filepath.Dir(outside)} {
			t.Run(way.name+"/"+key, func(t *testing.T) {
				s := way.open(t, dir)
				if _, err := s.Stat(t.Context(), "sub/b.txt"); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, key)
				if err := os.Rename(path, path+".old"); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(target, path); err != nil {
					t.Fatal(err)
				}
				missing(t, s, "sub/b.txt")
				missing(t, s, "sub/canary.txt")
				if err := os.Rename(path+".old", path+".new"); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".new", path); err != nil {
					t.Fatal(err)
				}
				if got, err := whole(t, s, "sub/b.txt"); err != nil || got != "content" {
					t.Errorf("swapped back: got %q, %v", got, err)
				}
			})
		}
	}
}

// TestSwappedAllTheTime has a file and a link out take the same name in turn, as
// fast as they can, while the name is opened.
func TestSwappedAllTheTime(t *testing.T) {
	dir, outside := special(t)
	path := filepath.Join(dir, "sub", "swapped")
	stop, stopped := make(chan struct{}), make(chan struct{})
	write(t, dir, "sub/file", "content")
	defer func() { close(stop); <-stopped }()
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			var err error
			if i%2 == 0 {
				err = os.Symlink(outside, path+".new")
			} else {
				err = os.Link(filepath.Join(dir, "sub", "file"), path+".new")
			}
			if err == nil {
				err = os.Rename(path+".new", path)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for _, way := range ways {
		s := way.open(t, dir)
		served, refused := 0, 0
		start := time.Now()
		for served < 100 || refused < 100 {
			if time.Since(start) > 30*time.Second {
				t.Fatalf("%s: served %d times, refused %d times: the swapping is not seen", way.name, served, refused)
			}
			switch got, err := whole(t, s, "sub/swapped"); {
			case err == nil && got == "content":
				served++
			case errors.Is(err, storage.ErrNotFound):
				refused++
			default:
				t.Fatalf("%s: got %q, %v", way.name, got, err)
			}
		}
	}
}
