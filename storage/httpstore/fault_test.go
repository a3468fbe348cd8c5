package httpstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// upstream is a server that answers each request with bytes of the test's own.
type upstream struct {
	url      string
	mu       sync.Mutex
	requests []*http.Request
}

// serve answers every request by calling answer with its connection, which is
// closed after it.
func serve(t *testing.T, answer func(c net.Conn, r *http.Request)) *upstream {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &upstream{url: "http://" + l.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				o.mu.Lock()
				o.requests = append(o.requests, r)
				o.mu.Unlock()
				answer(c, r)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return o
}

// says answers every request with the same bytes.
func says(t *testing.T, text string) *upstream {
	t.Helper()
	return serve(t, func(c net.Conn, _ *http.Request) { io.WriteString(c, text) })
}

func (o *upstream) asked() []*http.Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests
}

func everything() httpstore.Ask { return httpstore.Ask{First: core.Span{Length: -1}} }

// fetch opens the file and reads all of it, as an adapter does.
func fetch(t *testing.T, c *httpstore.Client, url string, ask httpstore.Ask) (string, core.Metadata, error) {
	t.Helper()
	o, err := c.Open(t.Context(), url, ask)
	if err != nil {
		return "", core.Metadata{}, err
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Length: o.Metadata().Size})
	if err != nil {
		return "", o.Metadata(), err
	}
	b, err := io.ReadAll(r)
	return string(b), o.Metadata(), err
}

const head = "HTTP/1.1 200 OK\r\n"

func TestWhatIsTakenOfAnAnswer(t *testing.T) {
	o := says(t, head+"Content-Length: 5\r\nContent-Type: text/css; charset=latin1\r\nETag: \"a\"\r\nContent-Encoding: gzip\r\n"+
		"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nSet-Cookie: a=b\r\n\r\nhello")
	got, m, err := fetch(t, client(t, o.url), o.url+"/a", everything())
	want := core.Metadata{Size: 5, ETag: `"a"`, LastModified: time.Unix(784111777, 0), MediaType: "text/css; charset=latin1", Encoding: "gzip"}
	if err != nil || got != "hello" || m.Size != want.Size || m.ETag != want.ETag || !m.LastModified.Equal(want.LastModified) ||
		m.MediaType != want.MediaType || m.Encoding != want.Encoding {
		t.Errorf("%q, %+v, %v; want %+v", got, m, err, want)
	}
}

func TestRequestIsBuiltFromNothing(t *testing.T) {
	o := says(t, head+"Content-Length: 0\r\n\r\n")
	c := client(t, o.url)
	ask := httpstore.Ask{First: core.Span{Start: 5, Length: 6}, IfRange: `"a"`, IfNoneMatch: `"b"`, IfModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"}
	if _, _, err := fetch(t, c, o.url+"/a%20b?c=d", ask); err != nil {
		t.Fatal(err)
	}
	r := o.asked()[0]
	want := map[string]string{
		"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Downlink", "Range": "bytes=5-10", "If-Range": `"a"`,
		"If-None-Match": `"b"`, "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT",
	}
	for name, lines := range r.Header {
		if name != "Cdn-Loop" && want[name] != strings.Join(lines, ",") {
			t.Errorf("%s: %q is sent", name, lines)
		}
		delete(want, name)
	}
	if len(want) > 0 || r.RequestURI != "/a%20b?c=d" || r.Method != "GET" {
		t.Errorf("%s %s, and %v is missing", r.Method, r.RequestURI, want)
	}
}

// A client knows its own requests, through whomever they come back, and passes on the
// names of others.
func TestThrough(t *testing.T) {
	o := says(t, head+"Content-Length: 0\r\n\r\n")
	ask := func(c *httpstore.Client, through string) http.Header {
		t.Helper()
		if _, _, err := fetch(t, c, o.url+"/a", httpstore.Ask{First: core.Span{Length: -1}, Through: through}); err != nil {
			t.Fatal(err)
		}
		asked := o.asked()
		return asked[len(asked)-1].Header
	}
	mine, other := client(t, o.url), client(t, o.url)
	first := ask(mine, "")
	through, err := other.Through(first)
	if err != nil || through == "" {
		t.Fatalf("of another's request: %q, %v", through, err)
	}
	second := ask(other, through)
	if got := second.Get("Cdn-Loop"); !strings.HasPrefix(got, through+", downlink-") {
		t.Errorf("passed on as %q", got)
	}
	for name, fields := range map[string]http.Header{
		"own": first, "own, through another": second, "own, in a second line": {"Cdn-Loop": {"cdn", first.Get("Cdn-Loop")}},
		"too many": {"Cdn-Loop": {strings.Repeat("cdn, ", 500)}}, "control character": {"Cdn-Loop": {"a\tb"}},
	} {
		if through, err := mine.Through(fields); !errors.Is(err, httpstore.ErrBadGateway) {
			t.Errorf("%s: %q, %v", name, through, err)
		}
	}
	if through, err := mine.Through(http.Header{"Cdn-Loop": {"a; b=c", "d"}}); through != "a; b=c, d" || err != nil {
		t.Errorf("of others: %q, %v", through, err)
	}
}

// A validator that Decide reads in its own way is not sent on.
func TestOddValidatorsAreNotSent(t *testing.T) {
	o := says(t, head+"Content-Length: 0\r\n\r\n")
	ask := everything()
	ask.IfNoneMatch, ask.IfModifiedSince, ask.IfRange = "\"\xe9\"", "a\x01", `"x"`
	if _, _, err := fetch(t, client(t, o.url), o.url, ask); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range"} {
		if got := o.asked()[0].Header.Get(name); got != "" {
			t.Errorf("%s: %q is sent", name, got)
		}
	}
}

