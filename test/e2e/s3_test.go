package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// bucket is `downlink serve` before a bucket of a real S3 server, with a proxy
// between the two that breaks answers when it is told to.
type bucket struct {
	*server.Faulty // Addr is the proxy's
	s3             *server.S3
	downlink       *server.Process
	url            string // of the files
	conf           string // the configuration
}

// newBucket starts the three with the objects. more is added to the store's table,
// views to the end of downlink.toml.
func newBucket(t *testing.T, objects map[string][]byte, more, views string) *bucket {
	t.Helper()
	b := &bucket{s3: server.StartS3(t)}
	b.Faulty = server.Before(t, b.s3.Addr)
	for key, data := range objects {
		if err := b.s3.Put(t.Context(), key, data); err != nil {
			t.Fatal(err)
		}
	}
	b.conf = filepath.Join(t.TempDir(), "downlink.toml")
	write(t, b.conf, fmt.Sprintf(`[server]
listen = "127.0.0.1:0"
data = "data"
%s
%s
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
list = true
%s`, b.s3.Store(t, "http://"+b.Addr), more, views))
	b.downlink = server.Downlink(t, []string{"--config", b.conf, "--data", filepath.Join(filepath.Dir(b.conf), "data")})
	b.url = "http://" + b.downlink.Addr + "/files/"
	return b
}

// logged waits for a text in the log, for which a moment may pass.
func (b *bucket) logged(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(b.downlink.Log(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log does not say %q", text)
		}
	}
}

// TestR6_FilesInS3 downloads from a bucket as from a folder, at one request each.
func TestR6_FilesInS3(t *testing.T) {
	content := pattern(patternSize)
	b := newBucket(t, map[string][]byte{"docs/日本 1.bin": content, "empty": nil}, "", "")
	target := b.url + "docs/%E6%97%A5%E6%9C%AC%201.bin"
	resp, body := fetch(t, target)
	etag := resp.Header.Get("ETag")
	if resp.StatusCode != 200 || body != string(content) || etag == "" {
		t.Fatalf("%d, %d bytes, ETag %q", resp.StatusCode, len(body), etag)
	}
	for _, test := range []struct {
		name   string
		fields []string
		status int
		want   string
		asked  []string
	}{
		{"everything", nil, 200, string(content), []string{"GET bytes=0-"}},
		{"a range", []string{"Range", "bytes=100-199"}, 206, string(content[100:200]), []string{"GET bytes=100-199"}},
		{"the rest", []string{"Range", "bytes=999000-", "If-Range", etag}, 206, string(content[999000:]), []string{"GET bytes=999000-"}},
		{"the last bytes", []string{"Range", "bytes=-5"}, 206, string(content[patternSize-5:]), []string{"HEAD", "GET bytes=999995-999999"}},
		{"the rest of another version", []string{"Range", "bytes=999000-", "If-Range", `"x"`}, 200, string(content), []string{"GET bytes=999000-", "GET bytes=0-999999"}},
		{"what the client has", []string{"If-None-Match", etag}, 304, "", []string{"HEAD"}},
		{"what the client has not", []string{"If-None-Match", `"x"`}, 200, string(content), []string{"HEAD", "GET bytes=0-999999"}},
		{"another version", []string{"If-Match", `"x"`}, 412, "", []string{"HEAD"}},
		{"past the end", []string{"Range", "bytes=1000000-"}, 416, "", []string{"GET bytes=1000000-", "HEAD"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b.Set(nil)
			resp, body := fetch(t, target, test.fields...)
			if resp.StatusCode != test.status || resp.StatusCode < 400 && body != test.want {
				t.Errorf("%d, %d bytes; want %d, %d", resp.StatusCode, len(body), test.status, len(test.want))
			}
			if got := b.Asked(); !slices.Equal(got, test.asked) {
				t.Errorf("S3 was asked %q, want %q", got, test.asked)
			}
		})
	}
	t.Run("two ranges", func(t *testing.T) {
		b.Set(nil)
		resp, body := fetch(t, target, "Range", "bytes=0-9,500000-500009")
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if err != nil || resp.StatusCode != 206 {
			t.Fatalf("%d %v", resp.StatusCode, err)
		}
		parts := multipart.NewReader(strings.NewReader(body), params["boundary"])
		for _, want := range [][]byte{content[:10], content[500000:500010]} {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(part); err != nil || !bytes.Equal(got, want) {
				t.Errorf("part %q: %d bytes, %v", part.Header.Get("Content-Range"), len(got), err)
			}
		}
		if got, want := b.Asked(), []string{"HEAD", "GET bytes=0-9", "GET bytes=500000-500009"}; !slices.Equal(got, want) {
			t.Errorf("S3 was asked %q, want %q", got, want)
		}
	})
	for path, want := range map[string]int{"empty": 200, "none": 404, "docs": 404, "docs/": 404} {
		if resp, body := fetch(t, b.url+path); resp.StatusCode != want || want == 200 && body != "" {
			t.Errorf("%s: %d, %d bytes; want %d", path, resp.StatusCode, len(body), want)
		}
	}
	if _, page := fetch(t, "http://"+b.downlink.Addr+"/"); !strings.Contains(page, `href="/files/docs/%E6%97%A5%E6%9C%AC%201.bin"`) {
		t.Errorf("the page does not list the objects: %s", page)
	}
}

