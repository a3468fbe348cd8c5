package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// clinic is a site behind nginx that is broken in one way, and then examined.
type clinic struct {
	dir    string // holds files
	toml   string
	conf   string // nginx's
	config string // downlink.toml
	nginx  *server.Process
}

// ailment is one way to break a site.
type ailment struct {
	name string
	// conf and toml change what `downlink front nginx` wrote, and downlink.toml; both
	// may be nil. DIR is the folder of the files.
	conf, toml func(text, dir string) string
	breaks     func(t *testing.T, dir string) // after all was started

	fault  string // words of the only fault
	change string // words of the change
	line   string // what stands on the line that is to be changed, in nginx's file unless it is of downlink.toml
	hidden bool   // it cannot be seen without nginx's configuration
}

func replace(old, new string) func(text, dir string) string {
	return func(text, dir string) string {
		in := func(s string) string { return strings.ReplaceAll(s, "DIR", dir) }
		changed := strings.Replace(text, in(old), in(new), 1)
		if changed == text {
			panic(fmt.Sprintf("%q is not there", in(old)))
		}
		return changed
	}
}

const clinicTOML = `[server]
listen = "%s"
request_id_header = "X-Request-Id"
data = "data"
[stores.files]
path = "files"
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
front = "nginx"
source = "files"
destination = "/_internal/files/"
`

// admit starts a site with an ailment, or a well one.
func admit(t *testing.T, a ailment) *clinic {
	t.Helper()
	server.NginxProgram(t)
	top := t.TempDir()
	openUp(t, top)
	c := &clinic{dir: filepath.Join(top, "files"), config: filepath.Join(top, "downlink.toml")}
	write(t, filepath.Join(c.dir, "a.txt"), strings.Repeat("the content of a\n", 100))
	write(t, filepath.Join(c.dir, "sub/b c.bin"), "the content of b")
	toml := fmt.Sprintf(clinicTOML, "unix:"+filepath.Join(top, "s"))
	if a.toml != nil {
		toml = a.toml(toml, c.dir)
	}
	write(t, c.config, toml)
	p := server.Downlink(t, []string{"--config", c.config, "--data", filepath.Join(top, "data")})
	addr := server.FreePort(t)
	block := server.Run(t, "front", "nginx", "--config", c.config, "--listen", addr)
	if !strings.HasPrefix(p.Addr, "/") { // a free port
		block = strings.Replace(block, ":0\"", p.Addr[strings.LastIndex(p.Addr, ":"):]+`"`, 1)
		c.toml = p.Addr
	}
	if a.conf != nil {
		block = a.conf(block, c.dir)
	}
	c.conf = server.NginxConf(t, "www-data", block)
	c.nginx = server.NginxMain(t, addr, c.conf)
	if a.breaks != nil {
		a.breaks(t, c.dir)
	}
	return c
}

