package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// TestO4_FrontConfigurationsAreAccepted has each server check the configuration
// that operators copy, and those of other flags.
func TestO4_FrontConfigurationsAreAccepted(t *testing.T) {
	dir := t.TempDir()
	example := func(name string) string {
		text, err := os.ReadFile("../../infra/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	of := func(name string, flags ...string) string {
		args := append([]string{"front", name, "--config", frontConf(t, name, dir, "127.0.0.1:8080", "")}, flags...)
		return server.Run(t, args...)
	}
	accepts := func(name, text string, check func(dir, text string) *exec.Cmd) {
		out, err := check(t.TempDir(), text).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, out, text)
		}
		for line := range strings.Lines(strings.ToLower(string(out))) {
			// The tests' own Caddyfile disables HTTPS.
			if strings.Contains(line, "warn") && !strings.Contains(line, "automatic https") {
				t.Errorf("%s warns:\n%s", name, line)
			}
		}
	}
	apache2 := server.ApacheProgram(t)
	for _, text := range []string{example("apache/downlink.conf"), of("apache"), of("apache", "--listen", "127.0.0.1:8443", "--server-name", "a.example")} {
		accepts("apache", text, func(dir, text string) *exec.Cmd {
			return exec.Command(apache2, "-t", "-f", server.ApacheConf(t, dir, "127.0.0.1:8443", text))
		})
	}
	lighty := server.LighttpdProgram(t)
	for _, text := range []string{example("lighttpd/downlink.conf"), of("lighttpd"), of("lighttpd", "--listen", "127.0.0.1:8443"), of("lighttpd", "--server-name", "a.example")} {
		accepts("lighttpd", text, func(dir, text string) *exec.Cmd {
			return exec.Command(lighty, "-tt", "-f", server.LighttpdConf(t, dir, text))
		})
	}
	program := server.CaddyProgram(t)
	for _, text := range []string{example("caddy/downlink.caddy"), of("caddy"), of("caddy", "--site", "http://a.example:8443")} {
		accepts("caddy", text, func(dir, text string) *exec.Cmd {
			cmd := exec.Command(program, "validate", "--adapter", "caddyfile", "--config", server.CaddyConf(t, dir, text))
			cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
			return cmd
		})
	}
}

// frontConf writes a configuration of the files of dir with a rule for the front
// server, and more, and returns its path.
func frontConf(t *testing.T, name, dir, listen, more string) string {
	t.Helper()
	destination := ""
	if name == nginx || name == caddy {
		destination = "destination = \"/_internal/files/\"\n"
	}
	rule := fmt.Sprintf("[[offload]]\nname = \"sent\"\nfront = %q\nsource = \"files\"\n%s", name, destination)
	if name == "" {
		rule = ""
	}
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	write(t, conf, fmt.Sprintf("[server]\nlisten = %q\nrequest_id_header = \"X-Request-Id\"\n[stores.files]\npath = %q\n"+
		"[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n%s%s", listen, dir, rule, more))
	return conf
}

// Each front server sends the files itself, whole and in part, with Downlink's
// fields and none of those between the two.
func TestD2_Apache(t *testing.T)   { sentBy(t, apache) }
func TestD3_Lighttpd(t *testing.T) { sentBy(t, lighttpd) }
func TestD4_Caddy(t *testing.T)    { sentBy(t, caddy) }

