package nethttp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/test/output"
)

// site is a handler for the files of a temporary directory at /files/.
type site struct {
	dir string
	log output.Buffer
	*httptest.Server
}

func newSite(t *testing.T, opts nethttp.Options, rules []download.Rule, extra ...download.Route) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	driver, err := dirstore.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	view := &download.StorageView{Store: storage.New("files", driver)}
	service, err := download.New(append(extra, download.Route{Pattern: "/files/{path...}", View: view}), rules)
	if err != nil {
		t.Fatal(err)
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	s.Server = httptest.NewServer(nethttp.New(service, opts))
	t.Cleanup(s.Close)
	return s
}

func (s *site) put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sparse makes a file of n bytes that occupies next to nothing.
func (s *site) sparse(t *testing.T, name string, n int64) {
	t.Helper()
	s.put(t, name, "")
	if err := os.Truncate(filepath.Join(s.dir, name), n); err != nil {
		t.Fatal(err)
	}
}

func (s *site) do(t *testing.T, method, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	resp, err := s.Client().Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestSeveralLinesOfOneFieldAreOneValue(t *testing.T) {
	s := newSite(t, nethttp.Options{}, nil)
	s.put(t, "a.txt", "0123456789")
	first, _ := s.do(t, "GET", "/files/a.txt")
	resp, _ := s.do(t, "GET", "/files/a.txt", "If-None-Match", `"other"`, "If-None-Match", first.Header.Get("ETag"))
	if resp.StatusCode != 304 {
		t.Errorf("status = %d, want 304: the second line counts too", resp.StatusCode)
	}
}

func TestRequestID(t *testing.T) {
	s := newSite(t, nethttp.Options{RequestIDField: "X-Request-Id", AccessLog: true}, nil)
	s.put(t, "a.txt", "x")
	const given = "0123456789abcdef"
	for _, c := range []struct {
		sent string
		kept bool
	}{{given, true}, {"short", false}, {"has space and more", false}, {strings.Repeat("a", 65), false}, {"", false}} {
		resp, _ := s.do(t, "GET", "/files/a.txt", "X-Request-Id", c.sent)
		got := resp.Header.Get("X-Request-Id")
		if (got == c.sent) != c.kept {
			t.Errorf("sent %q: id = %q, kept should be %v", c.sent, got, c.kept)
		}
		if !strings.Contains(s.log.String(), "id="+got) {
			t.Errorf("id %q is not in the log", got)
		}
	}
	own := newSite(t, nethttp.Options{}, nil)
	resp, _ := own.do(t, "GET", "/files/none", "X-Request-Id", given)
	if got := resp.Header.Get("X-Request-Id"); got == given || len(got) != 32 {
		t.Errorf("without RequestIDField: id = %q, want 32 digits of our own", got)
	}
}

func TestAccessLogHasNoQueryAndNoRawControl(t *testing.T) {
	s := newSite(t, nethttp.Options{AccessLog: true}, nil)
	s.put(t, "a.txt", "hello")
	s.do(t, "GET", "/files/a.txt?sig=secret", "User-Agent", "evil\tagent")
	line := s.log.String()
	for _, want := range []string{"status=200", "bytes=5", "path=/files/a.txt", "delivery=stream", `user_agent="evil\tagent"`} {
		if !strings.Contains(line, want) {
			t.Errorf("log %q lacks %q", line, want)
		}
	}
	if strings.Contains(line, "secret") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\t\n\r") {
		t.Errorf("log leaks: %q", line)
	}
	quiet := newSite(t, nethttp.Options{}, nil)
	quiet.do(t, "GET", "/files/none")
	if quiet.log.String() != "" {
		t.Errorf("without AccessLog: logged %q", quiet.log.String())
	}
}

