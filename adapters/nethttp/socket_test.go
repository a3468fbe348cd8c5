package nethttp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// atSocket serves at a Unix socket until the test ends or stop is called, which waits.
// "/page" is a page, and paths below it are.
func atSocket(t *testing.T, h *nethttp.Handler, direct bool, grace time.Duration) (path string, stop func() error) {
	t.Helper()
	return atSocketWith(t, h, direct, nethttp.ServerOptions{ShutdownTimeout: grace})
}

func atSocketWith(t *testing.T, h *nethttp.Handler, direct bool, o nethttp.ServerOptions) (path string, stop func() error) {
	t.Helper()
	l, err := nethttp.Listen(t.Context(), "unix:"+filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	page := h.Page(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the page "+r.URL.Path) }))
	isPage := func(path string) bool { return strings.HasPrefix(path, "/page") }
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPage(r.URL.EscapedPath()) {
			page.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
	if direct {
		o.Downloads = func(path string) *nethttp.Handler {
			if isPage(path) {
				return nil
			}
			return h
		}
	}
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- nethttp.NewServer(all, o).Serve(ctx, l) }()
	stopped := false
	stop = func() error { stopped = true; end(); return <-served }
	t.Cleanup(func() {
		if !stopped {
			stop()
		}
	})
	return l.Addr().String(), stop
}

// wire is a connection to a socket.
type wire struct {
	net.Conn
	b *bufio.Reader
}

func connect(t *testing.T, path string) *wire {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &wire{c, bufio.NewReader(c)}
}

// say writes bytes and returns the answer to them in words that can be compared:
// what differs from one time to the next is left out.
func (w *wire) say(text, method string) string {
	if _, err := io.WriteString(w, text); err != nil {
		return "no answer"
	}
	resp, err := http.ReadResponse(w.b, &http.Request{Method: method})
	if err != nil {
		return "no answer"
	}
	body, err := io.ReadAll(resp.Body)
	for _, name := range []string{"Date", "X-Request-Id"} {
		if len(resp.Header[name]) > 0 {
			resp.Header[name] = []string{"some"}
		}
	}
	if t := resp.Header.Get("Content-Type"); strings.HasPrefix(t, "multipart/") {
		resp.Header.Set("Content-Type", "multipart")
		body = []byte(strings.ReplaceAll(string(body), strings.TrimPrefix(t, "multipart/byteranges; boundary="), "boundary"))
	}
	return fmt.Sprintf("%s %s close %v length %d %v %v %q", resp.Proto, resp.Status, resp.Close, resp.ContentLength, resp.Header, err, body)
}

// socketSite has small.txt and large.bin, of which a rule leaves those below "left/" to
// nginx.
func socketSite(t *testing.T, extra ...download.Route) *nethttp.Handler {
	t.Helper()
	files := memstore.New()
	when := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	files.Put("small.txt", []byte("0123456789"), memstore.Options{Modified: when})
	files.Put("large.bin", make([]byte, 3<<20), memstore.Options{Modified: when})
	store := storage.New("files", files)
	service, err := download.New(append(extra,
		download.Route{Pattern: "/left/{path...}", View: &download.StorageView{Store: store}},
		download.Route{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}, Offload: download.Off},
	), []download.Rule{{Source: "files", Destination: "/i/"}})
	if err != nil {
		t.Fatal(err)
	}
	return nethttp.New(service, nethttp.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func ask(method, target string, lines ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
}

// TestSocketAnswersAsNetHTTP plays every kind of request to a server with and to one
// without net/http in between, twice on one connection, and then another.
func TestSocketAnswersAsNetHTTP(t *testing.T) {
	h := socketSite(t)
	direct, _ := atSocket(t, h, true, 0)
	plain, _ := atSocket(t, h, false, 0)
	head := "GET /left/small.txt HTTP/1.1\r\nHost: x\r\n"
	for _, c := range []struct{ name, text, method string }{
		{"offload", ask("GET", "/left/small.txt"), "GET"},
		{"HEAD", ask("HEAD", "/left/small.txt"), "HEAD"},
		{"missing", ask("GET", "/left/none"), "GET"},
		{"HEAD of what is missing", ask("HEAD", "/left/none"), "HEAD"},
		{"no view", ask("GET", "/x"), "GET"},
		{"encoded name", ask("GET", "/left/s%6dall.txt?x=y"), "GET"},
		{"encoded slash", ask("GET", "/left%2fsmall.txt"), "GET"},
		{"raw backslash", ask("GET", `/left/a\b`), "GET"},
		{"bad escape", ask("GET", "/left/%zz"), "GET"},
		{"two slashes", ask("GET", "//left/small.txt"), "GET"},
		{"304", ask("GET", "/left/small.txt", "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT"), "GET"},
		{"412", ask("GET", "/left/small.txt", `If-Match: "x"`), "GET"},
		{"416", ask("GET", "/left/small.txt", "Range: bytes=99-"), "GET"},
		{"range left to nginx", ask("GET", "/left/small.txt", "range: bytes=1-2"), "GET"},
		{"two ranges, streamed", ask("GET", "/left/small.txt", "Range: bytes=0-1,4-5"), "GET"},
		{"streamed", ask("GET", "/files/small.txt"), "GET"},
		{"streamed, large", ask("GET", "/files/large.bin"), "GET"},
		{"streamed in part", ask("GET", "/files/small.txt", "Range: bytes=2-4"), "GET"},
		{"HEAD of what is streamed", ask("HEAD", "/files/large.bin"), "HEAD"},
		{"page", ask("GET", "/page"), "GET"},
		{"page below", ask("HEAD", "/page/x"), "HEAD"},
		{"POST", ask("POST", "/left/small.txt", "Content-Length: 3") + "abc", "POST"},
		{"POST in chunks", ask("POST", "/left/small.txt", "Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n", "POST"},
		{"POST without a body", ask("POST", "/left/small.txt", "Content-Length: 0"), "POST"},
		{"GET with a body", ask("GET", "/left/small.txt", "Content-Length: 3") + "abc", "GET"},
		{"GET with an empty body", ask("GET", "/left/small.txt", "Content-Length: 0"), "GET"},
		{"DELETE", ask("DELETE", "/left/small.txt"), "DELETE"},
		{"OPTIONS *", ask("OPTIONS", "*"), "OPTIONS"},
		{"absolute form", ask("GET", "http://y/left/small.txt"), "GET"},
		{"close", ask("GET", "/left/small.txt", "Connection: close"), "GET"},
		{"close, streamed", ask("GET", "/files/small.txt", "Connection: close"), "GET"},
		{"keep-alive", ask("GET", "/left/small.txt", "Connection: Keep-Alive"), "GET"},
		{"HTTP/1.0", "GET /left/small.txt HTTP/1.0\r\nHost: x\r\n\r\n", "GET"},
		{"HTTP/1.0 without a host", "GET /left/small.txt HTTP/1.0\r\n\r\n", "GET"},
		{"HTTP/1.0, kept alive", "GET /left/small.txt HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", "GET"},
		{"HTTP/3.0", "GET /left/small.txt HTTP/3.0\r\nHost: x\r\n\r\n", "GET"},
		{"no host", "GET /left/small.txt HTTP/1.1\r\n\r\n", "GET"},
		{"two hosts", head + "Host: y\r\n\r\n", "GET"},
		{"bad host", "GET /left/small.txt HTTP/1.1\r\nHost: a b\r\n\r\n", "GET"},
		{"lines that end in LF", "GET /left/small.txt HTTP/1.1\nHost: x\n\n", "GET"},
		{"one line that ends in LF", "GET /left/small.txt HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", "GET"},
		{"folded line", head + "A: b\r\n c\r\n\r\n", "GET"},
		{"space before the colon", head + "A : b\r\n\r\n", "GET"},
		{"NUL in a value", head + "A: \x00\r\n\r\n", "GET"},
		{"no colon", head + "A\r\n\r\n", "GET"},
		{"smuggling", head + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "GET"},
		{"no HTTP", "\x16\x03\x01\r\n\r\n", "GET"},
		{"empty lines first", "\r\n\r\n" + ask("GET", "/left/small.txt"), "GET"},
		{"long head", ask("GET", "/left/small.txt", "A: "+strings.Repeat("b", 20<<10)), "GET"},
		{"head too long", ask("GET", "/left/small.txt", "A: "+strings.Repeat("b", 100<<10)), "GET"},
		{"two at once", ask("GET", "/left/small.txt") + ask("GET", "/files/small.txt"), "GET"},
		{"expectation", ask("POST", "/left/small.txt", "Content-Length: 3", "Expect: 100-continue"), "POST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got [2]string
			for i, path := range []string{direct, plain} {
				w := connect(t, path)
				got[i] = w.say(c.text, c.method) + "\n" + w.say(c.text, c.method) + "\n" + w.say(ask("GET", "/left/small.txt", "Connection: close"), "GET")
				rest, _ := io.ReadAll(w.b)
				got[i] += fmt.Sprintf("\n%d bytes more", len(rest))
			}
			if got[0] != got[1] {
				t.Errorf("got\n%.2000s\nwant\n%.2000s", got[0], got[1])
			}
		})
	}
}

// A front server that hangs in the middle of a head is not waited for; one that asks
// nothing is.
func TestSocketLeavesWhoHangs(t *testing.T) {
	path, _ := atSocketWith(t, socketSite(t), true, nethttp.ServerOptions{ReadHeaderTimeout: 50 * time.Millisecond})
	idle := connect(t, path)
	text := ask("GET", "/left/small.txt")
	for what, begun := range map[string]string{
		"after the first piece": text[:5],
		"after a request":       text + text[:5],
		"where net/http reads":  strings.Replace(text, "\r\n", "\n", 1)[:len(text)-3],
	} {
		w := connect(t, path)
		io.WriteString(w, begun)
		if _, err := io.Copy(io.Discard, w); err != nil {
			t.Errorf("%s: %v, want the connection closed", what, err)
		}
	}
	if got := idle.say(text, "GET"); !strings.Contains(got, " 200 ") {
		t.Errorf("a connection that was idle: %s", got)
	}
}

// What a view does wrong costs its own request only.
func TestSocketSurvivesPanics(t *testing.T) {
	wrong := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) { panic("wrong") })
	path, _ := atSocket(t, socketSite(t, download.Route{Pattern: "/wrong", View: wrong}), true, 0)
	w := connect(t, path)
	for range 2 {
		if got := w.say(ask("GET", "/wrong"), "GET"); !strings.Contains(got, " 500 ") || !strings.Contains(got, "close false") {
			t.Errorf("a panic: %s", got)
		}
	}
	if got := w.say(ask("GET", "/left/small.txt"), "GET"); !strings.Contains(got, " 200 ") {
		t.Errorf("after it: %s", got)
	}
}

// stuck is a view whose file has nothing to read before the context with which it was
// opened ends.
type stuck struct{ opened, ended chan struct{} }

func (s stuck) File(context.Context, *download.Request) (download.File, error) {
	return download.File{Key: "x", Open: func(ctx context.Context) (storage.Object, error) {
		close(s.opened)
		return stuckObject{ctx, s.ended}, nil
	}}, nil
}

type stuckObject struct {
	ctx   context.Context
	ended chan struct{}
}

func (o stuckObject) Metadata() core.Metadata { return core.Metadata{Size: 10} }

func (o stuckObject) Section(context.Context, core.Span) (io.Reader, error) { return o, nil }

func (o stuckObject) Read([]byte) (int, error) {
	<-o.ctx.Done()
	close(o.ended)
	return 0, o.ctx.Err()
}

func (o stuckObject) Close() error { return nil }

func TestSocketAbortEndsTheRequest(t *testing.T) {
	s := stuck{make(chan struct{}), make(chan struct{})}
	path, _ := atSocket(t, socketSite(t, download.Route{Pattern: "/stuck", View: s}), true, 0)
	w := connect(t, path)
	io.WriteString(w, ask("GET", "/stuck"))
	<-s.opened
	w.Close()
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		t.Error("the client is gone, and its file is still read")
	}
}

