package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/config"
)

const everywhere = `[stores.files]
path = "files"
[stores.files.workers]
driver = "r2"
binding = "FILES"
[stores.local]
path = "local"
[catalog]
path = "c.db"
workers = {driver = "d1", binding = "DB"}
[[views]]
pattern = "/local/{path...}"
kind = "storage"
store = "local"
platforms = ["server"]
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/manual/{path...}"
kind = "path"
root = "manual"
platforms = ["server"]
[[views]]
pattern = "/manual/{path...}"
kind = "storage"
store = "files"
path = "manual/{path}"
platforms = ["workers"]
`

func patterns(c *config.Config) (all []string) {
	for _, v := range c.Views {
		all = append(all, v.Kind+" "+v.Pattern)
	}
	return all
}

func TestR5_OneFileForEveryPlatform(t *testing.T) {
	c, err := config.Parse("/etc/dl/downlink.toml", []byte(everywhere))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Platforms(), []config.Platform{config.OnServer, config.OnWorkers}; !reflect.DeepEqual(got, want) {
		t.Errorf("platforms: got %v, want %v", got, want)
	}
	server, err := c.For(config.OnServer)
	if err != nil {
		t.Fatal(err)
	}
	workers, err := c.For(config.OnWorkers)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"stores of the server", server.Stores, []config.Store{
			store("files", "dir", config.Store{Path: "/etc/dl/files"}), store("local", "dir", config.Store{Path: "/etc/dl/local"}),
		}},
		{"stores of Workers", workers.Stores, []config.Store{
			store("files", "r2", config.Store{Binding: "FILES"}),
		}},
		{"catalogue of the server", server.Catalog, config.Catalog{Driver: "sqlite", Path: "/etc/dl/c.db", Region: "us-east-1", Timeout: 5 * time.Second, MaxConnections: 10, LockWait: 3 * time.Second, StatementWait: 10 * time.Second}},
		{"catalogue of Workers", workers.Catalog, config.Catalog{Driver: "d1", Binding: "DB", Region: "us-east-1", Timeout: 5 * time.Second, MaxConnections: 10, LockWait: 3 * time.Second, StatementWait: 10 * time.Second}},
		{"views of the server", patterns(server), []string{
			"storage /local/{path...}", "storage /files/{path...}", "path /manual/{path...}", "object /d/{slug}",
		}},
		{"views of Workers", patterns(workers), []string{"storage /files/{path...}", "storage /manual/{path...}", "object /d/{slug}"}},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s: got %+v, want %+v", row.name, row.got, row.want)
		}
	}
}

// Without a catalogue on Workers the view that nobody wrote is not there.
func TestR5_NoItemsWithoutD1(t *testing.T) {
	c, err := config.Parse("downlink.toml", []byte(strings.Replace(everywhere, "workers = {", "# ", 1)))
	if err != nil {
		t.Fatal(err)
	}
	workers, err := c.For(config.OnWorkers)
	if err != nil {
		t.Fatal(err)
	}
	if got := patterns(workers); len(got) != 2 {
		t.Errorf("views: got %v, want no items", got)
	}
}

func TestR5_NotForAPlatform(t *testing.T) {
	for _, row := range []struct {
		text string
		p    config.Platform
		want string
	}{
		{"[stores.a]\npath = \"x\"\n", config.OnWorkers, "says nothing about Workers"},
		{"[stores.a]\ndriver = \"r2\"\nbinding = \"A\"\n", config.OnServer, `the store "a" is on Workers only`},
		{"[catalog]\ndriver = \"d1\"\nbinding = \"A\"\n", config.OnServer, `its catalogue is on Workers only`},
	} {
		c, err := config.Parse("/etc/downlink.toml", []byte(row.text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.For(row.p); err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "/etc/downlink.toml") {
			t.Errorf("%q on %v: got %v, want %q", row.text, row.p, err, row.want)
		}
	}
	if c := config.ForDir("/"); len(c.Platforms()) != 1 {
		t.Errorf("a folder is for %v", c.Platforms())
	} else if _, err := c.For(config.OnServer); err != nil {
		t.Error(err)
	}
}

// What is found out later points at the line where a platform's own view stands.
func TestR5_FaultsOfAPlatformKeepTheirLines(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "downlink.toml")
	if err := os.WriteFile(file, []byte(everywhere), 0o600); err != nil {
		t.Fatal(err)
	}
	_, faults := config.Load(file)
	want := []string{":2:8: path ", ":7:8: path ", ":23:8: root "}
	for i, line := range strings.Split(faults.Error(), "\n") {
		if i >= len(want) || !strings.Contains(line, want[i]) {
			t.Errorf("got %s", line)
		}
	}
	c, err := config.Parse(file, []byte(everywhere))
	if err != nil {
		t.Fatal(err)
	}
	server, err := c.For(config.OnServer)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CheckPaths(); err == nil || err.Error() != faults.Error() {
		t.Errorf("on a server: got %v, want\n%v", err, faults)
	}
	workers, err := c.For(config.OnWorkers)
	if err != nil {
		t.Fatal(err)
	}
	if err := workers.CheckPaths(); err != nil {
		t.Errorf("on Workers: %v", err)
	}
}
