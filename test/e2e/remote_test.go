package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// originBlock is an nginx that has the files, logs what it hears, and says all that
// it should not.
const originBlock = `log_format heard '[$request] host=$http_host range=$http_range if=$http_if_range$http_if_match$http_if_none_match cookie=$http_cookie authorization=$http_authorization agent=$http_user_agent accel=$http_x_accel_redirect forwarded=$http_x_forwarded_for';
server {
    listen %s;
    root %q;
    access_log %q heard;
    add_header Set-Cookie "evil=1" always;
    add_header X-Accel-Redirect /_internal/files/canary.txt always;
    add_header X-Accel-Limit-Rate 1 always;
    add_header Content-Disposition "inline; filename=evil.exe" always;
    add_header Cache-Control "public, max-age=1000000" always;
    add_header Content-Security-Policy "script-src *" always;
    add_header Access-Control-Allow-Origin "*" always;
    add_header Refresh "0; url=http://evil.example/" always;
    add_header Strict-Transport-Security "max-age=1" always;
    add_header X-Powered-By PHP/4 always;
    add_header Service-Worker-Allowed / always;
    add_header Accept-CH Sec-CH-UA always;
    add_header Critical-CH Sec-CH-UA always;
    add_header Speculation-Rules '"/rules.json"' always;
    add_header Document-Policy "unsized-media=?0" always;
    add_header Feature-Policy "camera *" always;
    add_header Origin-Agent-Cluster ?0 always;
    add_header X-Sendfile2 "/etc/passwd 0-" always;
    add_header X-Amz-Meta-Owner visible always;
    default_type text/html;
    location /pub/moved.txt { return 302 http://127.0.0.1:1/secret; }
    location /pub/denied.txt { return 403 canary; }
    location /pub/broken.txt { return 500 canary; }
    location /pub/login.txt { return 401 canary; }
}`

