// Package front writes the configuration of the server in front of Downlink
// from the same rules by which Downlink hands files to it.
package front

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"strings"
	"text/template"
)

// Nginx is what an nginx server block depends on.
type Nginx struct {
	Name       string // of the upstream; "" is "downlink"
	Upstream   string // where Downlink listens: "host:port" or "unix:/path"
	Listen     string // nginx's listen parameters; "" is "80"
	ServerName string // nginx's server_name; "" is "_"
	Locations  []Location
}

// Location is one internal location: the files of a rule.
type Location struct {
	Comment string
	Prefix  string // the rule's Destination
	// OwnPrefix is the rule's OwnDestination.
	OwnPrefix string
	Dir       string // the directory of its files
}

//go:embed nginx.conf.tmpl
var nginxTemplate string

var nginx = template.Must(template.New("nginx").Funcs(template.FuncMap{"quote": quote}).Parse(nginxTemplate))

// Alias is the directory as nginx's alias wants it.
func (l Location) Alias() string { return strings.TrimRight(l.Dir, "/") + "/" }

// From is the parameter of disable_symlinks: the directory, in which links are
// looked for, not on the way to it.
func (l Location) From() string { return "from=" + strings.TrimRight(l.Dir, "/") }

// Write writes the server block. It fails for a directory that nginx cannot be
// told of: nginx has no way to write "$" in an alias.
func (n Nginx) Write(w io.Writer) error {
	for _, l := range n.Locations {
		if strings.ContainsAny(l.Dir, "$\n\r") {
			return fmt.Errorf("directory %q: nginx cannot name a directory with %q or a line break: rename it", l.Dir, "$")
		}
	}
	if n.Name == "" {
		n.Name = "downlink"
	}
	if n.Listen == "" {
		n.Listen = "80"
	}
	if n.ServerName == "" {
		n.ServerName = "_"
	}
	return nginx.Execute(w, n)
}

// Server is the upstream's address; one that listens on every interface is
// reached on the loopback one.
func (n Nginx) Server() string {
	host, port, err := net.SplitHostPort(n.Upstream)
	if err != nil || strings.HasPrefix(n.Upstream, "unix:") {
		return n.Upstream
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// quote writes a string as nginx reads it back (double quotes, backslashes).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