func TestOffloadFields(t *testing.T) {
	hour, yes := time.Hour, true
	rule := download.Rule{Front: "nginx", Source: "files", Destination: "/_internal/files/",
		Expires: &hour, Buffering: &yes, LimitRate: 1000, Charset: "utf-8"}
	s := newSite(t, nethttp.Options{AccessLog: true}, []download.Rule{rule})
	s.put(t, "a b%3F.txt", "0123456789")
	resp, body := s.do(t, "GET", "/files/a%20b%253F.txt", "Range", "bytes=0-1")
	want := map[string]string{
		"X-Accel-Redirect": "/_internal/files/a%20b%253F.txt", "X-Accel-Expires": "3600", "X-Accel-Buffering": "yes",
		"X-Accel-Limit-Rate": "1000", "X-Accel-Charset": "utf-8", "Content-Length": "0",
	}
	for name, value := range want {
		if got := resp.Header.Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if resp.StatusCode != 200 || body != "" {
		t.Errorf("status %d, body %q; want 200 and none: nginx does the range", resp.StatusCode, body)
	}
	for _, name := range []string{"ETag", "Last-Modified", "X-Content-Type-Options", "Date"} {
		if got := resp.Header.Get(name); got != "" {
			t.Errorf("%s = %q is sent, though nginx makes its own", name, got)
		}
	}
	for _, r := range [][]string{
		{"HEAD", "/files/a%20b%253F.txt"}, {"GET", "/files/none"}, {"POST", "/files/a%20b%253F.txt"},
		{"GET", "/files/a%20b%253F.txt", "If-None-Match", "*"}, {"GET", "/files/a%20b%253F.txt", "If-Match", `"other"`},
	} {
		resp, _ := s.do(t, r[0], r[1], r[2:]...)
		for name := range resp.Header {
			if strings.HasPrefix(name, "X-Accel-") {
				t.Errorf("%v: %d carries %s", r, resp.StatusCode, name)
			}
		}
	}
}

func TestOffloadOfAViewsOwnValidators(t *testing.T) {
	store := memstore.New()
	store.Put("a.txt", []byte("hello"))
	view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Store: storage.New("files", store), Key: "a.txt", Adjust: func(r *core.Representation) {
			r.ETag, r.LastModified = `"mine"`, time.Unix(784111777, 0)
		}}, nil
	})
	rule := download.Rule{Front: "nginx", Source: "files", Destination: "/_internal/files/"}
	s := newSite(t, nethttp.Options{}, []download.Rule{rule}, download.Route{Pattern: "/own", View: view})
	resp, _ := s.do(t, "GET", "/own")
	if got := resp.Header.Get("X-Accel-Redirect"); got != "/_internal/files%40own/a.txt" {
		t.Errorf("X-Accel-Redirect = %q, want the location that passes validators on", got)
	}
	if resp.Header.Get("ETag") != `"mine"` || resp.Header.Get("Last-Modified") != "Sun, 06 Nov 1994 08:49:37 GMT" {
		t.Errorf("ETag %q, Last-Modified %q; want the view's", resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"))
	}
}

func TestOffloadIsNotSteeredByTheClient(t *testing.T) {
	s := newSite(t, nethttp.Options{}, nil)
	s.put(t, "a.txt", "hello")
	resp, body := s.do(t, "GET", "/files/a.txt", "X-Accel-Redirect", "/etc/passwd", "X-Accel-Mapping", "/=/",
		"X-Sendfile-Type", "X-Accel-Redirect", "X-Sendfile", "/etc/passwd", "X-HTTP-Method-Override", "DELETE")
	if body != "hello" || resp.Header.Get("X-Accel-Redirect") != "" {
		t.Errorf("body %q, X-Accel-Redirect %q", body, resp.Header.Get("X-Accel-Redirect"))
	}
}

func TestPanicIs500WithoutStack(t *testing.T) {
	boom := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) { panic("secret cause") })
	s := newSite(t, nethttp.Options{}, nil, download.Route{Pattern: "/boom", View: boom})
	resp, body := s.do(t, "GET", "/boom")
	if resp.StatusCode != 500 || strings.Contains(body, "secret") || strings.Contains(body, "goroutine") {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
	id := resp.Header.Get("X-Request-Id")
	for _, want := range []string{"secret cause", "goroutine", id} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("log lacks %q", want)
		}
	}
	if head, _ := s.do(t, "HEAD", "/boom"); head.StatusCode != 500 {
		t.Errorf("HEAD: status %d, want 500", head.StatusCode)
	}
}

func TestTruncatedFileIsAnAbortedTransfer(t *testing.T) {
	s := newSite(t, nethttp.Options{}, nil)
	const size = 64 << 20
	s.sparse(t, "big.bin", size)
	resp, err := s.Client().Get(s.URL + "/files/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<10); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(s.dir, "big.bin"), 4096); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil {
		t.Errorf("%d bytes and no error: a truncated file looked complete", n)
	}
}

func TestUnboundedSlowReaderIsCut(t *testing.T) {
	s := newSite(t, nethttp.Options{WriteTimeout: 200 * time.Millisecond, AccessLog: true}, nil)
	s.sparse(t, "big.bin", 64<<20)
	c := dial(t, s)
	fmt.Fprintf(c, "GET /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
	waitFor(t, func() bool { return strings.Contains(s.log.String(), "i/o timeout") })
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("a stalled client is logged as our error: %s", s.log.String())
	}
}

func TestSlowBodyDoesNotHoldTheConnection(t *testing.T) {
	s := newSite(t, nethttp.Options{}, nil)
	c := dial(t, s)
	fmt.Fprintf(c, "POST /files/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer while the body is still coming: %v", err)
	}
	if resp.StatusCode != 405 || !resp.Close {
		t.Errorf("status %d, close %v; want 405 and close", resp.StatusCode, resp.Close)
	}
}

func TestThousandAbortsLeaveNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts descriptors in /proc/self/fd, which only Linux has")
	}
	s := newSite(t, nethttp.Options{}, nil)
	s.sparse(t, "big.bin", 5<<30)
	abort := func() {
		c := dial(t, s)
		fmt.Fprintf(c, "GET /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
		io.CopyN(io.Discard, c, 4096)
		c.(*net.TCPConn).SetLinger(0) // RST
		c.Close()
	}
	abort()
	s.settle(t)
	fds, goroutines := openFiles(t), runtime.NumGoroutine()
	for range 1000 {
		abort()
	}
	waitFor(t, func() bool { return openFiles(t) <= fds && runtime.NumGoroutine() <= goroutines })
}

