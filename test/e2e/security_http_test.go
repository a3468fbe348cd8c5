package e2e

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// inside is the request that a front server and the server behind it might see
// where the other one sees a body.
const inside = "GET /files/smuggled.txt HTTP/1.1\r\nHost: files.test\r\nConnection: close\r\n\r\n"

// post is a request with the given framing fields and what follows its head.
func post(fields, rest string) string {
	return "POST /files/a.txt HTTP/1.1\r\nHost: files.test\r\n" + fields + "\r\n" + rest
}

const (
	lengthOfInside = "Content-Length: 73\r\n"
	chunked        = "Transfer-Encoding: chunked\r\n"
)

// smuggling are requests that are framed in two ways, or in none.
var smuggling = []struct {
	name, request string
	regular       bool // nginx reads them in one way, and leaves no doubt to Downlink
}{
	{"length and chunked", post("Content-Length: 5\r\n"+chunked, "0\r\n\r\n"+inside), false},
	{"chunked and length", post(chunked+"Content-Length: 5\r\n", "0\r\n\r\n"+inside), false},
	{"length covers, chunked ends", post(lengthOfInside+chunked, "0\r\n\r\n"+inside), false},
	{"two lengths", post("Content-Length: 0\r\n"+lengthOfInside, inside), false},
	{"two lengths the other way", post(lengthOfInside+"Content-Length: 0\r\n", inside), false},
	{"two lengths in one line", post("Content-Length: 0, 73\r\n", inside), false},
	{"length with a sign", post("Content-Length: +73\r\n", inside), false},
	{"negative length", post("Content-Length: -1\r\n", inside), false},
	{"hexadecimal length", post("Content-Length: 0x49\r\n", inside), false},
	{"length with letters", post("Content-Length: 0a\r\n", inside), false},
	{"length past 64 bits", post("Content-Length: 18446744073709551616\r\n", inside), false},
	{"length with a space inside", post("Content-Length: 7 3\r\n", inside), false},
	{"no length", post("Content-Length: \r\n", inside), false},
	{"length with a tab before the colon", post("Content-Length\t: 73\r\n", inside), false},
	{"space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+inside), false},
	{"space before the name", post("X: y\r\n Transfer-Encoding: chunked\r\n"+lengthOfInside, inside), true},
	{"folded value", post("Transfer-Encoding:\r\n chunked\r\n"+lengthOfInside, "0\r\n\r\n"+inside), false},
	{"unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+inside), false},
	{"two codings", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"+inside), false},
	{"identity", post("Transfer-Encoding: identity\r\n"+lengthOfInside, inside), false},
	{"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"+inside), false},
	{"chunked on two lines", post(chunked+chunked, "0\r\n\r\n"+inside), false},
	{"two codings on two lines", post(chunked+"Transfer-Encoding: cow\r\n", "0\r\n\r\n"+inside), false},
	{"quoted coding", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"+inside), false},
	{"vertical tab", post("Transfer-Encoding: \x0bchunked\r\n"+lengthOfInside, inside), false},
	{"NUL in the coding", post("Transfer-Encoding: chunked\x00\r\n"+lengthOfInside, inside), false},
	{"NUL in the name", post("Transfer-Encoding\x00: chunked\r\n"+lengthOfInside, inside), false},
	{"empty coding", post("Transfer-Encoding:\r\n"+lengthOfInside, inside), false},
	{"bare CR before the name", post("X: y\rTransfer-Encoding: chunked\r\n"+lengthOfInside, inside), false},
	{"chunked in HTTP/1.0", "POST /files/a.txt HTTP/1.0\r\nHost: files.test\r\nConnection: keep-alive\r\n" + chunked + "\r\n0\r\n\r\n" + inside, false},
	{"chunk size past 64 bits", post(chunked, "10000000000000000\r\n"+inside), false},
	{"chunk size of 2^63", post(chunked, "8000000000000000\r\n"+inside), false},
	{"negative chunk size", post(chunked, "-1\r\n"+inside), false},
	{"chunk size with 0x", post(chunked, "0x0\r\n\r\n"+inside), false},
	{"no chunk size", post(chunked, "\r\n\r\n"+inside), false},
	{"bare LF after the chunk size", post(chunked, "2;\nxx\r\n"+inside), false},
	{"bare LF after the chunk", post(chunked, "2\r\nxx\n0\r\n\r\n"+inside), true},
	{"bare CR after the chunk size", post(chunked, "0\r\r\n"+inside), false},
	{"chunk longer than it says", post(chunked, "2\r\nxxyy\r\n0\r\n\r\n"+inside), false},
	{"endless extension", post(chunked, "0;"+strings.Repeat("a", 100_000)), false},
	{"endless trailer", post(chunked, "0\r\n"+strings.Repeat("X: y\r\n", 20_000)+"\r\n"+inside), true},
	{"GET with a length and too little", "GET /files/a.txt HTTP/1.1\r\nHost: files.test\r\nContent-Length: 500\r\nConnection: close\r\n\r\n" + inside, false},
	{"GET chunked and length", "GET /files/a.txt HTTP/1.1\r\nHost: files.test\r\n" + lengthOfInside + chunked + "\r\n0\r\n\r\n" + inside, false},
	{"HEAD with a body", "HEAD /files/a.txt HTTP/1.1\r\nHost: files.test\r\n" + lengthOfInside + "Connection: close\r\n\r\n" + inside, false},
	{"Upgrade to h2c", "GET /files/a.txt HTTP/1.1\r\nHost: files.test\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inside, false},
	{"hop-by-hop by Connection", "POST /files/a.txt HTTP/1.1\r\nHost: files.test\r\nConnection: close, Content-Length\r\n" + lengthOfInside + "\r\n" + inside, false},
}

// What is ambiguous is answered once at most, and refused after that.
func TestSecuritySmuggling(t *testing.T) {
	if len(inside) != 73 {
		t.Fatalf("inside has %d bytes", len(inside))
	}
	onBoth(t, nil, func(t *testing.T, v *victim) {
		var group sync.WaitGroup // rows wait, on the servers' time limits
		for _, row := range smuggling {
			group.Go(func() {
				k := say(t, v.addr, row.request, slowCut)
				k.took = v.firstAnswer(t, row.request)
				v.laws(t, row.name, k, row.request[:strings.IndexByte(row.request, ' ')])
				v.wantNothingSmuggled(t, row.name, row.regular, k)
			})
		}
		group.Wait()
	})
}

// wantNothingSmuggled wants no answer but 400 after the first. regular says that
// nginx may read the bytes as two requests: it hands them to Downlink as two.
func (v *victim) wantNothingSmuggled(t *testing.T, name string, regular bool, k talk) {
	t.Helper()
	all, _ := k.replies()
	if !k.closed || len(all) == 0 && len(k.raw) > 0 {
		t.Errorf("%s: closed: %v: %.600q", name, k.closed, k.raw)
	}
	if regular && v.name == nginx && len(all) == 2 {
		return
	}
	for i, r := range all {
		if i > 0 && r.status != 400 || string(r.body) == smuggled {
			t.Errorf("%s: answer %d of %d: %.900q", name, i+1, len(all), k.raw)
		}
	}
}

// firstAnswer is how long the first byte of an answer takes.
func (v *victim) firstAnswer(t *testing.T, request string) time.Duration {
	c := dial(t, v.addr)
	if c == nil {
		return 0
	}
	defer c.Close()
	start := time.Now()
	c.SetDeadline(start.Add(15 * time.Second))
	go io.WriteString(c, request)
	c.Read(make([]byte, 1))
	return time.Since(start)
}

// A pipeline that is framed well is answered in full: the test above would
// otherwise pass for a server that never answers twice.
func TestSecurityPipelineIsAnswered(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		k := say(t, v.addr, message("GET", "/files/a.txt")+inside, patience)
		all, rest := k.replies()
		if len(all) != 2 || len(rest) > 0 || string(all[1].body) != smuggled {
			t.Errorf("got %.600q, want two files", k.raw)
		}
	})
}

func TestSecurityMethods(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		file := filepath.Join(v.root, "a.txt")
		before, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies := []string{"", "Content-Length: 5\r\n\r\nxxxxx", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 14\r\n\r\n_method=DELETE"}
		for _, method := range []string{
			"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "TRACK", "CONNECT", "MOVE", "COPY", "MKCOL", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK", "LINK",
			"PURGE", "BAN", "DEBUG", "SEARCH", "QUERY", "PRI", "get", "Get", "GETX", "HEADGET", "X", "GET,HEAD", "G\xc9T", "GET\x00", strings.Repeat("A", 3000), "-",
		} {
			for i, body := range bodies {
				request := method + " /files/a.txt HTTP/1.1\r\nHost: files.test\r\nConnection: close\r\nRange: bytes=0-3\r\nDestination: /files/new.txt\r\n" + body
				if i == 0 {
					request += "\r\n"
				}
				k := say(t, v.addr, request, patience)
				v.laws(t, request, k, method)
				v.wantRefusedMethod(t, request, k)
			}
		}
		after, err := os.Stat(file)
		content, readErr := os.ReadFile(file)
		if err != nil || readErr != nil || string(content) != contentA || !after.ModTime().Equal(before.ModTime()) {
			t.Errorf("the file has changed: %q", content)
		}
		if _, err := os.Stat(filepath.Join(v.root, "new.txt")); err == nil {
			t.Errorf("a file was made")
		}
		v.alive(t, patience)
	})
}

func (v *victim) wantRefusedMethod(t *testing.T, request string, k talk) {
	t.Helper()
	all, _ := k.replies("PUT")
	if len(all) != 1 || !slices.Contains([]int{400, 405, 414, 501}, all[0].status) {
		t.Errorf("%.100q: got %.300q", request, k.raw)
		return
	}
	if all[0].status == 405 && all[0].header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%.100q: 405 with Allow %q", request, all[0].header.Get("Allow"))
	}
	if strings.Contains(string(k.raw), contentA[:8]) || strings.Contains(string(k.raw), "Destination") {
		t.Errorf("%.100q: the answer holds the file or the request: %.300q", request, k.raw)
	}
}

