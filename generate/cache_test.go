package generate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/storage"
)

func open(t testing.TB, dir string, o generate.Options) *generate.Cache {
	t.Helper()
	c, err := generate.OpenCache(dir, "generated", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// key is the n-th key of a test.
func key(n int) string { return fmt.Sprintf("%064x", n) }

// text is a file of this text.
func text(s string) generate.Create {
	return func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func sized(n int) generate.Create { return text(strings.Repeat("x", n)) }

// content is what the cache serves at key, "" if nothing.
func content(t testing.TB, c *generate.Cache, key string) string {
	t.Helper()
	o, err := c.Store().Open(t.Context(), key)
	if errors.Is(err, storage.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Length: o.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// files are the paths of all files below dir.
func files(t testing.TB, dir string) (all []string, bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
			if info, err := d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil // files come and go
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, bytes
}

func TestFiftyRequestsMakeOneFile(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, generate.Options{})
	var made atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			err := c.Make(t.Context(), key(1), func(ctx context.Context, w io.Writer) error {
				made.Add(1)
				time.Sleep(20 * time.Millisecond)
				return text("hello")(ctx, w)
			})
			if err != nil || content(t, c, key(1)) != "hello" {
				t.Errorf("%v, %q", err, content(t, c, key(1)))
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("made %d times", n)
	}
	if got, _ := files(t, dir); len(got) != 1 || got[0] != "files/"+key(1) {
		t.Errorf("files %v", got)
	}
}

// TestOneClientGoes: who asked first goes, who waits still gets the file.
func TestOneClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		first, goes := context.WithCancel(t.Context())
		release, made := make(chan struct{}), 0
		create := func(ctx context.Context, w io.Writer) error {
			made++
			<-release
			return errors.Join(ctx.Err(), text("hello")(ctx, w))
		}
		gone, stayed := make(chan error, 1), make(chan error, 1)
		go func() { gone <- c.Make(first, key(1), create) }()
		synctest.Wait()
		go func() { stayed <- c.Make(t.Context(), key(1), create) }()
		synctest.Wait()
		goes()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who went: %v", err)
		}
		close(release)
		if err := <-stayed; err != nil || content(t, c, key(1)) != "hello" || made != 1 {
			t.Errorf("who stayed: %v, made %d times", err, made)
		}
	})
}

// TestNothingIsLeft: whatever ends the making, nothing is served, nothing stays
// on the disk and the next request makes the file.
func TestNothingIsLeft(t *testing.T) {
	oh := errors.New("oh")
	for name, c := range map[string]struct {
		create generate.Create
		want   error
	}{
		"error": {func(ctx context.Context, w io.Writer) error { sized(1<<20)(ctx, w); return oh }, oh},
		"too large": {func(ctx context.Context, w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
			}
		}, generate.ErrFull},
		"too large, unnoticed": {func(ctx context.Context, w io.Writer) error { sized(4<<20)(ctx, w); return nil }, generate.ErrFull},
		"panic":                {func(ctx context.Context, w io.Writer) error { sized(1<<20)(ctx, w); panic("oh") }, nil},
		"too slow": {func(ctx context.Context, w io.Writer) error {
			sized(1<<20)(ctx, w)
			<-ctx.Done()
			return nil
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cache := open(t, dir, generate.Options{MaxBytes: 2 << 20, Parallel: 1, Timeout: 200 * time.Millisecond})
			err := make1(cache, c.create)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if got, _ := files(t, dir); len(got) > 0 || content(t, cache, key(1)) != "" {
				t.Errorf("files %v", got)
			}
			if n := cache.Used(); n != 0 {
				t.Errorf("%d bytes are counted", n)
			}
			if err := make1(cache, sized(2<<20)); err != nil {
				t.Errorf("the next request: %v", err)
			}
		})
	}
}

// make1 makes the first file; a panic is an error.
func make1(c *generate.Cache, create generate.Create) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return c.Make(context.Background(), key(1), create)
}

