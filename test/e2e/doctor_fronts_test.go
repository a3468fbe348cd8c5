package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

const frontsTOML = `[server]
listen = "unix:%[1]s"
client_address_header = "X-Forwarded-For"
data = "data"
[stores.files]
path = %[2]q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/show/{path...}"
kind = "storage"
store = "files"
attachment = false
[[views]]
pattern = "/compressed/{path...}"
kind = "storage"
store = "files"
precompressed = ["gzip"]
[[views]]
pattern = "/members/{path...}"
kind = "storage"
store = "files"
allow = "forward-auth"
[forward_auth]
url = "%[5]s/"
[[views]]
pattern = "/from/{path...}"
kind = "http"
url = "https://files.example.org/{path}"
origins = ["https://files.example.org"]
[[links.keys]]
id = "test"
secret_file = "secret"
[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
link = "required"
[[views]]
pattern = "/path/{path...}"
kind = "path"
root = %[2]q
[[offload]]
front = %[3]q
source = "files"
%[4]s
`

// The catalogue's items say things of their own of a file, which it has to be sent
// with: through nginx and Caddy that is another location.
const frontsItems = `{"slug": "own", "store": "files", "key": "sub/b.txt", "name": "日本 \"b\".txt", "etag": "\"mine\"", "modified": "2001-02-03T04:05:06Z", "inline": true}
{"slug": "plain", "store": "files", "key": "a.txt"}
`

// wing is a site behind a front server, with every way in which a file comes to it.
type wing struct {
	*clinic
	front string // the front server's name
	top   string
}

// newWing starts Downlink, without the front server.
func newWing(t *testing.T, name string) wing {
	t.Helper()
	server.NeedFront(t, name)
	w := wing{front: name, top: t.TempDir()}
	openUp(t, w.top)
	w.clinic = &clinic{dir: filepath.Join(w.top, "files"), config: w.folder(t, "files")}
	write(t, filepath.Join(w.top, "secret"), base64.StdEncoding.EncodeToString(pattern(32)))
	if err := os.Chmod(filepath.Join(w.top, "secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	items := filepath.Join(w.top, "items.jsonl")
	write(t, items, frontsItems)
	server.Run(t, "import", "--config", w.config, "--data", filepath.Join(w.top, "data"), items)
	server.Downlink(t, []string{"--config", w.config, "--data", filepath.Join(w.top, "data")})
	return w
}

// folder fills a folder, and returns the configuration of a site of it.
func (w wing) folder(t *testing.T, name string) string {
	t.Helper()
	destination := ""
	if w.front == "nginx" || w.front == "caddy" {
		destination = `destination = "/_internal/files/"`
	}
	application := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(application.Close)
	write(t, filepath.Join(w.top, name, "a-short-one.html"), "too short to compress\n")
	write(t, filepath.Join(w.top, name, "a.txt"), strings.Repeat("the content of a\n", 100))
	write(t, filepath.Join(w.top, name, "a.txt.gz"), "as if it were compressed")
	write(t, filepath.Join(w.top, name, "sub/b.txt"), "the content of b\n")
	file := filepath.Join(w.top, name+".toml")
	write(t, file, fmt.Sprintf(frontsTOML, filepath.Join(w.top, "s"), filepath.Join(w.top, name), w.front, destination, application.URL))
	return file
}

// Every front server is examined; one whose configuration is of another folder than
// Downlink's is told so.
func TestO1_DoctorOnEveryFront(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			c := newWing(t, name)
			c.nginx = server.InFront(t, name, c.config)
			for _, args := range [][]string{nil, {"--file", "/d/own"}, {"--file", "/path/sub/b.txt"}} {
				for _, f := range c.faults(t, args...) {
					t.Errorf("a sound site, %v: %s → %v", args, f.Text, f.Change)
				}
			}
			out, _ := c.examine(t)
			if strings.Contains(out, "link=") {
				t.Errorf("the link is shown:\n%s", out)
			}
			for _, said := range []string{
				"/private/a.txt arrives whole", "/members/a.txt arrives whole", " says to Downlink that it is in front of it can only be read in its configuration: look for X-Downlink-Front there",
				`view "/from/{path...}" is not examined, for no file of it was found`,
			} {
				if strings.Count(out, said) != 1 {
					t.Errorf("%q is not said once:\n%s", said, out)
				}
			}
			other := c.folder(t, "other")
			write(t, filepath.Join(c.dir, "only-here.txt"), "the content of a file that is here only")
			c.nginx = server.InFront(t, name, other)
			faults := c.faults(t, "--file", "/files/only-here.txt")
			if len(faults) != 1 || !strings.Contains(faults[0].Text, "looks elsewhere than in "+c.dir) ||
				faults[0].Change == nil || !strings.Contains(faults[0].Change.Text, c.dir) {
				t.Errorf("a front server for another folder: %d faults", len(faults))
				for _, f := range faults {
					t.Errorf("%s → %v", f.Text, f.Change)
				}
			}
		})
	}
}

// What is to be changed is said in the words of the server that has the fault.
func TestO1_DoctorMendsEachFrontInItsOwnWay(t *testing.T) {
	for _, c := range []struct {
		front, old, new string
		file            string // "" is what the doctor picks
		fault, change   string
	}{
		{"apache", "XSendFile On", "XSendFile Off", "/files/a.txt", "Apache does not obey Downlink: it passes X-Sendfile on", "sends the files that Downlink names in X-Sendfile"},
		{"apache", "MaxRanges 16", "MaxRanges none", "/files/a.txt", "Apache answers GET Range bytes=1-1024 of /files/a.txt with 200, where Downlink says 206", "answers GET Range bytes=1-1024 as Downlink does"},
		{"lighttpd", `"x-sendfile" => "enable"`, `"x-sendfile" => "disable"`, "/files/a.txt", "lighttpd does not obey Downlink: it passes the empty body of its X-Sendfile on", "sends the files that Downlink names in X-Sendfile"},
		{"caddy", "\treverse_proxy ", "\tencode gzip\n\treverse_proxy ", "", "Caddy compresses downloads", "compresses no download"},
	} {
		t.Run(c.front+" "+c.fault, func(t *testing.T) {
			w := newWing(t, c.front)
			addr := server.FreePort(t)
			conf := replace(c.old, c.new)(server.FrontConf(t, c.front, addr, w.config), w.dir)
			w.nginx = server.Front(t, c.front, addr, conf)
			var args []string
			if c.file != "" {
				args = []string{"--file", c.file}
			}
			faults := w.faults(t, args...)
			if len(faults) != 1 || !strings.Contains(faults[0].Text, c.fault) {
				t.Fatalf("faults: %v, want one: %s", faults, c.fault)
			}
			const again = "let `downlink front %s` write its configuration again, so that it %s"
			if want := fmt.Sprintf(again, c.front, c.change); faults[0].Change == nil || faults[0].Change.String() != want {
				t.Errorf("%s → %v, want %q", faults[0].Text, faults[0].Change, want)
			}
		})
	}
}
