package httpstore_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
)

const content = "0123456789"

// remote is a server of one file that does what its fields say.
type remote struct {
	*httptest.Server
	mu         sync.Mutex
	log        []string // method and Range of each request
	peers      map[string]bool
	etag, date string
	head       int  // status of HEAD, if not 0
	noRanges   bool // Range is ignored
	chunked    bool // the length is not told
	star       bool // nor in Content-Range
	short      bool // a 206 is of one byte less
	onRequest  func(n int, s *remote)
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	s := &remote{etag: `"v1"`, peers: map[string]bool{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *remote) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers[r.RemoteAddr] = true
	s.log = append(s.log, strings.TrimSpace(r.Method+" "+r.Header.Get("Range")))
	if s.onRequest != nil {
		s.onRequest(len(s.log), s)
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	if s.date != "" {
		w.Header().Set("Last-Modified", s.date)
	}
	ifRange := r.Header.Get("If-Range")
	var first, last int
	_, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last)
	switch {
	case r.Method == http.MethodHead && s.head != 0:
		w.WriteHeader(s.head)
	case r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != s.etag:
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Header.Get("If-None-Match") == s.etag && s.etag != "":
		w.WriteHeader(http.StatusNotModified)
	case err != nil || s.noRanges || ifRange != "" && ifRange != s.etag:
		if s.chunked {
			w.(http.Flusher).Flush()
		}
		io.WriteString(w, content)
	case first >= len(content):
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(content)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
	default:
		s.part(w, first, min(last, len(content)-1))
	}
}

func (s *remote) part(w http.ResponseWriter, first, last int) {
	if s.short {
		last--
	}
	total := fmt.Sprint(len(content))
	if s.star {
		total = "*"
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", first, last, total))
	w.WriteHeader(http.StatusPartialContent)
	io.WriteString(w, content[first:last+1])
}

// TestRequestsOfARange: one is enough where the server does as it should.
func TestRequestsOfARange(t *testing.T) {
	part := httpstore.Ask{First: core.Span{Start: 2, Length: 3}}
	for _, c := range []struct {
		name   string
		set    func(*remote)
		ask    httpstore.Ask
		span   core.Span // that is read
		want   string
		ranges int
		log    string
	}{
		{"a range", func(*remote) {}, part, part.First, "234", 1, "GET bytes=2-4"},
		{"everything", func(*remote) {}, everything(), core.Span{Length: 10}, content, 1, "GET"},
		{"a range past the end", func(*remote) {}, httpstore.Ask{First: core.Span{Start: 8, Length: 9}}, core.Span{Start: 8, Length: 2}, "89", 1, "GET bytes=8-16"},
		{"If-Range of another version", func(*remote) {}, httpstore.Ask{First: part.First, IfRange: `"v0"`}, core.Span{Length: 10}, content, 1, "GET bytes=2-4"},
		{"another span than was thought", func(*remote) {}, everything(), part.First, "234", 1, "GET, GET bytes=2-4"},
		{"all though a range was thought", func(*remote) {}, part, core.Span{Length: 10}, content, 1, "GET bytes=2-4, GET"},
		{"unsatisfiable", func(*remote) {}, httpstore.Ask{First: core.Span{Start: 20, Length: 1}}, core.Span{Length: 10}, content, 1, "GET bytes=20-20, HEAD, GET"},
		{"metadata first", func(*remote) {}, httpstore.Ask{}, part.First, "234", 1, "HEAD, GET bytes=2-4"},
		{"HEAD is not allowed", func(s *remote) { s.head = 405 }, httpstore.Ask{}, part.First, "234", 1, "HEAD, GET, GET bytes=2-4"},
		{"ranges are ignored", func(s *remote) { s.noRanges = true }, part, core.Span{Length: 10}, content, 0, "GET bytes=2-4"},
		{"ranges are ignored later", func(s *remote) { s.noRanges = true }, httpstore.Ask{}, part.First, "234", 1, "HEAD, GET bytes=2-4"},
		{"length is not told", func(s *remote) { s.chunked = true }, everything(), core.Span{Length: -1}, content, 0, "GET"},
		{"length of a part's file is not told", func(s *remote) { s.star = true }, part, core.Span{Length: 10}, content, 1, "GET bytes=2-4, HEAD, GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newRemote(t)
			c.set(s)
			o, err := client(t, s.URL).Open(t.Context(), s.URL, c.ask)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			if err := o.(storage.Preparer).Prepare(t.Context(), c.span); err != nil {
				t.Fatal(err)
			}
			r, err := o.Section(t.Context(), c.span)
			if err != nil {
				t.Fatal(err)
			}
			if c.span.Length >= 0 {
				r = io.LimitReader(r, c.span.Length)
			}
			got, err := io.ReadAll(r)
			if string(got) != c.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
			if n := o.(storage.RangeLimiter).MaxRanges(); n != c.ranges {
				t.Errorf("%d ranges, want %d", n, c.ranges)
			}
			if log := strings.Join(s.log, ", "); log != c.log {
				t.Errorf("requests %s, want %s", log, c.log)
			}
		})
	}
}

// TestVersionsAreNeverMixed: metadata of one version and bytes of another.
func TestVersionsAreNeverMixed(t *testing.T) {
	first := httpstore.Ask{} // HEAD, then GET
	for name, change := range map[string]func(n int, s *remote){
		"another tag":                 func(n int, s *remote) { s.etag = fmt.Sprintf(`"v%d"`, n) },
		"another weak tag":            func(n int, s *remote) { s.etag = fmt.Sprintf(`W/"v%d"`, n) },
		"no tag any more":             func(n int, s *remote) { s.etag = strings.Repeat(`"v1"`, 2-n) },
		"another date":                func(n int, s *remote) { s.etag, s.date = "", fmt.Sprintf("Sun, 06 Nov 1994 08:49:%02d GMT", n) },
		"another length":              func(n int, s *remote) { s.etag, s.chunked = "", n > 1 },
		"same tag, and another date":  func(n int, s *remote) { s.date = fmt.Sprintf("Sun, 06 Nov 1994 08:49:%02d GMT", n) },
		"a tag where there was none":  func(n int, s *remote) { s.etag = strings.Repeat(`"v1"`, n-1) },
		"a date where there was none": func(n int, s *remote) { s.date = strings.Repeat("Sun, 06 Nov 1994 08:49:37 GMT", n-1) },
	} {
		for _, span := range []core.Span{{Length: 10}, {Start: 2, Length: 3}} {
			s := newRemote(t)
			s.onRequest = change
			o, err := client(t, s.URL).Open(t.Context(), s.URL, first)
			if err != nil {
				t.Fatal(err)
			}
			if name == "another length" && span.Start > 0 {
				continue // a part tells it
			}
			if r, err := o.Section(t.Context(), span); !errors.Is(err, storage.ErrChanged) {
				t.Errorf("%s, span %v: %v, %v, want ErrChanged", name, span, r, err)
			}
			o.Close()
		}
	}
}

func TestWrongParts(t *testing.T) {
	s := newRemote(t)
	s.short = true
	_, err := client(t, s.URL).Open(t.Context(), s.URL, httpstore.Ask{First: core.Span{Start: 2, Length: 3}})
	if !errors.Is(err, httpstore.ErrBadGateway) {
		t.Errorf("a part that is short: %v", err)
	}
	for _, field := range []string{
		"bytes 3-4/10", "bytes 2-5/10", "bytes 2-4/4", "bytes 4-2/10", "bytes 2-4", "bytes 02-4/1e1", "lines 2-4/10", "",
		"bytes 2-4/99999999999999999999", "bytes -2-4/10", "bytes */10",
	} {
		o := says(t, "HTTP/1.1 206 Partial Content\r\nContent-Range: "+field+"\r\nContent-Length: 3\r\n\r\n234")
		_, _, err := fetch(t, client(t, o.url), o.url, httpstore.Ask{First: core.Span{Start: 2, Length: 3}})
		if !errors.Is(err, httpstore.ErrBadGateway) {
			t.Errorf("Content-Range %q: %v", field, err)
		}
	}
}

func TestNotModified(t *testing.T) {
	s := newRemote(t)
	ask := everything()
	ask.IfNoneMatch = `"v1"`
	c := client(t, s.URL)
	o, err := c.Open(t.Context(), s.URL, ask)
	if err != nil || o.Metadata().ETag != `"v1"` || len(s.log) != 1 {
		t.Errorf("%v after %q", err, s.log)
	}
	// A 304 that does not say what for is looked into.
	bare := serve(t, func(c net.Conn, r *http.Request) {
		if r.Method == "HEAD" {
			io.WriteString(c, head+"ETag: \"v2\"\r\nContent-Length: 10\r\n\r\n")
		} else {
			io.WriteString(c, "HTTP/1.1 304 Not Modified\r\n\r\n")
		}
	})
	o, err = client(t, bare.url).Open(t.Context(), bare.url, ask)
	if err != nil || o.Metadata().ETag != `"v2"` || o.Metadata().Size != 10 {
		t.Errorf("%v, %v", o, err)
	}
}

// Connections are used again: by whole files, parts, metadata and refusals.
func TestConnectionsAreKept(t *testing.T) {
	s := newRemote(t)
	c := client(t, s.URL)
	for range 5 {
		for _, ask := range []httpstore.Ask{everything(), {First: core.Span{Start: 2, Length: 3}}, {}} {
			o, err := c.Open(t.Context(), s.URL, ask)
			if err != nil {
				t.Fatal(err)
			}
			span := core.Span{Length: 10}
			if ask.First.Length > 0 {
				span = ask.First
			}
			r, err := o.Section(t.Context(), span)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, io.LimitReader(r, span.Length)); n != span.Length || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			o.Close()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.peers) > 3 { // one, unless another was begun before the first was free
		t.Errorf("%d connections for 20 requests one after the other", len(s.peers))
	}
}
