package download_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// making is a service of one virtual file at /v.
func making(t *testing.T, made download.Virtual) *download.Service {
	t.Helper()
	return newService(t, nil, download.Route{Pattern: "/v", View: &download.VirtualView{
		Make: func(context.Context, *download.Request) (download.Virtual, error) { return made, nil },
	}})
}

// whole reads the answer as an adapter does: as much as was announced, or to the end.
func whole(t *testing.T, a *download.Answer) (string, error) {
	t.Helper()
	span := core.Span{Length: a.Object.Metadata().Size}
	if len(a.Spans) == 1 {
		span = a.Spans[0]
	}
	r, err := a.Object.Section(t.Context(), span)
	if err != nil {
		return "", err
	}
	if span.Length < 0 {
		b, err := io.ReadAll(r)
		return string(b), err
	}
	b := make([]byte, span.Length)
	n, err := io.ReadFull(r, b)
	return string(b[:n]), err
}

func yields(parts ...string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var buf [64]byte // used again, as Chunks allows
		for _, p := range parts {
			if !yield(buf[:copy(buf[:], p)]) {
				return
			}
		}
	}
}

type onlyReader struct{ io.Reader }

type readerAt struct{ *strings.Reader }

func (r readerAt) Seek() {} // another method than io.Seeker's

func TestVirtualContents(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *os.File {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		name    string
		content func() download.Content
		size    int64
		ranges  bool
	}{
		{"bytes", func() download.Content { return download.Bytes([]byte("hello")) }, 5, true},
		{"string", func() download.Content { return download.String("hello") }, 5, true},
		{"file", func() download.Content { return download.Reader(open(), -1) }, 5, true},
		{"seeker of known size", func() download.Content { return download.Reader(strings.NewReader("hello"), 5) }, 5, true},
		{"reader at any place", func() download.Content { return download.Reader(readerAt{strings.NewReader("hello")}, 5) }, 5, true},
		{"reader", func() download.Content { return download.Reader(onlyReader{strings.NewReader("hello")}, -1) }, -1, false},
		{"reader of known size", func() download.Content { return download.Reader(onlyReader{strings.NewReader("hello")}, 5) }, 5, false},
		{"chunks", func() download.Content { return download.Chunks(yields("he", "", "l", "lo", ""), -1) }, -1, false},
		{"chunks of known size", func() download.Content { return download.Chunks(yields("he", "", "l", "lo", ""), 5) }, 5, false},
		{"one chunk of known size", func() download.Content { return download.Chunks(yields("hello"), 5) }, 5, false},
		{"chunks without error", func() download.Content {
			return download.ChunksOrError(func(yield func([]byte, error) bool) {
				_ = yield([]byte("hel"), nil) && yield([]byte("lo"), nil)
			}, -1)
		}, -1, false},
	} {
		for _, rng := range []string{"", "bytes=1-3"} {
			r := get("/v")
			r.Range = rng
			a := ask(t, making(t, download.Virtual{Name: "a.txt", Content: c.content()}), r)
			want, status, accept := "hello", 200, "none"
			if c.ranges {
				accept = "bytes"
				if rng != "" {
					want, status = "ell", 206
				}
			}
			if a.Status != status || a.Get("Accept-Ranges") != accept || a.Object.Metadata().Size != c.size {
				t.Errorf("%s %s: %d, Accept-Ranges %q, size %d", c.name, rng, a.Status, a.Get("Accept-Ranges"), a.Object.Metadata().Size)
			}
			if got, err := whole(t, &a); got != want || err != nil {
				t.Errorf("%s %s: %q, %v, want %q", c.name, rng, got, err, want)
			}
		}
	}
}

