package config_test

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
)

func ExampleParse() {
	_, err := config.Parse("downlink.toml", []byte(`
[server]
lisen = "127.0.0.1:8080"

[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
`))
	fmt.Println(err)
	// Output:
	// downlink.toml:3:1: key "lisen" is unknown in [server]: did you mean "listen"?
	// downlink.toml:8:9: there is no store "files": write [stores.files] with its path
}

const full = `
[server]
listen = "unix:/run/downlink.sock"
data = "data"
read_header_timeout = "1s"
idle_timeout = "2s"
write_timeout = "3m"
shutdown_timeout = "4s"
max_header_bytes = 8_192
request_id_header = "X-Request-Id"
[log]
level = "debug"
format = "json"
access = false
[stores.b]
path = "b"
[stores.a]
driver = "dir"
path = "/srv/a"
base_url = "https://example.org/a"
[[views]]
pattern = "/b/{path...}"
kind = "storage"
store = "b"
path = "x/{path}"
attachment = false
inline_unsafe = true
basename = "n"
mimetype = "text/plain"
encoding = "gzip"
charset = "latin1"
cache_control = "no-store"
list = true
offload = "r"
[[views]]
pattern = "/p/{path...}"
kind = "path"
root = "p/../q"
[[offload]]
name = "r"
front = "nginx"
source = "b"
destination = "/_i/b/"
expires = "1h"
buffering = false
limit_rate = "2m"
charset = "utf-8"
[[offload]]
front = "nginx"
source_dir = "/srv/c/"
destination = "/_i/c/"
expires = "off"
limit_rate = 0
[catalog]
path = "c.db"
`

func TestParse(t *testing.T) {
	c, err := config.Parse("/etc/dl/downlink.toml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	hour, off, no := time.Hour, time.Duration(0), false
	for _, row := range []struct {
		name      string
		got, want any
	}{
		{"file", c.File, "/etc/dl/downlink.toml"},
		{"server", c.Server, config.Server{
			Listen: "unix:/run/downlink.sock", Data: "/etc/dl/data", ReadHeaderTimeout: time.Second, IdleTimeout: 2 * time.Second,
			WriteTimeout: 3 * time.Minute, ShutdownTimeout: 4 * time.Second, MaxHeaderBytes: 8192, RequestIDHeader: "X-Request-Id",
		}},
		{"log", c.Log, config.Log{Level: "debug", Format: "json"}},
		{"stores", c.Stores, []config.Store{
			store("b", "dir", config.Store{Path: "/etc/dl/b"}),
			store("a", "dir", config.Store{Path: "/srv/a", BaseURL: "https://example.org/a/"}),
		}},
		{"views", c.Views, []config.View{
			{
				Pattern: "/b/{path...}", Kind: "storage", Store: "b", Path: "x/{path}", InlineUnsafe: true, Basename: "n",
				MediaType: "text/plain", Encoding: "gzip", Charset: "latin1", CacheControl: "no-store", List: true, Offload: "r",
			},
			{Pattern: "/p/{path...}", Kind: "path", Root: "/etc/dl/q", Attachment: true},
			{Pattern: "/d/{slug}", Kind: "object", Attachment: true},
		}},
		{"offload", c.Offload, []config.Rule{
			{
				Name: "r", Front: "nginx", Source: "b", Destination: "/_i/b/", Expires: &hour, Buffering: &no,
				LimitRate: 2 << 20, Charset: "utf-8",
			},
			{Front: "nginx", SourceDir: "/srv/c", Destination: "/_i/c/", Expires: &off, LimitRate: config.Unlimited},
		}},
		{"catalog", c.Catalog, config.Catalog{Driver: "sqlite", Path: "/etc/dl/c.db", Region: "us-east-1", Timeout: 5 * time.Second, MaxConnections: 10, LockWait: 3 * time.Second, StatementWait: 10 * time.Second}},
		{"routes", c.Routes(), []core.Route{
			{Pattern: "/b/{path...}", Lookup: core.Object, Source: "b", Path: "x/{path}", Options: core.Options{
				Inline: true, InlineUnsafe: true, Basename: "n", MediaType: "text/plain", Encoding: "gzip", Charset: "latin1",
				CacheControl: "no-store",
			}},
			{Pattern: "/p/{path...}", Lookup: core.File, Source: "/etc/dl/q"},
			{Pattern: "/d/{slug}", Lookup: core.Item},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !reflect.DeepEqual(row.got, row.want) {
				t.Errorf("got  %+v\nwant %+v", row.got, row.want)
			}
		})
	}
	if network, address := c.Server.Address(); network != "unix" || address != "/run/downlink.sock" {
		t.Errorf("address: got %s %s", network, address)
	}
	if rule, ok := c.Rule("r"); !ok || rule.Source != "b" {
		t.Errorf("rule r: got %+v, %v", rule, ok)
	}
	if _, ok := c.Rule(""); ok {
		t.Error("the rule without a name was found by its name")
	}
	if s, ok := c.Store("a"); !ok || s.Path != "/srv/a" {
		t.Errorf("store a: got %+v, %v", s, ok)
	}
}

// TestParseAccepts holds what looks odd and is right.
func TestParseAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                    "",
		"byte order mark":            "\ufeff[server]\nlisten = ':80'\n",
		"IPv6":                       "server.listen = '[::1]:0'",
		"inline tables":              "stores = {s = {path = 'x'}}\nviews = [{pattern = '/x/{path...}', kind = 'storage', store = 's'}]",
		"line breaks of Windows":     "[server]\r\nlisten = 'localhost:1'\r\n",
		"sub-tables before table":    "[stores.a]\npath = 'a'\n[stores]\n",
		"nothing said":               "[[offload]]\nfront = 'nginx'\nsource_url = '/m/'\ndestination = '/_i/'\nexpires = ''\nlimit_rate = ''",
		"view of the whole site":     "[[views]]\npattern = '/{path...}'\nkind = 'path'\nroot = 'x'\n[[offload]]\nfront = 'nginx'\nsource_dir = '/x'\ndestination = '/_i/'",
		"items elsewhere":            "[[views]]\npattern = '/d/{path}'\nkind = 'path'\nroot = 'x'\n[[views]]\npattern = '/i/{slug}'\nkind = 'object'",
		"item by a literal":          "[[views]]\npattern = '/manual'\nkind = 'object'\npath = 'manual-2026'",
		"one destination, two rates": "[stores.a]\npath='a'\n[[offload]]\nfront='nginx'\nsource='a'\ndestination='/_i/'\n[[offload]]\nname='slow'\nfront='nginx'\nsource='a'\ndestination='/_i/'\nlimit_rate='1k'",
		"sibling destination":        "[stores.a]\npath='a'\n[[views]]\npattern='/a/{path...}'\nkind='storage'\nstore='a'\n[[offload]]\nfront='nginx'\nsource='a'\ndestination='/ab/'",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse("downlink.toml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := core.NewSite(c.Routes()); err != nil {
				t.Errorf("routes: %v", err)
			}
		})
	}
}

