package download_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage/httpstore"
)

// remote is a view of the server of h.
func remote(t *testing.T, h http.HandlerFunc) (*download.HTTPView, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	client, err := httpstore.NewClient(httpstore.Options{
		Origins: []string{s.URL}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, HeadTimeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return &download.HTTPView{Client: client, URL: s.URL + "/files/{path}?v=1"}, s
}

// A remote file is answered as one of our own: ServeContent on the other side.
func TestHTTPView(t *testing.T) {
	const content = "0123456789"
	modified := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	view, _ := remote(t, func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/files/a%20b/c.txt?v=1" {
			t.Errorf("asked for %s", r.RequestURI)
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("X-Accel-Redirect", "/secret")
		w.Header().Set("Content-Disposition", "inline")
		w.Header().Set("Cache-Control", "public")
		http.ServeContent(w, r, "c.txt", modified, strings.NewReader(content))
	})
	s := newService(t, nil, download.Route{Pattern: "/r/{path...}", View: view})
	for _, c := range []struct {
		name, want string
		set        func(r *download.Request)
		status     int
	}{
		{"whole", content, func(*download.Request) {}, 200},
		{"HEAD", "", func(r *download.Request) { r.Method = "HEAD" }, 200},
		{"range", "234", func(r *download.Request) { r.Range = "bytes=2-4" }, 206},
		{"suffix", "789", func(r *download.Request) { r.Range = "bytes=-3" }, 206},
		{"several", content, func(r *download.Request) { r.Range = "bytes=0-1,5-6" }, 200},
		{"past the end", "", func(r *download.Request) { r.Range = "bytes=10-" }, 416},
		{"other unit", content, func(r *download.Request) { r.Range = "lines=1-2" }, 200},
		{"If-Range", "234", func(r *download.Request) { r.Range, r.IfRange = "bytes=2-4", `"v1"` }, 206},
		{"If-Range of another version", content, func(r *download.Request) { r.Range, r.IfRange = "bytes=2-4", `"v0"` }, 200},
		{"weak If-Range", content, func(r *download.Request) { r.Range, r.IfRange = "bytes=2-4", `W/"v1"` }, 200},
		{"If-None-Match", "", func(r *download.Request) { r.IfNoneMatch = `"v0", W/"v1"` }, 304},
		{"If-None-Match of another version", content, func(r *download.Request) { r.IfNoneMatch = `"v0"` }, 200},
		{"If-None-Match and a range", "234", func(r *download.Request) { r.IfNoneMatch, r.Range = `"v0"`, "bytes=2-4" }, 206},
		{"If-Modified-Since", "", func(r *download.Request) { r.IfModifiedSince = "Sun, 06 Nov 1994 08:49:37 GMT" }, 304},
		{"If-Modified-Since beside If-None-Match", content, func(r *download.Request) {
			r.IfModifiedSince, r.IfNoneMatch = "Sun, 06 Nov 1994 08:49:37 GMT", `"v0"`
		}, 200},
		{"If-Match", content, func(r *download.Request) { r.IfMatch = `"v1"` }, 200},
		{"If-Match of another version", "", func(r *download.Request) { r.IfMatch = `"v0"` }, 412},
		{"If-Unmodified-Since before", "", func(r *download.Request) { r.IfUnmodifiedSince = "Sun, 06 Nov 1994 08:49:36 GMT" }, 412},
	} {
		r := get("/r/a%20b/c.txt")
		c.set(r)
		a := ask(t, s, r)
		if got := body(t, &a); a.Status != c.status || got != c.want {
			t.Errorf("%s: %d %q (%v), want %d %q", c.name, a.Status, got, a.Cause, c.status, c.want)
		}
		for _, f := range a.Fields {
			if f.Name == "Set-Cookie" || strings.HasPrefix(f.Name, "X-Accel") || f.Value == "public" || f.Value == "inline" {
				t.Errorf("%s: %s: %s came through", c.name, f.Name, f.Value)
			}
		}
		if c.status == 200 && (a.Get("Content-Disposition") != `attachment; filename="c.txt"` || a.Get("ETag") != `"v1"` ||
			a.Get("Content-Type") != "text/plain; charset=utf-8" || a.Get("Last-Modified") != "Sun, 06 Nov 1994 08:49:37 GMT") {
			t.Errorf("%s: fields %v", c.name, a.Fields)
		}
	}
}

func TestHTTPViewStatus(t *testing.T) {
	for status, want := range map[int]int{404: 404, 410: 410, 401: 502, 403: 502, 429: 502, 500: 502, 503: 502, 504: 502, 206: 502, 204: 502} {
		view, _ := remote(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		s := newService(t, nil, download.Route{Pattern: "/r/{path...}", View: view})
		for _, method := range []string{"GET", "HEAD"} {
			r := get("/r/a")
			r.Method = method
			if a := ask(t, s, r); a.Status != want || a.Cause == nil {
				t.Errorf("%s: remote %d is answered %d (%v), want %d", method, status, a.Status, a.Cause, want)
			}
		}
	}
	slow, _ := remote(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if a := ask(t, newService(t, nil, download.Route{Pattern: "/r/{path...}", View: slow}), get("/r/a")); a.Status != 504 {
		t.Errorf("no answer: %d (%v), want 504", a.Status, a.Cause)
	}
}

func TestHTTPViewOptions(t *testing.T) {
	view, server := remote(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.(http.Flusher).Flush() // without a length
		fmt.Fprint(w, "of ", r.URL.Path)
	})
	view.Options = core.Options{Basename: "report.pdf", Inline: true, MediaType: "application/pdf"}
	view.Compute = func(_ context.Context, r *download.Request) (string, error) {
		return server.URL + "/computed/" + r.Param("path"), nil
	}
	a := ask(t, newService(t, nil, download.Route{Pattern: "/r/{path...}", View: view}), get("/r/x"))
	r, err := a.Object.Section(t.Context(), core.Span{Length: -1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if string(b) != "of /computed/x" || err != nil {
		t.Errorf("body %q, %v", b, err)
	}
	for name, want := range map[string]string{
		"Content-Disposition": `inline; filename="report.pdf"`, "Content-Type": "application/pdf", "Content-Encoding": "gzip",
		"Content-Length": "", "Accept-Ranges": "none",
	} {
		if got := a.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

// A view whose URL leads back to itself would ask for ever.
func TestHTTPViewLoop(t *testing.T) {
	var view *download.HTTPView
	var service *download.Service
	var asked atomic.Int32
	view, _ = remote(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		req := get("/r/a")
		req.Native = r
		a := service.Answer(r.Context(), req)
		defer a.Close()
		w.WriteHeader(a.Status)
	})
	service = newService(t, nil, download.Route{Pattern: "/r/{path...}", View: view})
	if a := ask(t, service, get("/r/a")); a.Status != 502 || asked.Load() != 1 {
		t.Errorf("%d after %d requests, want 502 after one", a.Status, asked.Load())
	}
}