// sparse makes an object of many zeros.
func (b *bucket) sparse(t *testing.T, key string, size int64) {
	t.Helper()
	name := filepath.Join(b.s3.Dir, key)
	write(t, name, "")
	if err := os.Truncate(name, size); err != nil {
		t.Fatal(err)
	}
	b.s3.Describe(t, key, `"zeros"`)
}

// TestR6_MemoryDoesNotGrowWithTheFile streams a GiB.
func TestR6_MemoryDoesNotGrowWithTheFile(t *testing.T) {
	b := newBucket(t, nil, "", "")
	b.sparse(t, "small.bin", 64<<20)
	b.sparse(t, "big.bin", 1<<30)
	read := func(key string, want int64) {
		resp, err := http.Get(b.url + key)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.Copy(io.Discard, resp.Body); n != want || err != nil {
			t.Fatalf("%s: %d bytes, %v", key, n, err)
		}
	}
	for range 16 { // until the heap has its size: what a server keeps once it has served
		read("small.bin", 64<<20)
	}
	before := usageOf(t, b.downlink.PID)
	read("big.bin", 1<<30)
	after := usageOf(t, b.downlink.PID)
	t.Logf("resident KiB %d, then %d", before.resident>>10, after.resident>>10)
	if grown := after.resident - before.resident; grown > 1<<20 {
		t.Errorf("%d KiB more for a GiB, want less than 1024", grown>>10)
	}
}

// TestR6_AbortClosesUpstream: who goes away does not leave S3 sending.
func TestR6_AbortClosesUpstream(t *testing.T) {
	b := newBucket(t, nil, "", "")
	b.sparse(t, "big.bin", 1<<30)
	v := victim{addr: b.downlink.Addr}
	for _, fields := range [][]string{nil, {"Range: bytes=1000-"}, {"Range: bytes=0-499999999,500000001-999999999"}} {
		for range 5 {
			v.abort(t, message("GET", "/files/big.bin", fields...), 100_000)
		}
	}
	if n := len(b.Asked()); n < 15 {
		t.Fatalf("S3 was asked %d times, want 15 and more", n)
	}
	for end := time.Now().Add(10 * time.Second); b.Open() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d answers of S3 still come after 10 s", b.Open())
		}
	}
	if strings.Contains(b.downlink.Log(), "level=ERROR") {
		t.Error("a client that went away is logged as an error")
	}
}