func sentBy(t *testing.T, name string) {
	v := newVictim(t, name, func(_ *testing.T, root string) string {
		write(t, filepath.Join(root, "page.html"), "<p>page</p>")
		return `{"slug":"page","key":"page.html","name":"Größe.html","inline":true,"media_type":"text/html"}` + "\n"
	})
	whole := v.one(t, get("/files/a.txt"), 200)
	if string(whole.body) != contentA || whole.header.Get("Content-Disposition") != `attachment; filename="a.txt"` || whole.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("whole: %q %q", whole.lines, whole.body)
	}
	for field, want := range map[string]string{"bytes=4-10": "content", "bytes=-5": "of a\n", "bytes=12-": "of a\n"} {
		if r := v.one(t, get("/files/a.txt", "Range: "+field), 206); string(r.body) != want || r.header.Get("Etag") != whole.header.Get("Etag") {
			t.Errorf("%s: %q %q, want %q", field, r.lines, r.body, want)
		}
	}
	etag := whole.header.Get("Etag")
	if r := v.one(t, get("/files/a.txt", "Range: bytes=4-10", "If-Range: "+etag), 206); string(r.body) != "content" {
		t.Errorf("If-Range: %q", r.body)
	}
	v.one(t, get("/files/a.txt", "If-None-Match: "+etag), 304)
	v.one(t, get("/files/a.txt", `If-Match: "x"`), 412)
	item := v.one(t, get("/d/page"), 200)
	for field, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Disposition": `attachment; filename="Gr__e.html"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.html`} {
		if got := item.header.Get(field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	head := v.one(t, ask("HEAD", "/files/a.txt"), 200)
	if head.header.Get("Content-Length") != fmt.Sprint(len(contentA)) || head.header.Get("Etag") != etag {
		t.Errorf("HEAD: %q", head.lines)
	}
	v.one(t, ask("POST", "/files/a.txt", "Content-Length: 0"), 405)
	if log := v.log(t, "method=POST"); strings.Count(log, "delivery=offload") != 6 {
		t.Errorf("%d files were left to %s, want 6:\n%s", strings.Count(log, "delivery=offload"), name, log)
	}
}

// hostile are names that one decoder too many or too few makes another file of.
var hostile = []string{
	"with space.txt", "a%20b.txt", "what?.txt", "a#b.txt", "a;b.txt", "é.txt", "日本.txt", "\U0001f600.txt", strings.Repeat("n", 251) + ".txt",
	"trailing ", `"quoted".txt`, `back\slash.txt`, `sub dir/a\b\..c.txt`, "+plus&and=.txt", "%", "%2e%2e", "{x}.txt", "$x.txt", "~.txt", "backup~", "x.inc", "x.php", "index.html", ".htaccess", "x.tar.gz", "x.en.html", "server-status", "\xff.txt", "sub dir/a b%.txt",
}

// A backslash is a character of a name, but in a name that would lead up if it were a
// slash: that one is refused by all.
func TestX1_HostileNamesThroughEveryFront(t *testing.T) {
	prepare := func(t *testing.T, root string) string {
		for _, name := range hostile {
			write(t, filepath.Join(root, name), "content of "+name)
		}
		write(t, filepath.Join(root, `back\..\slash.txt`), canary)
		return ""
	}
	onAll(t, prepare, func(t *testing.T, v *victim) {
		for _, name := range hostile {
			r := v.one(t, get(filesPath(name)), 200)
			if got, want := sha256.Sum256(r.body), sha256.Sum256([]byte("content of "+name)); got != want {
				t.Errorf("%q: got %x (%q), want %x", name, got, r.body, want)
			}
			if r.header["Content-Encoding"] != nil || r.header["Content-Language"] != nil {
				t.Errorf("%q: the front server guesses: %q", name, r.lines)
			}
		}
		v.one(t, get(`/files/back%5C..%5Cslash.txt`), 404)
	})
}