// A TRACE, and OPTIONS of the whole server, reflect and allow nothing.
func TestSecurityWholeServer(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		for _, request := range []string{
			ask("TRACE", "/", "Cookie: secret=reflected", "Max-Forwards: 0"), ask("TRACE", "/files/a.txt", "Authorization: reflected"),
			ask("CONNECT", "files.test:443"), ask("CONNECT", "127.0.0.1:22"), ask("CONNECT", "/files/a.txt"), ask("GET", "*"), ask("TRACE", "*"), ask("OPTIONS", "*"),
		} {
			k := say(t, v.addr, request, patience)
			v.laws(t, request, k, "TRACE")
			all, _ := k.replies("TRACE")
			if len(all) != 1 || all[0].status < 400 || strings.Contains(string(k.raw), "reflected") {
				t.Errorf("%.100q: got %.300q", request, k.raw)
			}
		}
	})
}

// clientHello is how a TLS client begins.
const clientHello = "\x16\x03\x01\x00\xca\x01\x00\x00\xc6\x03\x03"

// oddRequests are to be answered with a 4xx, 501 or 505, or not at all. ok says
// that a server may as well take them for what they resemble.
var oddRequests = []struct {
	name, request string
	ok            bool
}{
	{"header of 1 MiB", get("/files/a.txt", "X: "+strings.Repeat("a", 1<<20)), false},
	{"field name of 1 MiB", get("/files/a.txt", strings.Repeat("a", 1<<20)+": x"), false},
	{"100,000 fields", get("/files/a.txt", repeat(100_000, func(int) string { return "X: y\r\n" })+"Z: z"), false},
	{"1000 fields", get("/files/a.txt", repeat(1000, func(i int) string { return fmt.Sprintf("X-%d: y\r\n", i) })+"Z: z"), true},
	{"target of 1 MiB", get("/files/" + strings.Repeat("a", 1<<20)), false},
	{"query of 1 MiB", get("/files/a.txt?" + strings.Repeat("a", 1<<20)), false},
	{"method of 1 MiB", ask(strings.Repeat("A", 1<<20), "/files/a.txt"), false},
	{"1 MiB without a line end", strings.Repeat("A", 1<<20), false},
	{"1 MiB of line ends", strings.Repeat("\r\n", 1<<19) + get("/files/a.txt"), true},
	{"no Host", "GET /files/a.txt HTTP/1.1\r\nConnection: close\r\n\r\n", false},
	{"two Hosts", get("/files/a.txt", "Host: evil.example"), false},
	{"empty Host", strings.Replace(get("/files/a.txt"), "files.test", "", 1), true},
	{"Host with a path", strings.Replace(get("/files/a.txt"), "files.test", "files.test/../x", 1), true},
	{"Host with a space", strings.Replace(get("/files/a.txt"), "files.test", "files.test evil.example", 1), true},
	{"Host with user", strings.Replace(get("/files/a.txt"), "files.test", "user@files.test", 1), true},
	{"Host with a NUL", strings.Replace(get("/files/a.txt"), "files.test", "files\x00.test", 1), false},
	{"Host with a bad port", strings.Replace(get("/files/a.txt"), "files.test", "files.test:99999999", 1), true},
	{"Host of 10,000 bytes", strings.Replace(get("/files/a.txt"), "files.test", strings.Repeat("h", 10_000), 1), true},
	{"Host in brackets", strings.Replace(get("/files/a.txt"), "files.test", "[::1", 1), true},
	{"Host with markup", strings.Replace(get("/files/a.txt"), "files.test", `"><script>`, 1), true},
	{"NUL in a value", get("/files/a.txt", "X: a\x00b"), false},
	{"NUL in a name", get("/files/a.txt", "X\x00Y: a"), false},
	{"NUL first", "\x00" + get("/files/a.txt"), false},
	{"only NULs", strings.Repeat("\x00", 10_000) + "\r\n\r\n", false},
	{"field without a colon", get("/files/a.txt", "nonsense"), true},
	{"field without a name", get("/files/a.txt", ": x"), true},
	{"field with a space in the name", get("/files/a.txt", "X Y: z"), true},
	{"bytes outside ASCII in a value", get("/files/a.txt", "X: \xff\xfe"), true},
	{"bytes outside ASCII in a name", get("/files/a.txt", "X\xff: y"), true},
	{"bare CR", strings.Replace(get("/files/a.txt"), "\r\n", "\r", 1), false},
	{"bare LF", strings.ReplaceAll(get("/files/a.txt"), "\r\n", "\n"), true},
	{"HTTP/0.9", "GET /files/a.txt\r\n\r\n", true},
	{"HTTP/1.0", "GET /files/a.txt HTTP/1.0\r\n\r\n", true},
	{"HTTP/1.2", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "HTTP/1.2", 1), true},
	{"HTTP/2.0", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "HTTP/2.0", 1), false},
	{"HTTP/9999", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "HTTP/9999.0", 1), false},
	{"version in lower case", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "http/1.1", 1), false},
	{"another protocol", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "RTSP/1.0", 1), false},
	{"no version", strings.Replace(get("/files/a.txt"), "HTTP/1.1", "HTTP/", 1), false},
	{"two spaces", strings.Replace(get("/files/a.txt"), "GET ", "GET  ", 1), true},
	{"tab", strings.Replace(get("/files/a.txt"), "GET ", "GET\t", 1), false},
	{"space before the method", " " + get("/files/a.txt"), false},
	{"space in the target", get("/files/a.txt x"), false},
	{"no target", "GET  HTTP/1.1\r\nHost: files.test\r\n\r\n", false},
	{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", false},
	{"TLS", clientHello + strings.Repeat("\xaa", 191) + "\r\n\r\n", false},
	{"SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n", false},
	{"SMTP", "EHLO files.test\r\n\r\n", false},
	{"PROXY protocol", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + get("/files/a.txt"), false},
	{"PROXY protocol, version 2", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + strings.Repeat("\x7f", 12) + get("/files/a.txt"), false},
	{"WebSocket", get("/files/a.txt", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13"), true},
	{"Expect", get("/files/a.txt", "Expect: 100-continue"), true},
	{"unknown Expect", get("/files/a.txt", "Expect: nonsense"), true},
	{"random bytes", string(pattern(4000)) + "\r\n\r\n", false},
}

func TestSecurityOddRequests(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		for _, row := range oddRequests {
			t.Run(row.name, func(t *testing.T) {
				k := say(t, v.addr, row.request, patience)
				v.laws(t, row.name, k, "GET")
				all, _ := k.replies("GET")
				for _, r := range all {
					if r.status < 400 && !(row.ok && r.status == 200 && string(r.body) == contentA) {
						t.Errorf("got status %d: %.300q", r.status, k.raw)
					}
				}
				if strings.Contains(string(k.raw), "<script>") || strings.Contains(string(k.raw), evil) {
					t.Errorf("the request is reflected: %.300q", k.raw)
				}
				if len(all) == 0 && !k.closed {
					t.Errorf("neither an answer nor the end: %.300q", k.raw)
				}
			})
		}
		v.alive(t, patience)
	})
}
