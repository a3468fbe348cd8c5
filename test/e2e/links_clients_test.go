package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// A front server connects to Downlink for everybody. Where Downlink was not told in
// which field it says for whom, nobody can go on with what another client began, and
// no network is anybody's.
func TestL3_ClientsThatTheFrontServerDoesNotName(t *testing.T) {
	for _, front := range server.Fronts {
		t.Run(front, func(t *testing.T) {
			server.NeedFront(t, front)
			g := startUntold(t, front)
			once := g.sign(t, "/private/a.txt", "--uses", "1")
			near := g.sign(t, "/private/a.txt", "--ip", "127.0.0.0/8")
			for _, row := range []struct {
				name, client, url string
				fields            []string
				status            int
			}{
				{"once", "127.0.0.2", once, nil, 200},
				{"the rest, by another", "127.0.0.3", once, []string{"Range", "bytes=1-"}, 403},
				{"the rest, by the same", "127.0.0.2", once, []string{"Range", "bytes=1-"}, 403},
				{"again", "127.0.0.3", once, nil, 403},
				{"the front server's own network", "127.0.0.3", near, nil, 403},
			} {
				if got := statusFrom(t, row.client, row.url, row.fields...); got != row.status {
					t.Errorf("%s: %d, want %d", row.name, got, row.status)
				}
			}
		})
	}
}

// startUntold runs a front server, and Downlink at a TCP address without
// client_address_header. a.txt of ten digits is at /private/ by signed link.
func startUntold(t *testing.T, front string) guarded {
	t.Helper()
	files, work := t.TempDir(), t.TempDir()
	write(t, filepath.Join(files, "a.txt"), "0123456789")
	writeSecret(t, filepath.Join(work, "link.key"), linkSecret+"\n")
	g := guarded{files: files, conf: filepath.Join(work, "downlink.toml")}
	served := fmt.Sprintf(`[server]
listen = %q
data = %q
[[links.keys]]
id = "2026"
secret_file = "link.key"
[stores.files]
path = %q
[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
link = "required"
`, server.FreePort(t), filepath.Join(work, "data"), files)
	write(t, g.conf, served)
	server.LetIn(t, files, work)
	g.downlink = server.Downlink(t, []string{"--config", g.conf, "--data", filepath.Join(work, "data")})
	rule := fmt.Sprintf("[[offload]]\nfront = %q\nsource = \"files\"\n", front)
	if front == "nginx" || front == "caddy" {
		rule += "destination = \"/_internal/files/\"\n"
	}
	told := filepath.Join(work, "front.toml")
	write(t, told, strings.Replace(served, "listen", "client_address_header = \"X-Forwarded-For\"\nlisten", 1)+rule)
	g.front = server.InFront(t, front, told)
	g.url = "http://" + g.front.Addr
	return g
}

// statusFrom is the status of a GET from an address of this machine.
func statusFrom(t *testing.T, client, url string, fields ...string) int {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}}
	transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// Caches tell clients apart by the fields that the application is asked with, through
// every front server.
func TestL2_VaryByWhatIsPassedOn(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "right" {
			w.WriteHeader(403)
		}
	}))
	t.Cleanup(app.Close)
	more := fmt.Sprintf("[[views]]\npattern = \"/members/{path...}\"\nkind = \"storage\"\nstore = \"files\"\nallow = \"forward-auth\"\ncache_control = \"private, max-age=3600\"\n"+
		"[forward_auth]\nurl = %q\nheaders = [\"X-Api-Key\"]\n", app.URL)
	for _, front := range server.Fronts {
		t.Run(front, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.txt"), "0123456789")
			p, _ := server.Behind(t, front, dir, t.TempDir(), more)
			a := request(t, "GET", "http://"+p.Addr+"/members/a.txt", "X-Api-Key", "right")
			if got := a.Header.Values("Vary"); a.StatusCode != 200 || len(got) != 1 || got[0] != "X-Api-Key" {
				t.Errorf("%d, Vary %q, want X-Api-Key", a.StatusCode, got)
			}
			if a := request(t, "GET", "http://"+p.Addr+"/members/a.txt", "X-Api-Key", "wrong"); a.StatusCode != 403 {
				t.Errorf("with a wrong key: %d", a.StatusCode)
			}
		})
	}
}