// waitingView answers 404 when it is told to, or when the context ends.
type waitingView struct{ asked, answer chan struct{} }

func (v waitingView) File(ctx context.Context, _ *download.Request) (download.File, error) {
	close(v.asked)
	select {
	case <-v.answer:
	case <-ctx.Done():
	}
	return download.File{}, storage.ErrNotFound
}

func TestSocketShutdown(t *testing.T) {
	v := waitingView{make(chan struct{}), make(chan struct{})}
	path, stop := atSocket(t, socketSite(t, download.Route{Pattern: "/wait", View: v}), true, time.Minute)
	idle, running := connect(t, path), connect(t, path)
	idle.say(ask("GET", "/left/small.txt"), "GET")
	got := make(chan string)
	go func() { got <- running.say(ask("GET", "/wait"), "GET") }()
	<-v.asked
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	if _, err := idle.b.ReadByte(); err != io.EOF {
		t.Errorf("an idle connection: %v, want its end", err)
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		t.Error("a new connection was accepted")
	}
	close(v.answer)
	if answer := <-got; !strings.Contains(answer, " 404 ") {
		t.Errorf("the running request: %s", answer)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestSocketShutdownCutsOff(t *testing.T) {
	v := waitingView{make(chan struct{}), make(chan struct{})}
	path, stop := atSocket(t, socketSite(t, download.Route{Pattern: "/wait", View: v}), true, 10*time.Millisecond)
	w := connect(t, path)
	io.WriteString(w, ask("GET", "/wait"))
	<-v.asked
	if err := stop(); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v, want the word that a request was cut off", err)
	}
}
