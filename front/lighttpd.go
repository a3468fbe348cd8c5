package front

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"text/template"
)

// Lighttpd is what a part of lighttpd's configuration depends on.
type Lighttpd struct {
	Upstream   string // where Downlink listens: "host:port" or "unix:/path"
	Listen     string // "host:port" of a socket of its own; "" is the server's
	ServerName string // "" is any
	// Admin has it take uploads for Downlink's admin.
	Admin     bool
	Locations []Location
}

//go:embed lighttpd.conf.tmpl
var lighttpdTemplate string

var lighttpd = template.Must(template.New("lighttpd").Funcs(template.FuncMap{"quote": quote}).Parse(lighttpdTemplate))

// Write writes the part. It fails for an address that lighttpd cannot be told.
func (l Lighttpd) Write(w io.Writer) error {
	for _, x := range l.Locations {
		if err := refuse("lighttpd", "directory", x.Dir, ""); err != nil {
			return err
		}
	}
	if socket(l.Upstream) == "" {
		if _, _, err := net.SplitHostPort(l.Upstream); err != nil {
			return fmt.Errorf("listen %q: lighttpd needs host and port: %w", l.Upstream, err)
		}
	}
	return write(w, lighttpd, l)
}

// Host is the backend's host, or the path of its socket.
func (l Lighttpd) Host() string {
	if path := socket(l.Upstream); path != "" {
		return path
	}
	host, _, _ := net.SplitHostPort(reach(l.Upstream)) // checked by Write
	return host
}

// Port is the backend's port, "" for a socket.
func (l Lighttpd) Port() string {
	if socket(l.Upstream) != "" {
		return ""
	}
	_, port, _ := net.SplitHostPort(reach(l.Upstream)) // checked by Write
	return port
}

// Dirs are the directories of the locations, with a slash at the end: lighttpd
// compares beginnings of paths.
func (l Lighttpd) Dirs() (all []string) {
	for _, root := range roots(l.Locations) {
		all = append(all, root+"/")
	}
	return all
}
