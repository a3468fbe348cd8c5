package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// TestD4_AnyOtherHeader runs h2o, which Downlink has no words of its own for, with the
// configurations that docs/front-servers.md shows.
func TestD4_AnyOtherHeader(t *testing.T) {
	h2o := need.Command(t, "h2o")
	work, dir := t.TempDir(), t.TempDir()
	for _, name := range append([]string{"a.txt", "page.html"}, hostile...) {
		write(t, filepath.Join(dir, name), "content of "+name)
	}
	server.LetIn(t, work, dir)
	addr, unused := server.FreePort(t), server.FreePort(t)
	here := strings.NewReplacer("/run/downlink/downlink.sock", filepath.Join(work, "s"), "/srv/files", dir)
	conf, yaml := filepath.Join(work, "downlink.toml"), filepath.Join(work, "h2o.yaml")
	write(t, conf, here.Replace(documented(t, "toml", "X-Reproxy-URL")))
	text := here.Replace(documented(t, "yaml", "reproxy: ON"))
	for port, at := range map[string]string{"port: 80\n": addr, "port: 8090\n": unused} {
		_, free, _ := net.SplitHostPort(at)
		text = strings.Replace(text, port, "port: "+free+"\n", 1)
	}
	if os.Getuid() == 0 {
		text = "user: root\n" + text
	}
	write(t, yaml, strings.Replace(text, "0.0.0.0", "127.0.0.1", 1))
	v := &victim{name: "h2o", addr: addr, top: dir, downlink: server.Downlink(t, []string{"--config", conf})}
	v.front = server.Launch(t, addr, "h2o", exec.Command(h2o, "-c", yaml))
	for _, name := range append([]string{"a.txt", "page.html"}, hostile...) {
		r := v.one(t, get(filesPath(name)), 200)
		if string(r.body) != "content of "+name || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%q: %q %q", name, r.lines, r.body)
		}
		if r.header.Get("X-Reproxy-Url") != "" {
			t.Errorf("%q: X-Reproxy-URL reaches the client", name)
		}
	}
	if r := v.one(t, get("/files/a.txt", "Range: bytes=3-6"), 206); string(r.body) != "tent" {
		t.Errorf("range: %q", r.body)
	}
	for _, request := range []string{get("/files/none"), get("/files/../h2o.yaml"), ask("HEAD", "/files/none"), get("/files/a.txt", `If-Match: "x"`), get("/files/a.txt", "Range: bytes=99-")} {
		if r := v.one(t, request, 404, 400, 412, 416); strings.Contains(string(r.body), "content") {
			t.Errorf("%.40q: got the file", request)
		}
	}
	if log := v.log(t, "path=/files/a.txt"); !strings.Contains(log, "delivery=offload") {
		t.Errorf("nothing was left to h2o: %s", log)
	}
}

// documented is the block of a language in docs/front-servers.md that holds a word.
func documented(t *testing.T, language, word string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/front-servers.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(m[1], word) {
			return m[1]
		}
	}
	t.Fatalf("no block of %s has %q", language, word)
	return ""
}
