package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/test/server"
)

// configured runs downlink with a configuration in a folder of its own; items are in
// its catalogue.
func configured(t *testing.T, toml, items string) (p *server.Process, dir string) {
	t.Helper()
	dir = t.TempDir()
	toml = "[server]\nlisten = \"127.0.0.1:0\"\n" + toml
	for name, text := range map[string]string{"downlink.toml": toml, "items.jsonl": items} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", filepath.Join(dir, "downlink.toml"), "--data", filepath.Join(dir, "data")}
	if items != "" {
		server.Run(t, append([]string{"import", filepath.Join(dir, "items.jsonl")}, args...)...)
	}
	return server.Downlink(t, args), dir
}

// exchange sends one request as bytes and returns all that comes back until the
// connection ends.
func exchange(t *testing.T, addr, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, request)
	answer, _ := io.ReadAll(c) // a reset is an end, too
	return string(answer)
}

// complete reports the body of an answer and whether a client takes it as complete.
func complete(answer string) (status int, body string, ok bool) {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	if err != nil {
		return 0, "", false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err == nil
}

// waitLog waits until the log, which is buffered, has a text.
func waitLog(t *testing.T, log func() string, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(log(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log does not say %q", text)
		}
	}
}

func TestV1_ItemsOfSeveralFiles(t *testing.T) {
	p, dir := configured(t, `[stores.files]
path = "files"
[[views]]
pattern = "/d/{slug}"
kind = "object"
[[views]]
pattern = "/d/{slug}/{field}"
kind = "object"
field = "{field}"
[[views]]
pattern = "/thumb/{slug}"
kind = "object"
field = "thumb"
attachment = false
`, `{"slug":"manual","key":"m.txt","name":"Manual.txt","charset":"iso-8859-1","modified":"1994-11-06T08:49:37Z","size":6,"etag":"\"v1\"",`+
		`"files":{"thumb":{"key":"t.png","etag":"\"t1\""},"packed":{"key":"m.txt.gz","name":"manual.txt","media_type":"text/plain","encoding":"gzip"}}}
{"slug":"short","key":"m.txt","size":7,"etag":"\"v1\""}
`)
	for name, content := range map[string]string{"m.txt": "manual", "t.png": "png", "m.txt.gz": "gz"} {
		write(t, filepath.Join(dir, "files", name), content)
	}
	for path, want := range map[string]map[string]string{
		"/d/manual": {"body": "manual", "Content-Disposition": `attachment; filename="Manual.txt"`, "Content-Type": "text/plain; charset=iso-8859-1",
			"Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "ETag": `"v1"`, "Content-Length": "6"},
		"/d/manual/file":   {"body": "manual", "ETag": `"v1"`},
		"/d/manual/thumb":  {"body": "png", "ETag": `"t1"`, "Content-Type": "image/png", "Content-Disposition": `attachment; filename="t.png"`},
		"/thumb/manual":    {"body": "png", "ETag": `"t1"`, "Content-Disposition": `inline; filename="t.png"`},
		"/d/manual/packed": {"body": "gz", "Content-Encoding": "gzip", "Content-Disposition": `attachment; filename="manual.txt"`, "Content-Type": "text/plain; charset=utf-8"},
		"/d/manual/none":   {"status": "404"},
		"/thumb/short":     {"status": "404"},
		"/d/short":         {"status": "503"},
	} {
		resp, body := fetch(t, "http://"+p.Addr+path, "Accept-Encoding", "identity")
		for name, value := range want {
			got := resp.Header.Get(name)
			switch name {
			case "body":
				got = body
			case "status":
				got = fmt.Sprint(resp.StatusCode)
			}
			if got != value {
				t.Errorf("%s: %s = %q, want %q", path, name, got, value)
			}
		}
	}
	waitLog(t, p.Log, "it says 7 bytes and the store has 6")
	if resp, body := fetch(t, "http://"+p.Addr+"/d/manual", "Range", "bytes=1-3", "If-Range", `"v1"`); resp.StatusCode != 206 || body != "anu" {
		t.Errorf("range with the item's tag: %d %q", resp.StatusCode, body)
	}
}

// virtualServer serves /v/<name> over TCP, by the server that the command uses.
func virtualServer(t *testing.T, files map[string]func() download.Virtual) string {
	t.Helper()
	view := &download.VirtualView{Make: func(_ context.Context, r *download.Request) (download.Virtual, error) {
		return files[r.Param("name")](), nil
	}}
	service, err := download.New([]download.Route{{Pattern: "/v/{name}", View: view}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := nethttp.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- nethttp.NewServer(nethttp.New(service, nethttp.Options{}), nethttp.ServerOptions{}).Serve(ctx, l)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestV5_VirtualFiles(t *testing.T) {
	const large = 64 << 20
	chunk := pattern(64 << 10)
	repeated := func(yield func([]byte) bool) {
		for range large / len(chunk) {
			if !yield(chunk) {
				return
			}
		}
	}
	addr := virtualServer(t, map[string]func() download.Virtual{
		"text": func() download.Virtual {
			return download.Virtual{Name: "日本.txt", Content: download.String("hello")}
		},
		"bytes": func() download.Virtual { return download.Virtual{Name: "a.bin", Content: download.Bytes(chunk)} },
		"sized": func() download.Virtual {
			return download.Virtual{Name: "l.bin", Content: download.Chunks(repeated, large)}
		},
		"unsized": func() download.Virtual {
			return download.Virtual{Name: "l.bin", Content: download.Chunks(repeated, -1)}
		},
		"empty": func() download.Virtual {
			return download.Virtual{Content: download.Chunks(func(func([]byte) bool) {}, -1)}
		},
	})
	resp, body := fetch(t, "http://"+addr+"/v/text", "Range", "bytes=1-")
	if resp.StatusCode != 206 || body != "ello" || !strings.Contains(resp.Header.Get("Content-Disposition"), "UTF-8''%E6%97%A5%E6%9C%AC.txt") {
		t.Errorf("%d %q %v", resp.StatusCode, body, resp.Header)
	}
	if again, _ := fetch(t, "http://"+addr+"/v/text", "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("the same again: %d", again.StatusCode)
	}
	want := sha256.New()
	repeated(func(b []byte) bool { want.Write(b); return true })
	for _, name := range []string{"sized", "unsized"} {
		resp, err := http.Get("http://" + addr + "/v/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := sha256.New()
		n, err := io.Copy(got, resp.Body)
		resp.Body.Close()
		if n != large || err != nil || hex.EncodeToString(got.Sum(nil)) != hex.EncodeToString(want.Sum(nil)) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
		if length := map[string]int64{"sized": large, "unsized": -1}[name]; resp.ContentLength != length || resp.Header.Get("Accept-Ranges") != "none" {
			t.Errorf("%s: length %d, Accept-Ranges %q", name, resp.ContentLength, resp.Header.Get("Accept-Ranges"))
		}
	}
	if resp, body := fetch(t, "http://"+addr+"/v/empty"); resp.StatusCode != 200 || body != "" {
		t.Errorf("empty: %d %q", resp.StatusCode, body)
	}
	if resp, body := fetch(t, "http://"+addr+"/v/bytes", "Range", "bytes=0-1,100-101"); resp.StatusCode != 206 || !strings.Contains(body, "bytes 100-101/65536") {
		t.Errorf("two ranges: %d %.200q", resp.StatusCode, body)
	}
}

// TestV5_FaultsNeverLookComplete: what fails before the first byte is a 500, what
// fails later a transfer that breaks off.
func TestV5_FaultsNeverLookComplete(t *testing.T) {
	yields := func(end func(), parts ...string) iter.Seq[[]byte] {
		return func(yield func([]byte) bool) {
			for _, p := range parts {
				if !yield([]byte(p)) {
					return
				}
			}
			end()
		}
	}
	nothing := func() {}
	large := strings.Repeat("x", 100<<10)
	failing := func(yield func([]byte, error) bool) {
		_ = yield([]byte(large), nil) && yield(nil, errors.New("no ink"))
	}
	cases := map[string]struct {
		content func() download.Content
		status  int // of an answer that is complete; 0: it breaks off
	}{
		"panic-first":   {func() download.Content { return download.Chunks(yields(func() { panic("secret") }), -1) }, 500},
		"panic-later":   {func() download.Content { return download.Chunks(yields(func() { panic("x") }, large), -1) }, 0},
		"panic-sized":   {func() download.Content { return download.Chunks(yields(func() { panic("x") }, large), 200<<10) }, 0},
		"less":          {func() download.Content { return download.Chunks(yields(nothing, large), 100<<10+1) }, 0},
		"more":          {func() download.Content { return download.Chunks(yields(nothing, large, "y"), 100<<10) }, 0},
		"less-small":    {func() download.Content { return download.Chunks(yields(nothing, "abc"), 4) }, 0},
		"more-small":    {func() download.Content { return download.Chunks(yields(nothing, "abc", "de"), 4) }, 0},
		"none-of-some":  {func() download.Content { return download.Chunks(yields(nothing), 4) }, 500},
		"more-at-once":  {func() download.Content { return download.Chunks(yields(nothing, "abcde"), 4) }, 500},
		"error-later":   {func() download.Content { return download.ChunksOrError(failing, -1) }, 0},
		"reader-lesser": {func() download.Content { return download.Reader(io.LimitReader(strings.NewReader(large), 9), 10) }, 0},
	}
	files := map[string]func() download.Virtual{}
	for name, c := range cases {
		files[name] = func() download.Virtual { return download.Virtual{Name: "a.txt", Content: c.content()} }
	}
	addr := virtualServer(t, files)
	for name, c := range cases {
		answer := exchange(t, addr, "GET /v/"+name+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		status, body, ok := complete(answer)
		if ok != (c.status != 0) || c.status != 0 && status != c.status || strings.Contains(body, "secret") {
			t.Errorf("%s: status %d, %d bytes, complete %v; want status %d", name, status, len(body), ok, c.status)
		}
	}
	if resp, body := fetch(t, "http://"+addr+"/v/panic-first"); resp.StatusCode != 500 || strings.Contains(body, "goroutine") {
		t.Errorf("after all that: %d %q", resp.StatusCode, body)
	}
}