// openUp lets the users of front servers through to a folder of a test.
func openUp(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// examine runs the doctor on the site, and returns what it prints and its exit status.
func (c *clinic) examine(t *testing.T, args ...string) (string, int) {
	t.Helper()
	args = append([]string{"doctor", "--config", c.config, "--data", filepath.Join(filepath.Dir(c.dir), "data"), "--front", "http://" + c.nginx.Addr}, args...)
	if c.toml != "" {
		args = append(args, "--app", "0.0.0.0"+c.toml[strings.LastIndex(c.toml, ":"):])
	}
	var out bytes.Buffer
	cmd := exec.Command(server.Program(t), args...)
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err := cmd.Run()
	if _, exit := err.(*exec.ExitError); err != nil && !exit {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// faults runs the doctor and returns the faults that it finds.
func (c *clinic) faults(t *testing.T, args ...string) (faults []doctor.Result) {
	t.Helper()
	out, code := c.examine(t, append(args, "--json")...)
	var report doctor.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	faults = report.Faults()
	if (code != 0) != (len(faults) > 0) {
		t.Errorf("exit status %d with %d faults", code, len(faults))
	}
	return faults
}

// lineOf is where a text stands in a file, as the doctor writes it.
func lineOf(t *testing.T, file, text string) string {
	t.Helper()
	all, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(all), text)
	if !ok {
		t.Fatalf("%q is not in %s", text, file)
	}
	return fmt.Sprintf("%s:%d: ", file, strings.Count(before, "\n")+1)
}

// remote has nginx get the files of the rule from another server.
func remote(t *testing.T) func(text, dir string) string {
	return func(text, dir string) string {
		files := httptest.NewServer(http.FileServer(http.Dir(dir)))
		t.Cleanup(files.Close)
		return text + "remote = \"" + files.URL + "/\"\n"
	}
}

// forgetting takes a line out of nginx's location for a remote server, and the one
// that keeps every field of the request from it.
func forgetting(line string) func(text, dir string) string {
	return func(text, dir string) string {
		return replace(line, "")(replace("proxy_pass_request_headers off;", `proxy_set_header If-Range "";`)(text, dir), dir)
	}
}

func TestO1_DoctorFindsNothingWhereNothingIs(t *testing.T) {
	c := admit(t, ailment{})
	r := admit(t, ailment{toml: remote(t)})
	for _, f := range r.faults(t, "--front-config", r.conf) {
		t.Errorf("files of a remote server: %s", f.Text)
	}
	for _, args := range [][]string{nil, {"--front-config", c.conf}, {"--file", "/files/sub/b%20c.bin"}} {
		out, code := c.examine(t, args...)
		if code != 0 || strings.Contains(out, "✗") || !strings.HasSuffix(out, "No fault found.\n") {
			t.Errorf("%v: exit status %d:\n%s", args, code, out)
		}
		for _, word := range []string{"Storage", "Downlink alone", "The front server", "All together", "304", "version"} {
			if !strings.Contains(out, word) {
				t.Errorf("%v: nothing is said of %q:\n%s", args, word, out)
			}
		}
	}
}

func TestO1_DoctorNamesTheBrokenHop(t *testing.T) {
	for _, a := range []ailment{
		{
			name: "alias typo", conf: replace(`alias "DIR/"`, `alias "DIRS/"`),
			fault: "for it looks elsewhere than in ", change: `write alias "`, line: "alias ",
		},
		{
			name: "missing internal", conf: replace("location ^~ \"/_internal/files/\" {\n        internal;\n", "location ^~ \"/_internal/files/\" {\n"),
			fault: "gives the file at its internal location /_internal/files/", change: "write internal;", line: `location ^~ "/_internal/files/"`,
		},
		{
			name: "missing internal beside it", conf: replace("location ^~ \"/_internal/files@own/\" {\n        internal;\n", "location ^~ \"/_internal/files@own/\" {\n"),
			fault: "gives the file at its internal location /_internal/files@own/", change: "write internal;", line: `location ^~ "/_internal/files@own/"`,
		},
		{
			name: "public alias", conf: replace("    location / {", "    location /static/ { alias DIR/; }\n    location / {"),
			fault: `gives the files of store "files" to anybody at /static/a.txt, without asking Downlink`, change: "write internal; into it", line: "location /static/",
		},
		{
			name: "public alias in a view's place", conf: replace("    location / {", "    location /files/ { alias DIR/; }\n    location / {"),
			fault: "without asking Downlink", change: "write internal; into it", line: "location /files/",
		},
		{
			name: "public root of another server", conf: func(text, dir string) string {
				return text + "server {\n    listen unix:" + filepath.Dir(dir) + "/other;\n    root " + dir + ";\n}\n"
			},
			fault: `nginx gives the files of store "files" to anybody in its server, without asking Downlink`, change: "take the root of this server out", hidden: true,
		},
		{
			name: "name not said", conf: replace("proxy_set_header X-Downlink-Front nginx;", ""),
			fault: "does not say to Downlink that it is in front of it", change: "write proxy_set_header X-Downlink-Front nginx;", line: "location / {", hidden: true,
		},
		{
			name: "another name said", conf: replace("proxy_set_header X-Downlink-Front nginx;", "proxy_set_header X-Downlink-Front caddy;"),
			fault: "does not say to Downlink that it is in front of it", change: "write proxy_set_header X-Downlink-Front nginx;", line: "proxy_set_header X-Downlink-Front caddy;", hidden: true,
		},
		{
			name: "security field lost", conf: replace("        add_header X-Content-Type-Options nosniff always;\n        add_header Content-Security", "        add_header Content-Security"),
			fault: "loses X-Content-Type-Options", change: "write add_header X-Content-Type-Options nosniff always;", line: `location ^~ "/_internal/files/"`,
		},
		{
			name: "another security field lost", conf: replace("        add_header Content-Security-Policy $upstream_http_content_security_policy always;\n", ""),
			fault: "loses Content-Security-Policy", change: "write add_header Content-Security-Policy $upstream_http_content_security_policy always;", line: `location ^~ "/_internal/files/"`,
		},
		{
			name: "gzip on", conf: replace("gzip off;", "gzip on; gzip_types text/plain;"),
			fault: "nginx compresses downloads", change: "write gzip off;", line: "gzip on;",
		},
		{
			name: "wrong root", conf: replace(`alias "DIR/"`, `root "DIR"`),
			fault: "for it looks elsewhere than in ", change: `write alias "`, line: "root ",
		},
		{
			name:   "unreadable file",
			breaks: func(t *testing.T, dir string) { os.Chmod(filepath.Join(dir, "a.txt"), 0o600) },
			fault:  "a.txt is -rw------- of root:root, and www-data is neither", change: "chmod o+r ",
		},
		{
			name:   "unreadable folder",
			breaks: func(t *testing.T, dir string) { os.Chmod(dir, 0o700) },
			fault:  "files is drwx------ of root:root, and www-data is neither", change: "chmod o+x ",
		},
		{
			name: "field stripped", conf: replace("proxy_hide_header X-Content", "proxy_hide_header Content-Disposition;\n        proxy_hide_header X-Content"),
			fault: "loses Content-Disposition", change: "take out proxy_hide_header Content-Disposition;", line: "proxy_hide_header Content-Disposition;",
		},
		{
			name: "no ETag", conf: replace("if_modified_since off;", "etag off;\n        if_modified_since off;"),
			fault: "loses ETag", change: "write etag on;", line: "etag off;",
		},
		{
			name: "redirect not obeyed", conf: replace("proxy_hide_header X-Content", "proxy_ignore_headers X-Accel-Redirect;\n        proxy_hide_header X-Content"),
			fault: "does not obey Downlink", change: "take out proxy_ignore_headers", line: "proxy_ignore_headers",
		},
		{
			name: "ranges off", conf: replace("max_ranges 16;", "max_ranges 0;"),
			fault: "answers GET Range bytes=1-1024", change: "write max_ranges 16;", line: "max_ranges 0;",
		},
		{
			name: "application port exposed", toml: func(text, dir string) string {
				return strings.Replace(text, `listen = "unix:`+filepath.Dir(dir)+`/s"`, `listen = "0.0.0.0:0"`, 1)
			},
			fault: "Downlink's own port is public, past the front server", change: `write listen = "127.0.0.1:`, line: "listen = ",
		},
		{
			name: "cookies forwarded to the remote", toml: remote(t), conf: forgetting(`proxy_set_header Cookie "";`),
			fault: "nginx sends the client's Cookie on to http://127.0.0.1:", change: `write proxy_set_header Cookie "";`, line: `location ^~ "/_internal/files/"`, hidden: true,
		},
		{
			name: "credentials forwarded to the remote", toml: remote(t), conf: forgetting(`proxy_set_header Authorization "";`),
			fault: "nginx sends the client's Authorization on to http://127.0.0.1:", change: `write proxy_set_header Authorization "";`, line: `location ^~ "/_internal/files/"`, hidden: true,
		},
		{
			name: "another upstream", conf: replace(`server "unix:`, `server "unix:/nowhere`),
			fault: "nginx does not reach Downlink: it answers /files/a.txt with 502", change: `write server "unix:/`, line: `server "unix:`,
		},
		{
			name: "another site", conf: replace("proxy_pass http://downlink;", "return 404;"),
			fault: "itself and does not ask Downlink", change: "write proxy_pass", line: "location / {",
		},
	} {
		t.Run(a.name, func(t *testing.T) {
			need.That(t, os.Getuid() == 0, "root, so that nginx's workers are another user")
			c := admit(t, a)
			file := c.conf
			if a.toml != nil && a.conf == nil {
				file = c.config
			}
			for _, args := range [][]string{{"--front-config", c.conf}, nil} {
				if a.hidden && args == nil {
					continue
				}
				faults := c.faults(t, args...)
				if len(faults) != 1 || faults[0].Change == nil {
					t.Errorf("%v: %d faults, want one with a change", args, len(faults))
					for _, f := range faults {
						t.Logf("%s → %v", f.Text, f.Change)
					}
					continue
				}
				f := faults[0]
				if !strings.Contains(f.Text, a.fault) || strings.Count(f.Text, ". ") > 0 || !strings.HasSuffix(f.Text, ".") {
					t.Errorf("%v: fault %q, want one sentence with %q", args, f.Text, a.fault)
				}
				if !strings.Contains(f.Change.Text, a.change) {
					t.Errorf("%v: change %q, want %q", args, f.Change.Text, a.change)
				}
				if a.line != "" && (args != nil || file == c.config) && !strings.HasPrefix(f.Change.String(), lineOf(t, file, a.line)) {
					t.Errorf("%v: change %q, want it at %s", args, f.Change, lineOf(t, file, a.line))
				}
			}
		})
	}
}
