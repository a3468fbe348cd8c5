package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// Caddy's log, as docs/front-servers.md has it, holds neither signed links nor the
// signed URLs to which clients are sent.
func TestL1_CaddyLogsNoSignatures(t *testing.T) {
	server.NeedFront(t, caddy)
	p, g, log := caddyLogging(t)
	link := g.sign(t, "/private/a.txt")
	a := request(t, "GET", link, "User-Agent", "the-last")
	location := a.Header.Get("Location")
	if a.StatusCode != 302 || !strings.Contains(location, "&Signature=") {
		t.Fatalf("%d to %q", a.StatusCode, location)
	}
	var text string
	for end := time.Now().Add(10 * time.Second); !strings.Contains(text, "the-last"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("Caddy logs no request:\n%s", p.Log())
		}
		b, _ := os.ReadFile(log)
		text = string(b)
	}
	_, mac, _ := strings.Cut(link, "link=")
	_, signature, _ := strings.Cut(location, "Signature=")
	for _, secret := range []string{mac, signature, "Signature="} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %s:\n%s", secret, text)
		}
	}
	if !strings.Contains(text, "/private/a.txt?link=REDACTED") {
		t.Errorf("the log does not hold the path:\n%s", text)
	}
}

// caddyLogging runs Caddy with the guide's log in front of Downlink, which sends
// clients with a link to CloudFront.
func caddyLogging(t *testing.T) (p *server.Process, g guarded, log string) {
	t.Helper()
	openssl := need.Command(t, "openssl")
	files, work := t.TempDir(), t.TempDir()
	write(t, filepath.Join(files, "a.txt"), "0123456789")
	writeSecret(t, filepath.Join(work, "link.key"), linkSecret+"\n")
	client(t, work, openssl, "genrsa", "-out", "cloudfront.pem", "2048")
	g.conf = filepath.Join(work, "downlink.toml")
	write(t, g.conf, fmt.Sprintf(`[server]
listen = "unix:%s"
data = %q
client_address_header = "X-Forwarded-For"
[[links.keys]]
id = "2026"
secret_file = "link.key"
[stores.files]
path = %q
cloudfront_url = "https://cdn.example.org/x"
cloudfront_key_id = "KID"
cloudfront_key_file = "cloudfront.pem"
[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
link = "required"
delivery = "redirect"
offload = "off"
[[offload]]
front = "caddy"
source = "files"
destination = "/_internal/files/"
`, filepath.Join(work, "s"), filepath.Join(work, "data"), files))
	if err := os.Chmod(filepath.Join(work, "cloudfront.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.downlink = server.Downlink(t, []string{"--config", g.conf, "--data", filepath.Join(work, "data")})
	addr := server.FreePort(t)
	_, port, _ := net.SplitHostPort(addr)
	site := server.Run(t, "front", "caddy", "--config", g.conf, "--site", "http://:"+port)
	head := "http://:" + port + " {\n"
	if !strings.Contains(site, head) {
		t.Fatalf("no site block:\n%s", site)
	}
	log = filepath.Join(work, "caddy.log")
	guide := strings.Replace(caddyLogOfGuide(t), "log {\n", fmt.Sprintf("log {\n    output file %q\n", log), 1)
	p = server.Caddy(t, addr, strings.Replace(site, head, head+guide, 1))
	g.url = "http://" + addr
	return p, g, log
}

// caddyLogOfGuide is the log directive that the guide has for Caddy.
func caddyLogOfGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/front-servers.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "# Caddy, in the site block\n")
	block, _, found := strings.Cut(rest, "```")
	if !found || !strings.HasPrefix(block, "log {\n") {
		t.Fatalf("docs/front-servers.md has no log for Caddy, but %.80q", block)
	}
	return block
}
