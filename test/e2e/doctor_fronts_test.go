package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

const frontsTOML = `[server]
listen = "unix:%s"
data = "data"
[stores.files]
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/show/{path...}"
kind = "storage"
store = "files"
attachment = false
[[offload]]
front = %q
source = "files"
%s`

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
				file := filepath.Join(top, folder+".toml")
				write(t, file, fmt.Sprintf(frontsTOML, filepath.Join(top, "s"), filepath.Join(top, folder), name, destination))
				return file
			}
			c := &clinic{dir: filepath.Join(top, "files"), config: toml("files")}
			server.Downlink(t, []string{"--config", c.config, "--data", filepath.Join(top, "data")})
			c.nginx = server.InFront(t, name, c.config)
			for _, f := range c.faults(t) {
				t.Errorf("a sound site: %s → %v", f.Text, f.Change)
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