// TestFaults: what a server does wrong is an error before the first byte, or at the
// latest one that a reader cannot take for an end.
func TestFaults(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		name, answer string
		want         error // of Open; nil: reading fails
	}{
		{"short body", head + "Content-Length: 1000\r\n\r\nhello", nil},
		{"chunk cut short", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", nil},
		{"no last chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", nil},
		{"malformed chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", nil},
		{"chunk size overflow", head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello", nil},
		{"two lengths", head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", httpstore.ErrBadGateway},
		{"negative length", head + "Content-Length: -5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"length and chunks, cut", head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", nil},
		{"garbage", "\x16\x03\x01\x02\x00" + long, httpstore.ErrBadGateway},
		{"garbage field", head + "no colon\r\n\r\n", httpstore.ErrBadGateway},
		{"nothing", "", httpstore.ErrBadGateway},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Le", httpstore.ErrBadGateway},
		{"large head", head + "X: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", httpstore.ErrBadGateway},
		{"many early hints", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 10000), httpstore.ErrBadGateway},
		{"too large", head + "Content-Length: 1001\r\n\r\n" + long + "x", httpstore.ErrBadGateway},
		{"too large without length", head + "Connection: close\r\n\r\n" + long + "x", nil},
		{"two codings", head + "Content-Encoding: gzip, br\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"coding in two lines", head + "Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"206 that nobody asked for", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", httpstore.ErrBadGateway},
		{"300", "HTTP/1.1 300 Multiple Choices\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"302 without a place", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"redirect to nowhere", "HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"redirect to itself", "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"redirect to metadata", "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"redirect to a file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", httpstore.ErrBadGateway},
		{"upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", httpstore.ErrBadGateway},
		{"401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", storage.ErrNotFound},
		{"410", "HTTP/1.1 410 Gone\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrGone},
		{"500", "HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
		{"503", "HTTP/1.1 503 Oh\r\nRetry-After: 1\r\nContent-Length: 5\r\n\r\nhello", httpstore.ErrBadGateway},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := says(t, c.answer)
			small := func(o *httpstore.Options) { o.MaxBytes = 1000 }
			got, m, err := fetch(t, client(t, o.url, small), o.url+"/a", everything())
			switch {
			case err == nil:
				t.Errorf("%d bytes of %d and no error: it looks complete", len(got), m.Size)
			case c.want == nil && m == (core.Metadata{}):
				t.Errorf("%v before the first byte", err)
			case c.want != nil && !errors.Is(err, c.want):
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestTimeLimits(t *testing.T) {
	const soon = 50 * time.Millisecond
	wait := func(c net.Conn) { io.Copy(io.Discard, c) } // until the client has gone
	for _, c := range []struct {
		name   string
		limit  func(*httpstore.Options)
		answer func(c net.Conn)
		opened bool
	}{
		{"no head", func(o *httpstore.Options) { o.HeadTimeout = soon }, wait, false},
		{"slow head", func(o *httpstore.Options) { o.HeadTimeout = soon }, func(c net.Conn) {
			for range 1000 {
				if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Slow: "[:1]); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}, false},
		{"body stops", func(o *httpstore.Options) { o.IdleTimeout = soon }, func(c net.Conn) {
			io.WriteString(c, head+"Content-Length: 10\r\n\r\nhello")
			wait(c)
		}, true},
		{"endless drip", func(o *httpstore.Options) { o.TotalTimeout = 200 * time.Millisecond }, func(c net.Conn) {
			io.WriteString(c, head+"\r\n")
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := serve(t, func(conn net.Conn, _ *http.Request) { c.answer(conn) })
			start := time.Now()
			_, m, err := fetch(t, client(t, o.url, c.limit), o.url, everything())
			if !errors.Is(err, httpstore.ErrTimeout) || (m != core.Metadata{}) != c.opened {
				t.Errorf("%v, opened %v; want ErrTimeout, opened %v", err, m != core.Metadata{}, c.opened)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestConnectTimeout(t *testing.T) {
	// Nobody answers at this address of a test network; where it cannot be reached at
	// all the error is another one, and comes at once.
	c := client(t, "http://192.0.2.1", func(o *httpstore.Options) {
		o.Networks, _ = origin.ParseNetworks([]string{"192.0.2.0/24"})
		o.ConnectTimeout = 50 * time.Millisecond
	})
	start := time.Now()
	_, err := c.Open(t.Context(), "http://192.0.2.1/", everything())
	if !errors.Is(err, httpstore.ErrTimeout) && !errors.Is(err, httpstore.ErrBadGateway) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// The upstream connection goes when the client's request does.
func TestClientGone(t *testing.T) {
	gone := make(chan struct{})
	o := serve(t, func(c net.Conn, _ *http.Request) {
		io.WriteString(c, head+"Content-Length: 1000000\r\n\r\nhello")
		io.Copy(io.Discard, c)
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	f, err := client(t, o.url).Open(ctx, o.url, everything())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := f.Section(ctx, core.Span{Length: 1000000})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestRedirects(t *testing.T) {
	var hops atomic.Int32
	limit := int32(5)
	o := serve(t, func(c net.Conn, r *http.Request) {
		if hops.Add(1) > limit {
			fmt.Fprintf(c, "%sContent-Length: 5\r\n\r\nhello", head)
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 %d Moved\r\nLocation: b%d\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", 301+hops.Load()%2, hops.Load())
	})
	got, _, err := fetch(t, client(t, o.url), o.url+"/a", httpstore.Ask{First: core.Span{Length: -1}, IfNoneMatch: `"x"`})
	if err != nil || got != "hello" {
		t.Errorf("five redirects: %q, %v", got, err)
	}
	for i, r := range o.asked() {
		if r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" || r.Header.Get("If-None-Match") != `"x"` {
			t.Errorf("request %d has %v", i, r.Header)
		}
	}
	hops.Store(0)
	limit = 6
	if _, _, err := fetch(t, client(t, o.url), o.url+"/a", everything()); !errors.Is(err, httpstore.ErrBadGateway) {
		t.Errorf("six redirects: %v", err)
	}
}

// A redirect to an origin that may not be asked is not followed, though its address
// could be dialled.
func TestRedirectToAnotherOrigin(t *testing.T) {
	port, connections := listen(t)
	o := says(t, "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:"+port+"/\r\nContent-Length: 0\r\n\r\n")
	wantRefused(t, client(t, o.url), o.url+"/a", connections)
}