// behindOrigin runs Downlink and nginx in front of a second nginx, which has the
// files.
func behindOrigin(t *testing.T) (v *victim, heard func() string) {
	t.Helper()
	top := t.TempDir()
	for _, name := range append([]string{"a.txt", "moved.txt", "denied.txt", "broken.txt", "login.txt", "gone.txt"}, hostile...) {
		write(t, filepath.Join(top, "pub", name), "content of "+name)
	}
	write(t, filepath.Join(top, "canary.txt"), canary)
	log := filepath.Join(t.TempDir(), "heard.log")
	origin := server.FreePort(t)
	server.Nginx(t, origin, fmt.Sprintf(originBlock, origin, top, log))
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	write(t, conf, fmt.Sprintf(`[server]
listen = "unix:%s"
request_id_header = "X-Request-Id"
[stores.files]
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[offload]]
front = "nginx"
source = "files"
destination = "/_internal/files/"
remote = "http://%s/pub/"
`, filepath.Join(filepath.Dir(conf), "s"), filepath.Join(top, "pub"), origin))
	v = &victim{name: nginx, top: top, root: filepath.Join(top, "pub"), downlink: server.Downlink(t, []string{"--config", conf})}
	v.front = server.InFront(t, nginx, conf)
	v.addr = v.front.Addr
	return v, func() string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// What a client says reaches Downlink only; what the other server says ends at
// nginx, but for the bytes, their length and their range.
func TestD1_RemoteThroughNginx(t *testing.T) {
	v, heard := behindOrigin(t)
	if log := v.front.Log(); strings.Contains(log, "[warn]") {
		t.Errorf("nginx warns of the configuration: %s", log)
	}
	secrets := []string{"Cookie: session=1", "Authorization: Basic x", "User-Agent: spy", "X-Accel-Redirect: /accelerated", "X-Forwarded-For: 1.2.3.4"}
	whole := v.one(t, get("/files/a.txt", secrets...), 200)
	if string(whole.body) != "content of a.txt" {
		t.Errorf("got %q", whole.body)
	}
	want := map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": `attachment; filename="a.txt"`, "Cache-Control": "private, no-cache",
		"Content-Length": "16", "X-Content-Type-Options": "nosniff",
		"X-Amz-Meta-Owner": "visible", // as docs/front-servers.md says
	}
	etag, modified := whole.header.Get("Etag"), whole.header.Get("Last-Modified")
	for name := range whole.header {
		switch value := strings.Join(whole.header[name], "|"); name {
		case "Date", "Server", "Connection", "X-Request-Id", "Etag", "Last-Modified", "Accept-Ranges":
		default:
			if want[name] != value {
				t.Errorf("%s = %q, want %q", name, value, want[name])
			}
		}
	}
	for _, c := range []struct {
		fields []string
		status int
		body   string
	}{
		{[]string{"Range: bytes=3-6"}, 206, "tent"},
		{[]string{"Range: bytes=-5"}, 206, "a.txt"},
		{[]string{"Range: bytes=3-6", "If-Range: " + etag}, 206, "tent"},
		{[]string{"Range: bytes=3-6", "If-Range: " + modified}, 206, "tent"},
		{[]string{"Range: bytes=3-6", `If-Range: "other"`}, 200, "content of a.txt"},
		{[]string{"Range: bytes=9-3"}, 200, "content of a.txt"},
		{[]string{"Range: lines=1-3"}, 200, "content of a.txt"},
		{[]string{"If-None-Match: " + etag}, 304, ""},
		{[]string{`If-None-Match: "x"`}, 200, "content of a.txt"},
		{[]string{"If-Match: " + etag}, 200, "content of a.txt"},
		{[]string{`If-Match: "x"`}, 412, ""},
		{[]string{"Range: bytes=99-"}, 416, ""},
	} {
		r := v.one(t, get("/files/a.txt", c.fields...), c.status)
		if c.status < 300 && (string(r.body) != c.body || r.header.Get("Etag") != etag || r.header.Get("Last-Modified") != modified) {
			t.Errorf("%q: %q %q", c.fields, r.lines, r.body)
		}
	}
	if r := v.one(t, get("/files/a.txt", "Range: bytes=0-0,5-6"), 206); !strings.Contains(string(r.body), "nt") || !strings.HasPrefix(r.header.Get("Content-Type"), "multipart/byteranges") {
		t.Errorf("two ranges: %q %q", r.lines, r.body)
	}
	for _, name := range hostile {
		if r := v.one(t, get(filesPath(name)), 200); string(r.body) != "content of "+name {
			t.Errorf("%q: got %q", name, r.body)
		}
	}
	log := heard()
	for _, secret := range []string{"session", "Basic", "spy", "1.2.3.4", "accelerated", "other"} {
		if strings.Contains(log, secret) {
			t.Errorf("the other server heard %q:\n%s", secret, log)
		}
	}
	if !strings.Contains(log, "range=bytes=11-15 if=--- cookie=- authorization=- agent=-") {
		t.Errorf("the other server did not hear the range that was resolved:\n%s", log)
	}
}

// Whatever the other server answers instead of the file, the client gets a short
// error, and nothing is asked of anybody else.
func TestD1_RemoteThatDoesNotSend(t *testing.T) {
	v, _ := behindOrigin(t)
	for name, want := range map[string]int{"moved.txt": 502, "denied.txt": 404, "broken.txt": 502, "login.txt": 404} {
		k := say(t, v.addr, get("/files/"+name), patience)
		all, _ := k.replies("GET")
		if len(all) != 1 || all[0].status != want || strings.Contains(string(k.raw), "canary") || strings.Contains(string(k.raw), "evil") || all[0].header.Get("Location") != "" {
			t.Errorf("%s: got %q, want %d and none of the other server's words", name, k.raw, want)
		}
	}
	for _, target := range []string{"/_internal/files/a.txt", "/files/../canary.txt", "/files/%2e%2e/canary.txt", "/files/..%2fcanary.txt"} {
		v.refuses(t, target)
	}
}
