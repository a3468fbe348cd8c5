package server

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
)

// front is a front server that tests can run.
type front struct {
	listen      string // the flag of `downlink front` that says where
	destination string // of the rule; "" if it needs none
	program     func(t testing.TB) string
	run         func(t testing.TB, addr, conf string) *Process
	logs        bool // it takes --access-log
}

// fronts are the front servers by the names that rules have for them.
var fronts = map[string]front{
	"nginx":    {"--listen", "/_internal/files/", NginxProgram, Nginx, true},
	"apache":   {"--listen", "", ApacheProgram, Apache, true},
	"lighttpd": {"--listen", "", LighttpdProgram, Lighttpd, false},
	"caddy":    {"--site", "/_internal/files/", CaddyProgram, Caddy, false},
}

// Fronts are the names of the front servers.
var Fronts = []string{"nginx", "apache", "lighttpd", "caddy"}

// NeedFront skips the test if the front server is not installed.
func NeedFront(t testing.TB, name string) {
	t.Helper()
	fronts[name].program(t)
}

// Behind runs Downlink on a socket and a front server before it, with the
// configuration that `downlink front` writes. It serves the files of dir, left to
// the front server, at /files/, and the catalogue in data at /d/. more is added to
// downlink.toml.
func Behind(t testing.TB, name, dir, data, more string) (server, downlink *Process) {
	t.Helper()
	f := fronts[name]
	f.program(t)
	rule := fmt.Sprintf("[[offload]]\nfront = %q\nsource = \"files\"\n", name)
	if f.destination != "" {
		rule += fmt.Sprintf("destination = %q\n", f.destination)
	}
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := fmt.Sprintf(`[server]
listen = "unix:%s"
%sdata = %q
[stores.files]
driver = "dir"
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
%s%s`, filepath.Join(filepath.Dir(conf), "downlink.sock"), requestID(name), data, dir, rule, more)
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	LetIn(t, filepath.Dir(conf), dir)
	downlink = Downlink(t, []string{"--config", conf, "--data", data})
	return InFront(t, name, conf), downlink
}

// LetIn lets servers that run as another user go through temporary folders, of which
// the test's own is closed to them.
func LetIn(t testing.TB, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		for ; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			if err == nil {
				err = os.Chmod(dir, info.Mode().Perm()|0o011)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// requestID is the lines of downlink.toml that have Downlink take from a front
// server the client's address, and the request ids of one that makes them.
func requestID(name string) string {
	const client = "client_address_header = \"X-Forwarded-For\"\n"
	if name == "lighttpd" {
		return client
	}
	return client + "request_id_header = \"X-Request-Id\"\n"
}

// InFront runs a front server with the configuration that `downlink front` writes
// for the file conf.
func InFront(t testing.TB, name, conf string) *Process {
	t.Helper()
	addr := FreePort(t)
	if !fronts[name].logs {
		return Front(t, name, addr, FrontConf(t, name, addr, conf))
	}
	log := filepath.Join(filepath.Dir(conf), name+"-access.log")
	p := Front(t, name, addr, FrontConf(t, name, addr, conf, "--access-log", log))
	p.AccessLog = log
	return p
}

// FrontConf is what `downlink front` writes for the file conf and a front server at addr.
func FrontConf(t testing.TB, name, addr, conf string, flags ...string) string {
	t.Helper()
	at := addr
	if name == "caddy" {
		_, port, _ := net.SplitHostPort(addr)
		at = "http://:" + port
	}
	return Run(t, append([]string{"front", name, "--config", conf, fronts[name].listen, at}, flags...)...)
}

// Front runs a front server with a configuration for addr.
func Front(t testing.TB, name, addr, conf string) *Process {
	t.Helper()
	return fronts[name].run(t, addr, conf)
}

// BehindNginx is Behind for nginx.
func BehindNginx(t testing.TB, dir, data, more string) (nginx, downlink *Process) {
	t.Helper()
	return Behind(t, "nginx", dir, data, more)
}

// debian is the path of a server's program, which Debian keeps out of a user's PATH.
func debian(t testing.TB, name string) string {
	t.Helper()
	path := "/usr/sbin/" + name
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return need.Command(t, name)
}

// await waits until something listens at the process's address.
func (p *Process) await(t testing.TB, name string) {
	t.Helper()
	for deadline := time.Now().Add(starting); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", p.Addr); err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not start:\n%s", name, p.Log())
		}
	}
}

// Launch runs a server that listens at addr until the test ends.
func Launch(t testing.TB, addr, name string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Addr: addr}
	cmd.Stdout, cmd.Stderr = p, p
	p.start(t, cmd)
	p.await(t, name)
	return p
}

// FreePort is a loopback address at which nothing listens now.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
