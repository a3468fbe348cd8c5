package e2e

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/test/server"
)

// TestNginxAcceptsTheExample runs `nginx -t` on the configuration that operators
// copy.
func TestNginxAcceptsTheExample(t *testing.T) {
	nginx := server.NginxProgram(t)
	block, err := os.ReadFile("../../infra/nginx/downlink.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	here := strings.Replace(string(block), "/var/log/nginx/access.log", filepath.Join(dir, "access.log"), 1)
	text := "pid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n" + here + "}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(nginx, "-t", "-p", dir, "-c", conf, "-e", "stderr").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "test is successful") {
		t.Errorf("nginx -t: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "[warn]") {
		t.Errorf("nginx warns:\n%s", out)
	}
}

// inFront runs a front server, configured as `downlink front` does it, in front of a
// handler in this process. The files of dir go to the front server; view adjusts
// them.
func inFront(t *testing.T, name, dir string, rule download.Rule, adjust func(*core.Representation)) string {
	t.Helper()
	server.NeedFront(t, name)
	server.LetIn(t, dir)
	driver, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	store := storage.New("files", driver)
	view := download.ViewFunc(func(_ context.Context, r *download.Request) (download.File, error) {
		return download.File{Store: store, Key: r.Param("path"), Adjust: adjust}, nil
	})
	rule.Front, rule.Source, rule.Destination = name, "files", "/_internal/files/"
	if name == apache || name == lighttpd {
		rule.Destination = dir + "/"
	}
	service, err := download.New([]download.Route{{Pattern: "/{path...}", View: view}}, []download.Rule{rule})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: nethttp.New(service, nethttp.Options{FrontField: front.Field})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	addr, upstream := server.FreePort(t), l.Addr().String()
	files := []front.Location{{Prefix: rule.Destination, OwnPrefix: rule.OwnDestination(), Dir: dir}}
	var block bytes.Buffer
	switch name {
	case nginx:
		err = front.Nginx{Upstream: upstream, Listen: addr, Locations: files}.Write(&block)
	case apache:
		err = front.Apache{Upstream: upstream, Listen: addr, Locations: files}.Write(&block)
	case lighttpd:
		err = front.Lighttpd{Upstream: upstream, Listen: addr, Locations: files}.Write(&block)
	case caddy:
		_, port, _ := net.SplitHostPort(addr)
		err = front.Caddy{Upstream: upstream, Site: "http://:" + port, Locations: files}.Write(&block)
	}
	if err != nil {
		t.Fatal(err)
	}
	server.Front(t, name, addr, block.String())
	return "http://" + addr
}

func fetch(t *testing.T, url string, fields ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "X-Accel-") || strings.HasPrefix(name, "X-Sendfile") || strings.HasPrefix(name, "X-Downlink-") {
			t.Errorf("%s reaches the client", name)
		}
	}
	return resp, string(body)
}

func TestOwnValidatorsThroughTheFront(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) { ownValidators(t, name) })
	}
}

func ownValidators(t *testing.T, name string) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("0123456789"), 0o644); err != nil {
		t.Fatal(err)
	}
	when := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	url := inFront(t, name, dir, download.Rule{}, func(rep *core.Representation) {
		rep.ETag, rep.LastModified, rep.Language, rep.Vary = `"mine"`, when, "en", "Accept-Language"
		rep.Digest, rep.ContentEncoding = "sha-256=:x:", "gzip"
		rep.Extra = []core.Field{{Name: "Link", Value: `</license>; rel="license"`}}
	}) + "/a.txt"
	for _, c := range []struct {
		name   string
		fields []string
		status int
		body   string
	}{
		{"plain", []string{"Accept-Encoding", "identity"}, 200, "0123456789"},
		{"have it", []string{"If-None-Match", `"mine"`}, 304, ""},
		{"have another", []string{"If-None-Match", `"other"`, "Accept-Encoding", "identity"}, 200, "0123456789"},
		{"not modified", []string{"If-Modified-Since", "Sat, 03 Feb 2001 04:05:06 GMT"}, 304, ""},
		{"modified", []string{"If-Modified-Since", "Sat, 03 Feb 2001 04:05:05 GMT", "Accept-Encoding", "identity"}, 200, "0123456789"},
		{"range of this version", []string{"Range", "bytes=2-4", "If-Range", `"mine"`, "Accept-Encoding", "identity"}, 206, "234"},
		{"range of this date", []string{"Range", "bytes=2-4", "If-Range", "Sat, 03 Feb 2001 04:05:06 GMT", "Accept-Encoding", "identity"}, 206, "234"},
		{"range of another version", []string{"Range", "bytes=2-4", "If-Range", `"other"`, "Accept-Encoding", "identity"}, 200, "0123456789"},
		// nginx would compare with the ETag that it was told not to make: Downlink
		// sends the file itself.
		{"must be this version", []string{"If-Match", `"mine"`, "Accept-Encoding", "identity"}, 200, "0123456789"},
		{"must be another version", []string{"If-Match", `"other"`}, 412, "Precondition failed: the file is not the one you asked for.\n"},
		{"two ranges", []string{"Range", "bytes=0-0,9-9", "Accept-Encoding", "identity"}, 206, "-"},
	} {
		resp, body := fetch(t, url, c.fields...)
		if resp.StatusCode != c.status || c.body != "-" && body != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.name, resp.StatusCode, body, c.status, c.body)
		}
		if c.status >= 400 {
			continue
		}
		for name, want := range map[string]string{"ETag": `"mine"`, "Vary": "Accept-Language", "X-Content-Type-Options": "nosniff"} {
			if got := strings.Join(resp.Header.Values(name), "|"); got != want {
				t.Errorf("%s: %s = %q, want %q", c.name, name, got, want)
			}
		}
		if c.status == 304 {
			continue
		}
		for name, want := range map[string]string{
			"Last-Modified": "Sat, 03 Feb 2001 04:05:06 GMT", "Content-Language": "en", "Content-Encoding": "gzip",
			"Repr-Digest": "sha-256=:x:", "Link": `</license>; rel="license"`, "Cache-Control": "private, no-cache",
		} {
			if got := strings.Join(resp.Header.Values(name), "|"); got != want {
				t.Errorf("%s: %s = %q, want %q", c.name, name, got, want)
			}
		}
	}
}

func TestLimitRateThroughNginx(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.bin"), make([]byte, 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	hour, no := time.Hour, false
	url := inFront(t, nginx, dir, download.Rule{LimitRate: 100 << 10, Expires: &hour, Buffering: &no}, nil) + "/a.bin"
	start := time.Now()
	if _, body := fetch(t, url); len(body) != 400<<10 {
		t.Fatalf("%d bytes", len(body))
	}
	// nginx counts whole seconds and lets the first one's worth go at once.
	if took := time.Since(start); took < 1900*time.Millisecond {
		t.Errorf("400 KiB at 100 KiB/s took %v", took)
	}
}
