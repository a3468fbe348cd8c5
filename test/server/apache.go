package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

const apacheModules = "/usr/lib/apache2/modules/"

// debianApache is what Debian's own configuration says that could get in the way.
const debianApache = `<Directory />
Require all denied
</Directory>
<FilesMatch "^\.ht">
Require all denied
</FilesMatch>
DirectoryIndex index.html index.php
TypesConfig /etc/mime.types
AddEncoding x-gzip .gz .tgz
AddType application/x-gzip .gz .tgz
AddLanguage en .en
AddOutputFilterByType DEFLATE text/html text/plain text/xml text/css application/javascript application/pdf
`

// Apache runs Apache with a virtual host for addr until the test ends.
func Apache(t testing.TB, addr, host string) *Process {
	t.Helper()
	conf := ApacheConf(t, t.TempDir(), addr, host)
	return Launch(t, addr, "Apache", exec.Command(ApacheProgram(t), "-DFOREGROUND", "-f", conf))
}

// ApacheConf writes a main configuration with the modules that the virtual host
// names, as a2enmod would load them.
func ApacheConf(t testing.TB, dir, addr, host string) string {
	t.Helper()
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "alias", "autoindex", "deflate", "dir", "filter", "mime", "negotiation", "setenvif", "proxy", "proxy_http", "headers", "env", "reqtimeout", "unique_id", "xsendfile"} {
		fmt.Fprintf(&b, "LoadModule %s_module %smod_%s.so\n", m, apacheModules, m)
	}
	fmt.Fprintf(&b, "ServerRoot %q\nPidFile pid\nDefaultRuntimeDir %q\nErrorLog /dev/stderr\nServerName localhost\nListen %s\n", dir, dir, addr)
	b.WriteString(debianApache)
	if os.Getuid() == 0 { // its children may not run as root, and have to read the tests' files
		b.WriteString("User www-data\nGroup www-data\n")
	}
	b.WriteString(host)
	conf := filepath.Join(dir, "apache.conf")
	if err := os.WriteFile(conf, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// ApacheProgram is the path of Apache, which has mod_xsendfile.
func ApacheProgram(t testing.TB) string {
	t.Helper()
	program := debian(t, "apache2")
	_, err := os.Stat(apacheModules + "mod_xsendfile.so")
	need.That(t, err == nil, "Apache has no mod_xsendfile (Debian package libapache2-mod-xsendfile)")
	return program
}