// One configuration serves every front server at once, each by its own rules, and
// clients without one.
func TestD5_SeveralFrontsInOneConfiguration(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.txt"), contentA)
	socket := filepath.Join(t.TempDir(), "downlink.sock")
	more := "[[views]]\npattern = \"/own/{path...}\"\nkind = \"storage\"\nstore = \"files\"\noffload = \"off\"\n" +
		"[[views]]\npattern = \"/named/{path...}\"\nkind = \"storage\"\nstore = \"files\"\noffload = \"sent\"\n" +
		"[[views]]\npattern = \"/coded/{path...}\"\nkind = \"storage\"\nstore = \"files\"\nencoding = \"gzip\"\n"
	for _, name := range []string{nginx, caddy} {
		more += fmt.Sprintf("[[offload]]\nname = \"sent\"\nfront = %q\nsource = \"files\"\ndestination = \"/_internal/files/\"\n", name)
	}
	more += "[[offload]]\nname = \"sent\"\nfront = \"lighttpd\"\nsource = \"files\"\n[[offload]]\nfront = \"header\"\nsource = \"files\"\nfield = \"X-LiteSpeed-Location\"\ndestination = \"/p/\"\n"
	conf := frontConf(t, apache, dir, "unix:"+socket, more)
	server.LetIn(t, dir, filepath.Dir(socket))
	downlink := server.Downlink(t, []string{"--config", conf})
	for _, name := range server.Fronts {
		front := server.InFront(t, name, conf)
		for _, c := range []struct {
			path    string
			offload bool
		}{{"/files/a.txt", true}, {"/own/a.txt", false}, {"/named/a.txt", true}, {"/coded/a.txt", name != apache}} {
			before := downlink.Log()
			resp, body := fetch(t, "http://"+front.Addr+c.path, "Accept-Encoding", "identity")
			coding := resp.Header.Get("Content-Encoding")
			if resp.StatusCode != 200 || body != contentA || (coding == "gzip") != strings.HasPrefix(c.path, "/coded/") {
				t.Errorf("%s %s: %d %q %v", name, c.path, resp.StatusCode, body, resp.Header)
			}
			if got := strings.Contains(logged(downlink, before), "delivery=offload"); got != c.offload {
				t.Errorf("%s %s: left to the front server: %v, want %v", name, c.path, got, c.offload)
			}
		}
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dialUnix(socket)}}
	for name, want := range map[string]string{"": contentA, "other": contentA, "header": ""} {
		req, err := http.NewRequest("GET", "http://x/files/a.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			req.Header.Set("X-Downlink-Front", name)
		}
		resp, body := send(t, client, req)
		if body != want {
			t.Errorf("through %q: %q, want %q", name, body, want)
		}
		if got := resp.Header.Get("X-LiteSpeed-Location"); (got == "/p/a.txt") != (name == "header") {
			t.Errorf("through %q: X-LiteSpeed-Location = %q", name, got)
		}
		for field := range resp.Header {
			if strings.HasPrefix(field, "X-Accel-") || strings.HasPrefix(field, "X-Sendfile") || strings.HasPrefix(field, "X-Downlink-") {
				t.Errorf("through %q: %s reaches the client", name, field)
			}
		}
	}
}

// logged waits for a line in the server's log that was not there before.
func logged(p *server.Process, before string) string {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if log := p.Log(); len(log) > len(before) && strings.HasSuffix(log, "\n") {
			return log[len(before):]
		}
	}
	return ""
}

// A file that the front server does not have is a plain 404, without a field of
// the file that Downlink has seen. nginx alone cannot take them away again.
func TestD2_FileThatTheFrontDoesNotHave(t *testing.T) {
	for _, name := range []string{apache, lighttpd, caddy} {
		t.Run(name, func(t *testing.T) {
			dir, empty := t.TempDir(), t.TempDir()
			write(t, filepath.Join(dir, "a.txt"), contentA)
			listen := "unix:" + filepath.Join(t.TempDir(), "s")
			conf, lost := frontConf(t, name, dir, listen, ""), frontConf(t, name, empty, listen, "")
			if name == apache || name == lighttpd {
				conf = frontConf(t, "", dir, listen, fmt.Sprintf("[[offload]]\nfront = %q\nsource = \"files\"\ndestination = %q\n", name, empty))
			}
			server.LetIn(t, dir, empty, filepath.Dir(strings.TrimPrefix(listen, "unix:")))
			v := &victim{name: name, downlink: server.Downlink(t, []string{"--config", conf}), top: dir}
			v.front = server.InFront(t, name, lost)
			v.addr = v.front.Addr
			v.one(t, get("/files/a.txt"), 404)
			if log := v.log(t, "delivery=offload"); !strings.Contains(log, "delivery=offload") {
				t.Errorf("nothing was left to %s", name)
			}
		})
	}
}

// dialUnix connects to a socket, whatever the URL says.
func dialUnix(path string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
}

func send(t *testing.T, client *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := client.Do(req)
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
