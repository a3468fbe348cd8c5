package e2e

import (
	"encoding/base64"
	"fmt"
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

// Every front server is examined; one whose configuration is of another folder than
// Downlink's is told so.
func TestO1_DoctorOnEveryFront(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			server.NeedFront(t, name)
			top := t.TempDir()
			openUp(t, top)
			destination := ""
			if name == "nginx" || name == "caddy" {
				destination = `destination = "/_internal/files/"`
			}
			toml := func(folder string) string {
				write(t, filepath.Join(top, folder, "a.txt"), strings.Repeat("the content of a\n", 100))
				write(t, filepath.Join(top, folder, "a.txt.gz"), "as if it were compressed")
				write(t, filepath.Join(top, folder, "sub/b.txt"), "the content of b\n")
				file := filepath.Join(top, folder+".toml")
				write(t, file, fmt.Sprintf(frontsTOML, filepath.Join(top, "s"), filepath.Join(top, folder), name, destination))
				return file
			}
			c := &clinic{dir: filepath.Join(top, "files"), config: toml("files")}
			write(t, filepath.Join(top, "secret"), base64.StdEncoding.EncodeToString(pattern(32)))
			if err := os.Chmod(filepath.Join(top, "secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			items := filepath.Join(top, "items.jsonl")
			write(t, items, frontsItems)
			server.Run(t, "import", "--config", c.config, "--data", filepath.Join(top, "data"), items)
			server.Downlink(t, []string{"--config", c.config, "--data", filepath.Join(top, "data")})
			c.nginx = server.InFront(t, name, c.config)
			for _, args := range [][]string{nil, {"--file", "/d/own"}, {"--file", "/path/sub/b.txt"}} {
				for _, f := range c.faults(t, args...) {
					t.Errorf("a sound site, %v: %s → %v", args, f.Text, f.Change)
				}
			}
			if out, _ := c.examine(t); strings.Contains(out, "link=") || !strings.Contains(out, "/private/a.txt arrives whole") {
				t.Errorf("a view that needs a link is not examined, or the link is shown:\n%s", out)
			}
			other := toml("other")
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