func TestLimitRate(t *testing.T) {
	for text, want := range map[string]int64{
		`512_000`: 512000, `0`: config.Unlimited, `"off"`: config.Unlimited, `"0"`: config.Unlimited, `""`: 0, `"7"`: 7,
		`"500k"`: 500 << 10, `"500K"`: 500 << 10, `"2m"`: 2 << 20, `"8796093022207m"`: 8796093022207 << 20,
	} {
		t.Run(text, func(t *testing.T) {
			c, err := config.Parse("x", []byte("[[offload]]\nfront='nginx'\nsource_url='/m'\ndestination='/_i/'\nlimit_rate="+text))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Offload[0].LimitRate; got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

func TestForDir(t *testing.T) {
	dir := t.TempDir()
	c := config.ForDir(dir)
	if err := c.CheckPaths(); err != nil {
		t.Error(err)
	}
	wantStores := []config.Store{store("files", "dir", config.Store{Path: dir})}
	if !reflect.DeepEqual(c.Stores, wantStores) {
		t.Errorf("stores: got %+v, want %+v", c.Stores, wantStores)
	}
	wantViews := []config.View{
		{Pattern: "/files/{path...}", Kind: "storage", Store: "files", Attachment: true, List: true},
		{Pattern: "/d/{slug}", Kind: "object", Attachment: true},
	}
	if !reflect.DeepEqual(c.Views, wantViews) {
		t.Errorf("views: got %+v, want %+v", c.Views, wantViews)
	}
	if c.Server.Listen != "127.0.0.1:8080" || len(c.Offload) != 0 {
		t.Errorf("listen %q, offload %v", c.Server.Listen, c.Offload)
	}
	t.Chdir(filepath.Dir(dir))
	if got := config.ForDir(filepath.Base(dir)).Stores[0].Path; got != dir {
		t.Errorf("relative: got %q, want %q", got, dir)
	}
	missing := filepath.Join(dir, "missing")
	want := fmt.Sprintf("path %q does not exist: create the directory, or correct the path", missing)
	if err := config.ForDir(missing).CheckPaths(); err == nil || err.Error() != want {
		t.Errorf("missing: got %v, want %s", err, want)
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "downlink.toml"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// TestLoad plays files against a tree of directories. "srv" is the served one.
func TestLoad(t *testing.T) {
	const store = "[stores.s]\npath = '../srv'\n"
	const card = "[overlays.c]\nstore = 's'\nbackground = 'c.png'\ntext = 'x'\nx = 0\nwidth = 1\nheight = 1\n"
	for _, row := range []struct{ name, file, text, want string }{
		{"right", "etc/downlink.toml", store + "[server]\ndata = '../new/data'\n[catalog]\npath = '../srv-private/c.db'", ""},
		{"missing, not a directory, below a file", "etc/downlink.toml", "[stores.s]\npath = 'no'\n[[views]]\npattern = '/p/{path}'\nkind = 'path'\nroot = '../srv/file'\n[[offload]]\nfront = 'nginx'\nsource_dir = '$DIR/srv/file/x'\ndestination = '/_i/'", `
2:8: path "$DIR/etc/no" does not exist: create the directory, or correct the path
6:8: root "$DIR/srv/file" is not a directory: name the directory that holds the files
9:14: source_dir "$DIR/srv/file/x" cannot be read: not a directory; correct the path or its permissions`},
		{"schema and disk at once", "etc/downlink.toml", "[stores.s]\nq = 1\npath = 'no'\n", `
2:1: key "q" is unknown in [stores.s]: take it out; known are driver, path, binding, base_url, bucket, region, endpoint, path_style, prefix, credentials_file, timeout, read_timeout, delivery, redirect_min_bytes, redirect_expires, cloudfront_url, cloudfront_key_id, cloudfront_key_file, cloudfront_key_env, unsigned_public_url, workers, lambda
3:8: path "$DIR/etc/no" does not exist: create the directory, or correct the path`},
		{"secrets", "etc/downlink.toml", store + "[[links.keys]]\nid = 'a'\nsecret_file = 'no.key'\n[[links.keys]]\nid = 'b'\nsecret_file = '../srv/file'\n[[links.keys]]\nid = 'c'\nsecret_env = 'DOWNLINK_TEST_NO_SUCH'\n[[links.keys]]\nid = 'd'\nsecret_env = 'DOWNLINK_TEST_SHORT'\n[[links.keys]]\nid = 'e'\nsecret_env = 'DOWNLINK_TEST_POOR'\n[[links.keys]]\nid = 'f'\nsecret_env = 'DOWNLINK_TEST_GOOD'\n[links]\nrevoked = 'downlink.toml'\n", `
5:15: secret_file: secret of the key "a": open $DIR/etc/no.key: no such file or directory
8:15: secret_file: key "b": the secret is shorter than 32 bytes: make one with ` + "`openssl rand -base64 32`" + `
11:14: secret_env: secret of the key "c": the environment has no variable DOWNLINK_TEST_NO_SUCH
14:14: secret_env: key "d": the secret is shorter than 32 bytes: make one with ` + "`openssl rand -base64 32`" + `
17:14: secret_env: key "e": the secret can be guessed: make one with ` + "`openssl rand -base64 32`" + `
22:11: revoked: $DIR/etc/downlink.toml:1: write "id ID" or "subject TEXT"; the file may be empty, but it must be there`},
		{"secret and revoked links served", "etc/downlink.toml", store + "[[links.keys]]\nid = 'a'\nsecret_file = '../srv/good.key'\n[links]\nrevoked = '../srv/revoked.txt'\n", `
5:15: secret_file "$DIR/srv/good.key" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside
7:11: revoked "$DIR/srv/revoked.txt" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"secrets that everybody can read", "etc/downlink.toml", store + "[[links.keys]]\nid = 'a'\nsecret_file = '../open.key'\n[[webhooks]]\nurl = 'https://app.example.org/'\nsecret_file = '../open.key'\n", `
5:15: secret_file "$DIR/open.key" can be read by everybody on this machine: chmod o= it
8:15: secret_file "$DIR/open.key" can be read by everybody on this machine: chmod o= it`},
		{"generated files served, no font", "etc/downlink.toml", store + card + "font = 'no.ttf'\n[generated]\npath = '../srv/sub'\n", `
10:8: font "$DIR/etc/no.ttf" does not exist: correct the path, or take it out for Go Regular
12:8: path "$DIR/srv/sub" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"font is a folder, no place for generated files", "etc/downlink.toml", store + card + "font = '.'\n[generated]\npath = 'no'\n", `
10:8: font "$DIR/etc" is not a file: name a TTF or OTF file
12:8: path "$DIR/etc/no" does not exist: create the directory, or correct the path`},
		{"catalogue among generated files", "etc/downlink.toml", store + card + "[generated]\npath = '../gen'\n[[views]]\npattern = '/x'\nkind = 'overlay'\noverlay = 'c'\n[catalog]\npath = '../gen/files/c.db'\n", `
17:8: path "$DIR/gen/files/c.db" lies inside "$DIR/gen", which is served (generated.path, line 11): choose a folder outside`},
		{"configuration served", "srv/sub/downlink.toml", "[stores.s]\npath = '..'\n", `
2:8: path "$DIR/srv" holds this configuration, which would be served: move one of them`},
		{"configuration served by a view", "srv/downlink.toml", "[[views]]\npattern = '/p/{path}'\nkind = 'path'\nroot = '.'\n", `
4:8: root "$DIR/srv" holds this configuration, which would be served: move one of them`},
		{"configuration is a link to a served file", "etc/link.toml", store, `
2:8: path "$DIR/srv" holds this configuration, which would be served: move one of them`},
		{"data served", "etc/downlink.toml", store + "[server]\ndata = '../srv/new/data'\n", `
4:8: data "$DIR/srv/new/data" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"data is the served directory", "etc/downlink.toml", store + "[server]\ndata = '../srv'\n", `
4:8: data "$DIR/srv" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"data served through a link", "etc/downlink.toml", store + "[server]\ndata = '../tosub/new'\n", `
4:8: data "$DIR/tosub/new" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"store is a link", "etc/downlink.toml", "[stores.s]\npath = '../tosub'\n[server]\ndata = '../srv/sub/d'\n", `
4:8: data "$DIR/srv/sub/d" lies inside "$DIR/tosub", which is served (stores.s.path, line 2): choose a folder outside`},
		{"catalogue behind a link to what is not there", "etc/downlink.toml", store + "[catalog]\npath = '../dangling.db'\n", `
4:8: path "$DIR/dangling.db" lies inside "$DIR/srv", which is served (stores.s.path, line 2): choose a folder outside`},
		{"catalogue behind a loop", "etc/downlink.toml", store + "[catalog]\npath = '../loop/c.db'\n", `
4:8: "$DIR/loop/c.db" cannot be checked: EvalSymlinks: too many links; correct the path or its permissions`},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			plant(t, dir)
			t.Setenv("DOWNLINK_TEST_SHORT", "0123456789")
			t.Setenv("DOWNLINK_TEST_POOR", strings.Repeat("x", 64))
			t.Setenv("DOWNLINK_TEST_GOOD", goodSecret)
			file := filepath.Join(dir, row.file)
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(row.text, "$DIR", dir)), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := config.Load(file)
			if row.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := c.CheckPaths(); err != nil {
					t.Errorf("again: %v", err)
				}
				return
			}
			want := strings.ReplaceAll(strings.ReplaceAll(row.want, "$DIR", dir), "\n", "\n"+file+":")[1:]
			if err == nil || err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
			if c != nil {
				t.Error("a configuration beside faults")
			}
		})
	}
}

const goodSecret = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="

func plant(t *testing.T, dir string) {
	t.Helper()
	for _, d := range []string{"etc", "srv/sub", "srv-private", "gen"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"srv/file": "", "srv/good.key": goodSecret, "srv/revoked.txt": "# none\n", "open.key": goodSecret} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "open.key"), 0o604); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"tosub": "srv/sub", "dangling.db": "srv/new.db", "loop": "loop", "etc/link.toml": "../srv/link.toml",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExposes(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	plant(t, dir)
	c := config.ForDir(filepath.Join(dir, "srv"))
	for path, want := range map[string]string{
		"srv/x/y": c.Stores[0].Path, "srv": c.Stores[0].Path, "tosub": c.Stores[0].Path, "srv-private/x": "", "": "",
	} {
		t.Run(path, func(t *testing.T) {
			got, err := c.Exposes(filepath.Join(dir, path))
			if got != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	for _, row := range badFiles {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.Parse("downlink.toml", []byte(text))
		if err == nil {
			if _, err := core.NewSite(c.Routes()); err != nil {
				t.Errorf("routes: %v", err)
			}
			return
		}
		var faults config.Faults
		if !errors.As(err, &faults) || len(faults) == 0 {
			t.Fatalf("error %v has no faults", err)
		}
		lines := strings.Split(text, "\n")
		for _, f := range faults {
			if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > len(lines[f.Line-1])+1 {
				t.Errorf("%v: no such place", f)
			}
			if strings.ContainsAny(f.Problem, "\n\x00") {
				t.Errorf("%q: raw control characters", f.Problem)
			}
		}
		if !slices.IsSortedFunc(faults, func(a, b config.Fault) int {
			return (a.Line-b.Line)<<32 + a.Column - b.Column
		}) {
			t.Errorf("not sorted:\n%v", err)
		}
	})
}

// store is s with the defaults of what it does not say.
func store(name, driver string, s config.Store) config.Store {
	s.Name, s.Driver, s.Timeout, s.ReadTimeout, s.RedirectExpires = name, driver, 5*time.Second, 30*time.Second, 5*time.Minute
	s.Region, s.Delivery, s.RedirectMinBytes = cmp.Or(s.Region, "us-east-1"), cmp.Or(s.Delivery, "stream"), cmp.Or(s.RedirectMinBytes, 8<<20)
	return s
}
