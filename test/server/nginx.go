package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
	return NginxMain(t, addr, NginxConf(t, "root", block))
}

// NginxConf writes a whole configuration around a server block and returns its path.
// As root, nginx's workers run as user.
func NginxConf(t testing.TB, user, block string) string {
	t.Helper()
	if user = "user " + user + ";"; os.Getuid() != 0 {
		user = ""
	}
	conf := filepath.Join(t.TempDir(), "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, mainConf, user, block), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// NginxMain runs nginx, which listens at addr, with a whole configuration, until the
// test ends.
func NginxMain(t testing.TB, addr, conf string) *Process {
	t.Helper()
	return Launch(t, addr, "nginx", exec.Command(NginxProgram(t), "-p", filepath.Dir(conf), "-c", conf, "-e", "stderr"))
}

// NginxProgram is the path of nginx.
func NginxProgram(t testing.TB) string { t.Helper(); return debian(t, "nginx") }
