package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

const plainStyle = "body { color: #123456 }\n"

// TestD9_Precompressed asks for one file in several forms, of Downlink and through
// front servers, which send them.
func TestD9_Precompressed(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, plainStyle)
	must(t, w.Close())
	when := time.Unix(1704164645, 0)
	for name, content := range map[string]string{
		"a b%.css": plainStyle, "a b%.css.gz": packed.String(), "a b%.css.br": "brotli, they say", "old.css": plainStyle, "old.css.gz": "stale", "none.css": plainStyle,
		"c.css": plainStyle, "c.css.gz": packed.String(),
	} {
		write(t, filepath.Join(dir, name), content)
		modified := when
		if name == "old.css.gz" {
			modified = when.Add(-time.Second)
		}
		must(t, os.Chtimes(filepath.Join(dir, name), modified, modified))
	}
	view := "[[views]]\npattern = \"/p/{path...}\"\nkind = \"storage\"\nstore = \"files\"\nprecompressed = [\"br\", \"zstd\", \"gzip\"]\n"
	t.Run("directly", func(t *testing.T) {
		config := filepath.Join(t.TempDir(), "downlink.toml")
		write(t, config, "[server]\nlisten = \"127.0.0.1:0\"\n[stores.files]\npath = '"+dir+"'\n"+view)
		p := server.Downlink(t, []string{"--config", config})
		testPrecompressed(t, p.Addr, packed.String())
	})
	for name, offloaded := range map[string]string{
		nginx:  "offload=/_internal/files@own/c.css.gz",
		caddy:  "offload=/_internal/files@own/c.css.gz",
		apache: "", lighttpd: "", // one takes the coding away, the other puts a date in
	} {
		t.Run("through "+name, func(t *testing.T) {
			server.NeedFront(t, name)
			at, downlink := server.Behind(t, name, dir, t.TempDir(), view)
			testPrecompressed(t, at.Addr, packed.String())
			resp, body := accepting(t, "GET", at.Addr, "/p/c.css", "gzip")
			if body != packed.String() || resp.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("a plain name: %q as %q", body, resp.Header.Get("Content-Encoding"))
			}
			waitLog(t, downlink.Log, "path=/p/c.css")
			if line := lastLine(downlink.Log(), "path=/p/c.css"); offloaded != "" && !strings.Contains(line, offloaded) || offloaded == "" && strings.Contains(line, "offload=") {
				t.Errorf("%q in %s", offloaded, line)
			}
		})
	}
}

// lastLine is the last line of a log that has a text.
func lastLine(log, text string) (line string) {
	for l := range strings.Lines(log) {
		if strings.Contains(l, text) {
			line = l
		}
	}
	return line
}

func testPrecompressed(t *testing.T, addr, packed string) {
	const css = "/p/a%20b%25.css"
	const plainTag, gzipTag, brTag = `"65937d25-18"`, "-gzip\"", `"65937d25-10-br"`
	tag := ""
	for _, c := range []struct {
		path, accept, coding, body, tag string
	}{
		{css, "", "", plainStyle, plainTag},
		{css, "identity", "", plainStyle, plainTag},
		{css, "gzip", "gzip", packed, gzipTag},
		{css, "gzip, deflate, br", "br", "brotli, they say", brTag},
		{css, "br;q=0, gzip;q=0.5", "gzip", packed, gzipTag},
		{css, "br;q=0.1, *;q=0", "br", "brotli, they say", brTag},
		{css, "zstd", "", plainStyle, plainTag},
		{css, "identity, gzip;q=0.9", "", plainStyle, plainTag},
		{css, "*;q=0", "", plainStyle, plainTag},
		{"/p/old.css", "gzip", "", plainStyle, plainTag},
		{"/p/none.css", "gzip, br", "", plainStyle, plainTag},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := accepting(t, method, addr, c.path, c.accept)
			want := c.body
			if method == "HEAD" {
				want = ""
			}
			if resp.StatusCode != 200 || body != want || resp.Header.Get("Content-Encoding") != c.coding || resp.ContentLength != int64(len(c.body)) {
				t.Errorf("%s %s for %q: %d %.30q as %q", method, c.path, c.accept, resp.StatusCode, body, resp.Header.Get("Content-Encoding"))
			}
			h := resp.Header
			if h.Get("Vary") != "Accept-Encoding" || !strings.HasSuffix(h.Get("ETag"), c.tag) || len(h["Etag"]) != 1 || h.Get("Content-Type") != "text/css; charset=utf-8" {
				t.Errorf("%s %s for %q: %v", method, c.path, c.accept, h)
			}
			if (h.Get("Last-Modified") == "") != (c.coding != "") {
				t.Errorf("%s %s for %q: Last-Modified %q", method, c.path, c.accept, h.Get("Last-Modified"))
			}
			if c.coding == "gzip" {
				tag = h.Get("ETag")
			}
		}
	}
	for _, c := range []struct {
		name   string
		fields []string
		status int
		body   string
	}{
		{"range of the coded form", []string{"Range", "bytes=2-5"}, 206, packed[2:6]},
		{"and by its tag", []string{"Range", "bytes=2-5", "If-Range", tag}, 206, packed[2:6]},
		{"by the other form's tag", []string{"Range", "bytes=2-5", "If-Range", plainTag}, 200, packed},
		{"by the date", []string{"Range", "bytes=2-5", "If-Range", "Tue, 02 Jan 2024 03:04:05 GMT"}, 200, packed},
		{"its tag again", []string{"If-None-Match", tag}, 304, ""},
		{"the other form's tag", []string{"If-None-Match", plainTag}, 200, packed},
		{"past its end", []string{"Range", "bytes=1000-"}, 416, ""},
	} {
		resp, body := accepting(t, "GET", addr, css, "gzip", c.fields...)
		if resp.StatusCode != c.status || c.body != "" && body != c.body {
			t.Errorf("%s: %d %.30q, want %d", c.name, resp.StatusCode, body, c.status)
		}
		if c.status == 206 && resp.Header.Get("Content-Encoding") != "gzip" || c.status == 304 && resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", c.name, resp.Header)
		}
	}
	// A client that undoes the coding has the file.
	resp, err := http.Get("http://" + addr + css) // Go asks for gzip and undoes it
	must(t, err)
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != plainStyle || err != nil || !resp.Uncompressed {
		t.Errorf("undone: %q, %v", b, err)
	}
}

// accepting asks with an Accept-Encoding; "" sends none.
func accepting(t *testing.T, method, addr, path, accept string, fields ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+addr+path, nil)
	must(t, err)
	if accept != "" {
		req.Header.Set("Accept-Encoding", accept)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp, string(body)
}