// TestAllClientsGo: the making is told to stop when nobody waits for it.
func TestAllClientsGo(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, generate.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	err := c.Make(ctx, key(1), func(ctx context.Context, w io.Writer) error {
		sized(100_000)(ctx, w)
		cancel()
		<-ctx.Done()
		_, err := w.Write(make([]byte, 100_000)) // does not get far
		ended <- err
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("a file that nobody waits for can be written on")
	}
	waitUntil(t, func() bool { got, _ := files(t, dir); return len(got) == 0 && c.Used() == 0 })
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was waited for did not happen within 20 s")
		}
	}
}

// TestBound: files of random sizes are made by many at once; what is on the disk
// never exceeds the bound, whatever is being made. Nobody writes while it is
// measured: pieces are so large that they go to the disk at once.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most, piece = 1 << 20, 64 << 10
		writing := make(chan struct{}, 1) // no mutex: time stands still while one is waited for
		dir := t.TempDir()
		c, err := generate.OpenCache(dir, "generated", generate.Options{MaxBytes: most, Parallel: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var all sync.WaitGroup
		var made atomic.Int32
		for client := range 8 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(client), 1))
				for range 40 {
					n := random.IntN(12)
					err := c.Make(t.Context(), key(n), func(_ context.Context, w io.Writer) error {
						made.Add(1)
						for range 1 + n {
							writing <- struct{}{}
							_, err := w.Write(make([]byte, piece))
							_, on := files(t, dir)
							<-writing
							if err != nil {
								return err
							}
							if on > most {
								t.Errorf("%d bytes on the disk", on)
							}
							time.Sleep(time.Millisecond)
						}
						return nil
					})
					full := errors.Is(err, generate.ErrFull) || errors.Is(err, generate.ErrBusy) || errors.Is(err, context.DeadlineExceeded)
					if err != nil && !full {
						t.Error(err)
					}
					if c.Used() > most {
						t.Errorf("%d bytes are counted", c.Used())
					}
				}
			})
		}
		all.Wait()
		got, on := files(t, dir)
		if len(got) == 0 || on > most || c.Used() < on || made.Load() < 12 {
			t.Errorf("%d files of %d bytes, %d counted, made %d", len(got), on, c.Used(), made.Load())
		}
	})
}

// TestOldestUseGoesFirst, and a file that was just asked for stays a moment.
func TestOldestUseGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{MaxBytes: 3 * 4096})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		here := func() (s string) {
			for n := range 6 {
				if content(t, c, key(n)) != "" {
					s += fmt.Sprint(n)
				}
			}
			return s
		}
		put := func(n int) time.Duration {
			start := time.Now()
			if err := c.Make(t.Context(), key(n), sized(4096)); err != nil {
				t.Errorf("file %d: %v", n, err)
			}
			return time.Since(start)
		}
		for n := range 3 {
			put(n)
			time.Sleep(time.Second)
		}
		if waited := put(3); waited != 2*time.Second || here() != "123" {
			t.Errorf("the fourth waited %v, then there are %s", waited, here())
		}
		time.Sleep(time.Minute)
		put(1) // is there, and used now
		if waited := put(4); waited != 0 || here() != "134" {
			t.Errorf("the fifth waited %v, then there are %s", waited, here())
		}
		if err := c.Make(t.Context(), key(5), sized(3*4096+1)); !errors.Is(err, generate.ErrFull) || !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("a file larger than the cache: %v", err)
		}
	})
}

func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		c, err := generate.OpenCache(dir, "generated", generate.Options{MaxAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, s := range []struct {
			after time.Duration
			text  string
			want  string
		}{{0, "first", "first"}, {59 * time.Minute, "second", "first"}, {59 * time.Second, "third", "first"}, {time.Second, "fourth", "fourth"}} {
			time.Sleep(s.after)
			if err := c.Make(t.Context(), key(1), text(s.text)); err != nil || content(t, c, key(1)) != s.want {
				t.Errorf("%v, %q, want %q", err, content(t, c, key(1)), s.want)
			}
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got, _ := files(t, dir); len(got) > 0 || c.Used() != 0 {
			t.Errorf("after two hours there are %v, %d bytes", got, c.Used())
		}
	})
}

