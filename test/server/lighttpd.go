package server

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// debianLighttpd is what Debian's own lighttpd.conf says that could get in the way.
const debianLighttpd = `server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )
server.http-parseopts = ( "header-strict" => "enable", "url-normalize-unreserved" => "enable", "url-path-2f-decode" => "enable" )
index-file.names = ( "index.php", "index.html" )
url.access-deny = ( "~", ".inc" )
static-file.exclude-extensions = ( ".php", ".pl", ".fcgi" )
`

// Lighttpd runs lighttpd with a part of its configuration that listens at addr,
// until the test ends.
func Lighttpd(t testing.TB, addr, part string) *Process {
	t.Helper()
	conf := LighttpdConf(t, t.TempDir(), part)
	return Launch(t, addr, "lighttpd", exec.Command(LighttpdProgram(t), "-D", "-f", conf))
}

// LighttpdConf writes a main configuration around the part. The server's own socket
// is one that nobody asks.
func LighttpdConf(t testing.TB, dir, part string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(FreePort(t))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(debianLighttpd+"server.document-root = %q\nserver.bind = \"127.0.0.1\"\nserver.port = %s\nserver.upload-dirs = ( %q )\n%s", dir, port, dir, part)
	conf := filepath.Join(dir, "lighttpd.conf")
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// LighttpdProgram is the path of lighttpd.
func LighttpdProgram(t testing.TB) string { t.Helper(); return debian(t, "lighttpd") }
