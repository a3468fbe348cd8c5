package server

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
)

// mainConf is what stands around a server block. The workers run as the tests'
// own user, who owns the files.
const mainConf = `daemon off;
%s
worker_processes 1;
pid nginx.pid;
error_log stderr info;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
%s
}
`

// Nginx runs nginx with a server block that listens at addr, until the test ends.
func Nginx(t testing.TB, addr, block string) *Process {
	t.Helper()
	dir := t.TempDir()
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, mainConf, user, block), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Process{Addr: addr}
	cmd := exec.Command(NginxProgram(t), "-p", dir, "-c", conf, "-e", "stderr")
	cmd.Stderr = p
	p.start(t, cmd)
	for deadline := time.Now().Add(starting); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx did not start:\n%s", p.Log())
		}
	}
}

// NginxProgram is the path of nginx, which Debian keeps out of a user's PATH.
func NginxProgram(t testing.TB) string {
	t.Helper()
	const debian = "/usr/sbin/nginx"
	if _, err := os.Stat(debian); err == nil {
		return debian
	}
	return need.Command(t, "nginx")
}

// BehindNginx runs Downlink on a socket and nginx in front of it, with the
// configuration that `downlink front nginx` writes. It serves the files of dir,
// offloaded to nginx, at /files/, and the catalogue in data at /d/. more is added
// to downlink.toml.
func BehindNginx(t testing.TB, dir, data, more string) (nginx, downlink *Process) {
	t.Helper()
	NginxProgram(t)
	work := t.TempDir()
	socket := filepath.Join(work, "downlink.sock")
	conf := filepath.Join(work, "downlink.toml")
	toml := fmt.Sprintf(`[server]
listen = "unix:%s"
request_id_header = "X-Request-Id"
data = %q
[stores.files]
driver = "dir"
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[offload]]
front = "nginx"
source = "files"
destination = "/_internal/files/"
%s`, socket, data, dir, more)
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	downlink = Downlink(t, []string{"--config", conf, "--data", data})
	addr := FreePort(t)
	block := Run(t, "front", "nginx", "--config", conf, "--listen", addr)
	return Nginx(t, addr, block), downlink
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