func TestVirtualPresentation(t *testing.T) {
	modified := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	hash := `"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"` // of "hello"
	a := ask(t, making(t, download.Virtual{Name: "a.csv", Content: download.String("hello"), Modified: modified}), get("/v"))
	for name, want := range map[string]string{
		"Content-Disposition": `attachment; filename="a.csv"`, "Content-Type": "text/csv; charset=utf-8", "Content-Length": "5",
		"ETag": hash, "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
	} {
		if got := a.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	own := download.Virtual{Name: "a", Content: download.Bytes([]byte("hello")), ETag: `"own"`, MediaType: "application/pdf"}
	a = ask(t, making(t, own), get("/v"))
	if a.Get("ETag") != `"own"` || a.Get("Content-Type") != "application/pdf" {
		t.Errorf("fields %v", a.Fields)
	}
	r := get("/v")
	r.IfNoneMatch = hash
	if a := ask(t, making(t, download.Virtual{Content: download.Bytes([]byte("hello"))}), r); a.Status != 304 {
		t.Errorf("the same bytes again: %d, want 304", a.Status)
	}
}

// TestVirtualFaults: before the first byte a failure is a 500; after it, reading ends
// with an error before the announced length.
func TestVirtualFaults(t *testing.T) {
	cause := errors.New("out of paper")
	fails := func(parts ...string) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for _, p := range parts {
				if !yield([]byte(p), nil) {
					return
				}
			}
			yield(nil, cause)
		}
	}
	for _, c := range []struct {
		name    string
		content download.Content
		status  int
		most    string // that may be read
	}{
		{"nothing of five", download.Chunks(yields(), 5), 500, ""},
		{"less", download.Chunks(yields("hell"), 5), 200, "hell"},
		{"more in one", download.Chunks(yields("hello!"), 5), 500, ""},
		{"more in the last", download.Chunks(yields("hell", "o!"), 5), 200, "hell"},
		{"more behind", download.Chunks(yields("hello", "!"), 5), 200, "hell"},
		{"more than nothing", download.Chunks(yields("!"), 0), 500, ""},
		{"error at once", download.ChunksOrError(fails(), -1), 500, ""},
		{"error later", download.ChunksOrError(fails("he"), -1), 200, "he"},
		{"error at the end", download.ChunksOrError(fails("hello"), 5), 200, "hell"},
		{"error with bytes", download.ChunksOrError(func(yield func([]byte, error) bool) { yield([]byte("he"), cause) }, -1), 200, "he"},
		{"reader with less", download.Reader(onlyReader{strings.NewReader("hell")}, 5), 200, "hell"},
		{"reader with more", download.Reader(onlyReader{strings.NewReader("hello!")}, 5), 500, ""},
		{"reader that fails", download.Reader(onlyReader{io.MultiReader(strings.NewReader("he"), errReader{cause})}, -1), 200, "he"},
		{"seeker with less", download.Reader(strings.NewReader("hell"), 5), 500, ""},
		{"seeker with more", download.Reader(strings.NewReader("hello!"), 5), 500, ""},
		{"no progress", download.Reader(onlyReader{silent{}}, -1), 500, ""},
		{"no content", download.Content{}, 500, ""},
	} {
		a := ask(t, making(t, download.Virtual{Content: c.content}), get("/v"))
		if a.Status != c.status || (a.Cause == nil) != (c.status == 200) {
			t.Errorf("%s: %d (%v), want %d", c.name, a.Status, a.Cause, c.status)
			continue
		}
		if c.status != 200 {
			continue
		}
		if got, err := whole(t, &a); err == nil || !strings.HasPrefix(c.most, got) {
			t.Errorf("%s: %q and %v, want at most %q and an error", c.name, got, err, c.most)
		}
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// A generator runs only as far as somebody reads, and is told to stop.
func TestVirtualRunsOnlyWhenNeeded(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(r *download.Request)
		want string
	}{
		{"HEAD", func(r *download.Request) { r.Method = "HEAD" }, ""},
		{"304", func(r *download.Request) { r.IfNoneMatch = `"v1"` }, ""},
		{"412", func(r *download.Request) { r.IfMatch = `"v2"` }, ""},
		{"GET given up", func(*download.Request) {}, "first, stopped"},
	} {
		var log []string
		content := download.Chunks(func(yield func([]byte) bool) {
			defer func() { log = append(log, "stopped") }()
			for _, part := range []string{"first", "second"} {
				log = append(log, part)
				if !yield([]byte(part)) {
					return
				}
			}
		}, 11)
		s := making(t, download.Virtual{Content: content, ETag: `"v1"`})
		r := get("/v")
		c.set(r)
		a := s.Answer(t.Context(), r)
		if a.Status >= 500 {
			t.Errorf("%s: %d (%v)", c.name, a.Status, a.Cause)
		}
		a.Close()
		if got := strings.Join(log, ", "); got != c.want {
			t.Errorf("%s: %q ran, want %q", c.name, got, c.want)
		}
	}
}

type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error { *c.closed++; return nil }

func TestVirtualReaderIsClosed(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		closed := 0
		s := making(t, download.Virtual{Content: download.Reader(closing{strings.NewReader("x"), &closed}, -1)})
		r := get("/v")
		r.Method = method
		a := s.Answer(t.Context(), r)
		a.Close()
		if closed != 1 {
			t.Errorf("%s: closed %d times", method, closed)
		}
	}
}

func TestVirtualRefusal(t *testing.T) {
	s := newService(t, nil, download.Route{Pattern: "/v", View: &download.VirtualView{
		Make: func(context.Context, *download.Request) (download.Virtual, error) {
			return download.Virtual{}, download.ErrForbidden
		},
	}})
	if a := ask(t, s, get("/v")); a.Status != 403 {
		t.Errorf("%d, want 403", a.Status)
	}
}

// Memory does not grow with the length: the buffer of one chunk is all there is.
func TestVirtualConstantMemory(t *testing.T) {
	const size = 256 << 20
	chunk := make([]byte, 64<<10)
	content := download.Chunks(func(yield func([]byte) bool) {
		for range size / len(chunk) {
			if !yield(chunk) {
				return
			}
		}
	}, size)
	a := ask(t, making(t, download.Virtual{Content: content}), get("/v"))
	r, err := a.Object.Section(t.Context(), core.Span{Length: size})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 32<<10)
	read := int64(0)
	allocated := testing.AllocsPerRun(1, func() { // once to warm up, once measured
		for range size / 2 / len(buf) {
			n, err := r.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			read += int64(n)
		}
	})
	if n, err := io.ReadFull(r, buf[:size-read]); err != nil || size-read != int64(n) || n > 1 {
		t.Errorf("%d bytes were left, read %d of them, %v", size-read, n, err)
	}
	if allocated > 16 {
		t.Errorf("%v allocations for %d bytes", allocated, read)
	}
}