// TestBusy: a request that cannot have a slot soon is refused.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{Parallel: 1, Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		release, done := make(chan struct{}), make(chan error)
		go func() {
			done <- c.Make(t.Context(), key(1), func(context.Context, io.Writer) error { <-release; return nil })
		}()
		synctest.Wait()
		start := time.Now()
		if err := c.Make(t.Context(), key(2), text("x")); !errors.Is(err, generate.ErrBusy) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := c.Make(t.Context(), key(2), text("x")); err != nil {
			t.Error(err)
		}
	})
}

// TestStuck: a generator that never ends holds up no client for ever.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		release, start := make(chan struct{}), time.Now()
		err = c.Make(t.Context(), key(1), func(context.Context, io.Writer) error { <-release; return nil })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 15*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		close(release)
		synctest.Wait()
	})
}

// TestReopen: finished files are served by the next process; unfinished ones are
// swept, but not those that another process makes now; what is not the cache's is
// left alone.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, generate.Options{})
	if err := first.Make(t.Context(), key(1), text("hello")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"making/LEFTOVER", "files/README", "files/" + key(2) + ".tar.gz"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var second *generate.Cache
	err := first.Make(t.Context(), key(3), func(ctx context.Context, w io.Writer) error {
		second = open(t, dir, generate.Options{})
		return text("made meanwhile")(ctx, w)
	})
	if err != nil || content(t, first, key(3)) != "made meanwhile" {
		t.Errorf("what was being made: %v", err)
	}
	never := func(context.Context, io.Writer) error { return errors.New("made again") }
	if err := second.Make(t.Context(), key(1), never); err != nil || content(t, second, key(1)) != "hello" {
		t.Error(err)
	}
	if got, _ := files(t, dir); fmt.Sprint(got) != fmt.Sprint([]string{"files/" + key(1), "files/" + key(2) + ".tar.gz", "files/" + key(3), "files/README"}) {
		t.Errorf("files %v", got)
	}
	if n := second.Used(); n != 4096 {
		t.Errorf("%d bytes are counted, want one block", n)
	}
}

// TestRemovedByOthers: a file that somebody has removed is made again.
func TestRemovedByOthers(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, generate.Options{})
	for _, want := range []string{"first", "second"} {
		if err := c.Make(t.Context(), key(1), text(want)); err != nil || content(t, c, key(1)) != want {
			t.Errorf("%v, %q, want %q", err, content(t, c, key(1)), want)
		}
		if err := os.Remove(filepath.Join(dir, "files", key(1))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBadDisk: without its folder the cache answers as a store that is away.
func TestBadDisk(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, generate.Options{})
	if err := os.Remove(filepath.Join(dir, "making")); err != nil {
		t.Fatal(err)
	}
	if err := c.Make(t.Context(), key(1), text("x")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("no folder to write into: %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "making"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := c.Make(t.Context(), key(1), func(ctx context.Context, w io.Writer) error {
		if err := os.Remove(filepath.Join(dir, "files")); err != nil {
			t.Error(err)
		}
		return text("x")(ctx, w)
	})
	if !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("no folder to put it: %v", err)
	}
	if got, _ := files(t, dir); len(got) > 0 || c.Used() != 0 {
		t.Errorf("left: %v, %d bytes", got, c.Used())
	}
	for _, bad := range []string{filepath.Join(dir, "none"), "/dev/null"} {
		if _, err := generate.OpenCache(bad, "generated", generate.Options{}); err == nil {
			t.Errorf("%s was opened", bad)
		}
	}
}