// TestMemoryPerDownload holds 64 downloads of a 5 GiB file half-way and compares
// them with 64 connections whose handler only waits.
func TestMemoryPerDownload(t *testing.T) {
	s := newSite(t, nethttp.Options{}, nil, download.Route{Pattern: "/wait", View: download.ViewFunc(wait)})
	s.sparse(t, "big.bin", 5<<30)
	const n = 64
	idle := s.hold(t, n, "/wait", 0)
	downloading := s.hold(t, n, "/files/big.bin", 1<<20)
	per := (downloading - idle) / n
	t.Logf("memory per connection: waiting %d B, downloading %d B", idle/n, downloading/n)
	if per > 64<<10 {
		t.Errorf("a download costs %d bytes over its connection, want at most 65536", per)
	}
}

func wait(ctx context.Context, _ *download.Request) (download.File, error) {
	<-ctx.Done()
	return download.File{}, ctx.Err()
}

// hold opens n connections that ask for path, reads some bytes of each, and
// returns the memory that heap and stacks then take in this process, over what
// they took before.
func (s *site) hold(t *testing.T, n int, path string, read int64) int64 {
	t.Helper()
	before := memory()
	var conns []net.Conn
	for range n {
		c := dial(t, s)
		conns = append(conns, c)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
		if _, err := io.CopyN(io.Discard, c, read); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(100 * time.Millisecond) // let the senders block on full sockets
	used := memory() - before
	for _, c := range conns {
		c.Close()
	}
	s.settle(t)
	return used
}

func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

func dial(t *testing.T, s *site) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// settle waits until no connection is being served any more.
func (s *site) settle(t *testing.T) {
	t.Helper()
	last, since := runtime.NumGoroutine(), time.Now()
	waitFor(t, func() bool {
		if n := runtime.NumGoroutine(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 200*time.Millisecond
	})
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(45 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what was waited for did not happen within 45 s")
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestViewWithValidatorsOfItsOwn(t *testing.T) {
	mem := memstore.New()
	store := storage.New("mem", mem)
	mem.Put("a.txt", []byte("hello"))
	view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Store: store, Key: "a.txt", Adjust: func(rep *core.Representation) {
			rep.ETag, rep.Language = `"mine"`, "en"
		}}, nil
	})
	s := newSite(t, nethttp.Options{}, nil, download.Route{Pattern: "/mine", View: view})
	resp, body := s.do(t, "GET", "/mine", "If-Match", `"mine"`)
	if resp.StatusCode != 200 || body != "hello" || resp.Header.Get("Etag") != `"mine"` || resp.Header.Get("Content-Language") != "en" {
		t.Errorf("%d %q %v", resp.StatusCode, body, resp.Header)
	}
}

// A client that asks again and again and never reads is cut off, too, however
// small the answers are.
func TestPipelineThatNeverReadsIsCut(t *testing.T) {
	s := newSite(t, nethttp.Options{WriteTimeout: 200 * time.Millisecond, AccessLog: true}, nil)
	s.put(t, "a.txt", strings.Repeat("x", 8000))
	c := dial(t, s)
	go func() {
		for {
			if _, err := io.WriteString(c, "GET /files/a.txt HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return
			}
		}
	}()
	waitFor(t, func() bool { return strings.Contains(s.log.String(), "i/o timeout") })
}

func TestPageRefusesBodiesAtOnce(t *testing.T) {
	service, err := download.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(405) })
	s := httptest.NewServer(nethttp.New(service, nethttp.Options{}).Page(page))
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
	c.SetReadDeadline(time.Now().Add(3 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || !resp.Close {
		t.Errorf("%v, %v; want an answer at once and the connection closed", resp, err)
	}
}

// nginx keeps connections to a socket for as long as it likes: one that Downlink
// closed meanwhile would cost a request.
func TestIdleConnectionsOfASocketStay(t *testing.T) {
	l, err := nethttp.Listen(t.Context(), "unix:"+filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := nethttp.NewServer(ok, nethttp.ServerOptions{IdleTimeout: time.Millisecond, ReadHeaderTimeout: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, l) }()
	defer func() { stop(); <-served }()
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		time.Sleep(50 * time.Millisecond)
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v, %v; want the connection kept", resp, err)
		}
	}
}

func TestListenLeavesALiveSocketAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	live, err := nethttp.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if _, err := nethttp.Listen(t.Context(), "unix:"+path); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a second server at the socket: %v", err)
	}
	live.(*net.UnixListener).SetUnlinkOnClose(false)
	live.Close()
	again, err := nethttp.Listen(t.Context(), "unix:"+path)
	if err != nil {
		t.Fatalf("a socket that nobody serves any more: %v", err)
	}
	again.Close()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := nethttp.Listen(t.Context(), "unix:"+path); err == nil {
		t.Error("a file was taken for a socket")
	}
}
