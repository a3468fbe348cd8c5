package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// proxied runs downlink with a view at /r/ of the server at from; keys are added to
// [http].
func proxied(t *testing.T, from, keys string) (addr string, log func() string) {
	t.Helper()
	p := proxying(t, from, keys)
	return p.Addr, p.Log
}

func proxying(t *testing.T, from, keys string) *server.Process {
	t.Helper()
	p, _ := configured(t, fmt.Sprintf(`[[views]]
pattern = "/r/{path...}"
kind = "http"
url = "%s/files/{path}"
origins = [%[1]q]
[http]
networks = ["127.0.0.0/8"]
%s
`, from, keys), "")
	return p
}

// TestV4_RemoteFiles has a file server behind Downlink, and compares what comes
// through with what it has.
func TestV4_RemoteFiles(t *testing.T) {
	dir := t.TempDir()
	content := string(pattern(300_000))
	write(t, filepath.Join(dir, "files", "sub", "a b%3F日本.bin"), content)
	if err := os.Chtimes(filepath.Join(dir, "files", "sub", "a b%3F日本.bin"), time.Time{}, time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []http.Header
	files := http.FileServer(http.Dir(dir))
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got = append(got, r.Header)
		mu.Unlock()
		for _, name := range []string{"Set-Cookie", "X-Accel-Redirect", "X-Sendfile", "Refresh", "Access-Control-Allow-Origin", "Content-Security-Policy", "Link", "Location"} {
			w.Header().Set(name, "evil")
		}
		w.Header().Set("ETag", `"v1"`)
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(upstream.Close)
	addr, _ := proxied(t, upstream.URL, "")
	url := "http://" + addr + "/r/sub/a%20b%253F%E6%97%A5%E6%9C%AC.bin"
	for _, c := range []struct {
		fields []string
		status int
		body   string
	}{
		{nil, 200, content},
		{[]string{"Range", "bytes=1000-1999"}, 206, content[1000:2000]},
		{[]string{"Range", "bytes=-10"}, 206, content[len(content)-10:]},
		{[]string{"Range", "bytes=299990-"}, 206, content[299990:]},
		{[]string{"Range", "bytes=0-0,9-9"}, 200, content},
		{[]string{"Range", "bytes=300000-"}, 416, ""},
		{[]string{"Range", "bytes=0-9", "If-Range", `"v1"`}, 206, content[:10]},
		{[]string{"Range", "bytes=0-9", "If-Range", `"v0"`}, 200, content},
		{[]string{"Range", "bytes=0-9", "If-Range", "Sun, 06 Nov 1994 08:49:37 GMT"}, 206, content[:10]},
		{[]string{"If-None-Match", `"v1"`}, 304, ""},
		{[]string{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}, 304, ""},
		{[]string{"If-Match", `"v0"`}, 412, ""},
		{[]string{"Cookie", "session=secret", "Authorization", "Bearer secret", "X-Forwarded-For", "1.2.3.4", "Connection", "X-Mine", "X-Mine", "secret", "Referer", "secret", "Te", "trailers"}, 200, content},
	} {
		resp, body := fetch(t, url, c.fields...)
		if resp.StatusCode != c.status || c.status < 300 && body != c.body {
			t.Errorf("%q: %d with %d bytes, want %d with %d", c.fields, resp.StatusCode, len(body), c.status, len(c.body))
		}
		for name, lines := range resp.Header {
			if slices.Contains(lines, "evil") {
				t.Errorf("%q: %s came through", c.fields, name)
			}
		}
		if c.status == 200 && !strings.Contains(resp.Header.Get("Content-Disposition"), "filename*=UTF-8''a%20b%253F%E6%97%A5%E6%9C%AC.bin") {
			t.Errorf("%q: name %q", c.fields, resp.Header.Get("Content-Disposition"))
		}
	}
	for _, h := range got {
		for name, lines := range h {
			if strings.Contains(strings.Join(lines, ","), "secret") || slices.Contains([]string{"Cookie", "Authorization", "X-Forwarded-For", "Te", "Referer", "Via"}, name) {
				t.Errorf("%s: %q went on to the other server", name, lines)
			}
		}
	}
	if resp, _ := fetch(t, "http://"+addr+"/r/none"); resp.StatusCode != 404 {
		t.Errorf("a file that is not there: %d", resp.StatusCode)
	}
	if resp, _ := fetch(t, "http://"+addr+"/r/..%2fsecret"); resp.StatusCode != 404 {
		t.Errorf("a path that leads out: %d", resp.StatusCode)
	}
}

// Views that lead to each other, through another Downlink too, end where the request
// comes back, and do not ask for ever.
func TestV4_Loop(t *testing.T) {
	a, b := server.FreePort(t), server.FreePort(t)
	start := func(addr string, views ...[2]string) *server.Process {
		dir := t.TempDir()
		toml := fmt.Sprintf("[server]\nlisten = %q\ndata = \"data\"\n[http]\nnetworks = [\"127.0.0.0/8\"]\n", addr)
		for _, v := range views {
			origin := v[1][:strings.LastIndexByte(v[1], '/')]
			toml += fmt.Sprintf("[[views]]\npattern = %q\nkind = \"http\"\nurl = %q\norigins = [%q]\n", v[0], v[1], origin)
		}
		write(t, filepath.Join(dir, "downlink.toml"), toml)
		return server.Downlink(t, []string{"--config", filepath.Join(dir, "downlink.toml")})
	}
	first := start(a, [2]string{"/one", "http://" + b + "/two"}, [2]string{"/three", "http://" + a + "/one"})
	second := start(b, [2]string{"/two", "http://" + a + "/three"})
	if resp, _ := fetch(t, "http://"+a+"/one"); resp.StatusCode != 502 {
		t.Errorf("status %d, want 502", resp.StatusCode)
	}
	if got := strings.Count(first.Log()+second.Log(), " method=GET "); got > 4 {
		t.Errorf("%d requests, want 4: /one, /two, /three and /one again", got)
	}
}

// scripted is a server that answers each connection with what answer writes.
func scripted(t *testing.T, answer func(c net.Conn, r *http.Request)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c, r)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestV4_FaultsOfTheOtherServer: whatever it does, the client gets 502 or 504 in
// time, or a transfer that breaks off, never a complete answer that is wrong and never
// a 500.
func TestV4_FaultsOfTheOtherServer(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	large := strings.Repeat("x", 200<<10)
	says := func(text string) func(net.Conn, *http.Request) {
		return func(c net.Conn, _ *http.Request) { io.WriteString(c, text) }
	}
	wait := func(c net.Conn) { io.Copy(io.Discard, c) }
	cases := map[string]struct {
		answer func(net.Conn, *http.Request)
		status int // of a complete answer; 0: it breaks off
	}{
		"short":            {says(head + "Content-Length: 300000\r\n\r\n" + large), 0},
		"short and small":  {says(head + "Content-Length: 10\r\n\r\nhello"), 0},
		"chunk cut":        {says(head + "Transfer-Encoding: chunked\r\n\r\n32000\r\n" + large[:1000]), 0},
		"last chunk lost":  {says(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), 0},
		"malformed chunk":  {says(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n"), 0},
		"garbage":          {says("\x00\x01\x02\x03\r\n\r\n"), 502},
		"nothing":          {says(""), 502},
		"large head":       {says(head + "X-Large: " + large + "\r\n\r\n"), 502},
		"header injection": {says(head + "Content-Type: text/plain\r\nContent-Disposition: inline\r\nX-Accel-Redirect: /etc/passwd\r\nContent-Length: 2\r\n\r\nok"), 200},
		"two lengths":      {says(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!"), 502},
		"too large":        {says(head + "Content-Length: 2000000\r\n\r\n"), 502},
		"401":              {says("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), 502},
		"404":              {says("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), 404},
		"410":              {says("HTTP/1.1 410 No\r\nContent-Length: 0\r\n\r\n"), 410},
		"500":              {says("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), 502},
		"redirect loop":    {says("HTTP/1.1 302 Go\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"), 502},
		"redirect inside":  {says("HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), 502},
		"redirect out":     {says("HTTP/1.1 302 Go\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"), 502},
		"no length":        {says(head + "Connection: close\r\n\r\nhello"), 200},
		"gzip as declared": {says(head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\ngz"), 200},
		"two codings":      {says(head + "Content-Encoding: gzip, br\r\nContent-Length: 2\r\n\r\ngz"), 502},
		"slow head":        {func(c net.Conn, _ *http.Request) { io.WriteString(c, head); wait(c) }, 504},
		"stops":            {func(c net.Conn, _ *http.Request) { io.WriteString(c, head+"Content-Length: 9\r\n\r\nhel"); wait(c) }, 0},
		"endless": {func(c net.Conn, _ *http.Request) {
			io.WriteString(c, head+"\r\n")
			for {
				if _, err := io.WriteString(c, large); err != nil {
					return
				}
			}
		}, 0},
		"drip": {func(c net.Conn, _ *http.Request) {
			io.WriteString(c, head+"\r\n")
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}, 0},
		"reset": {func(c net.Conn, _ *http.Request) {
			io.WriteString(c, head+"Content-Length: 300000\r\n\r\n"+large)
			c.(*net.TCPConn).SetLinger(0)
		}, 0},
	}
	upstream := scripted(t, func(c net.Conn, r *http.Request) {
		if r.URL.Path == "/again" {
			cases["redirect loop"].answer(c, r)
			return
		}
		cases[strings.TrimPrefix(r.URL.Path, "/files/")].answer(c, r)
	})
	addr, log := proxied(t, upstream, "head_timeout = \"1s\"\nidle_timeout = \"1s\"\ntotal_timeout = \"2s\"\nmax_size = \"1m\"\nmax_header_bytes = 16384\n")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			path := strings.ReplaceAll(name, " ", "%20")
			answer := exchange(t, addr, "GET /r/"+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			status, body, ok := complete(answer)
			if ok != (c.status != 0) || ok && status != c.status {
				t.Errorf("status %d with %d bytes, complete %v; want status %d", status, len(body), ok, c.status)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if strings.Contains(answer, "X-Accel") || strings.Contains(answer, "WWW-Auth") || strings.Contains(answer, ": inline") {
				t.Errorf("a field came through: %.500s", answer)
			}
		})
	}
	t.Cleanup(func() {
		if strings.Contains(log(), "panic") || strings.Contains(log(), "status=500") {
			t.Error("something was unexpected")
		}
	})
}

// TestV4_OnlyWhoIsMeantIsAsked: without the network in the configuration nobody is,
// and a client that gives up ends the other download too.
func TestV4_OnlyWhoIsMeantIsAsked(t *testing.T) {
	asked := make(chan struct{}, 100)
	upstream := scripted(t, func(net.Conn, *http.Request) { asked <- struct{}{} })
	p, _ := configured(t, fmt.Sprintf("[[views]]\npattern = \"/r/{path...}\"\nkind = \"http\"\nurl = \"%s/{path}\"\norigins = [%[1]q]\n", upstream), "")
	if resp, body := fetch(t, "http://"+p.Addr+"/r/x"); resp.StatusCode != 502 || strings.Contains(body, "127.0.0.1") || len(asked) != 0 {
		t.Errorf("%d %q after %d connections", resp.StatusCode, body, len(asked))
	}
	waitLog(t, p.Log, "is not public")
}

func TestV4_ClientGone(t *testing.T) {
	gone := make(chan struct{})
	upstream := scripted(t, func(c net.Conn, _ *http.Request) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
		for {
			if _, err := c.Write(make([]byte, 64<<10)); err != nil {
				close(gone)
				return
			}
		}
	})
	addr, log := proxied(t, upstream, "")
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "GET /r/x HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := io.CopyN(io.Discard, c, 100_000); err != nil {
		t.Fatal(err)
	}
	c.Close()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the other server still sends")
	}
	waitLog(t, log, "path=/r/x")
	if strings.Contains(log(), "level=ERROR") {
		t.Errorf("a client that goes is no error")
	}
}

// TestV4_AbortsLeaveNothing has many clients go in the middle; after a while no
// connection of theirs is left, on either side.
func TestV4_AbortsLeaveNothing(t *testing.T) {
	var open atomic.Int32
	upstream := scripted(t, func(c net.Conn, _ *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
		for {
			if _, err := c.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	p := proxying(t, upstream, "")
	descriptors := func() int {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID))
		must(t, err)
		return len(entries)
	}
	_, err := os.Stat("/proc/self/fd")
	need.That(t, err == nil, "/proc/PID/fd, in which Linux lists open files")
	abort := func() {
		c, err := net.Dial("tcp", p.Addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, "GET /r/x HTTP/1.1\r\nHost: x\r\n\r\n")
		_, err = io.CopyN(io.Discard, c, 100_000)
		if err = errors.Join(err, c.(*net.TCPConn).SetLinger(0)); err != nil { // a reset
			t.Error(err)
		}
	}
	abort()
	before := descriptors()
	for range 5 {
		var all sync.WaitGroup
		for range 20 {
			all.Go(abort)
		}
		all.Wait()
	}
	for end := time.Now().Add(45 * time.Second); open.Load() > 0 || descriptors() > before+3; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d downloads go on, %d files are open and before it were %d", open.Load(), descriptors(), before)
		}
	}
}

// TestV4_BrokenTransfersThroughFronts: what breaks off at the other server breaks off
// for the client of a front server, too.
func TestV4_BrokenTransfersThroughFronts(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	large := strings.Repeat("x", 200<<10)
	cases := map[string]struct {
		says   string
		status int // of a complete answer; 0: it breaks off
	}{
		"short":     {head + "Content-Length: 300000\r\n\r\n" + large, 0},
		"chunkless": {head + "Transfer-Encoding: chunked\r\n\r\n32000\r\n" + large + "\r\n", 0},
		"whole":     {head + "Content-Length: 5\r\n\r\nhello", 200},
		"unsized":   {head + "Connection: close\r\n\r\n" + large, 200},
		"gone":      {"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410},
		"failing":   {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 502},
	}
	upstream := scripted(t, func(c net.Conn, r *http.Request) {
		io.WriteString(c, cases[strings.TrimPrefix(r.URL.Path, "/files/")].says)
	})
	view := fmt.Sprintf("[[views]]\npattern = \"/r/{path...}\"\nkind = \"http\"\nurl = \"%s/files/{path}\"\norigins = [%[1]q]\n[http]\nnetworks = [\"127.0.0.1\"]\n", upstream)
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			server.NeedFront(t, name)
			at, _ := server.Behind(t, name, t.TempDir(), t.TempDir(), view)
			for path, c := range cases {
				answer := exchange(t, at.Addr, "GET /r/"+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
				status, body, ok := complete(answer)
				if path == "chunkless" && name == caddy && ok {
					// Caddy 2.6 ends what broke off as if it were whole unless its length was
					// announced (caddyserver/caddy issue 5951; docs/front-servers.md says so).
					continue
				}
				if ok != (c.status != 0) || ok && status != c.status {
					t.Errorf("%s: status %d with %d bytes, complete %v; want status %d", path, status, len(body), ok, c.status)
				}
			}
		})
	}
}
