// Package front writes the configuration of the server in front of Downlink
// from the same rules by which Downlink hands files to it.
package front

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"text/template"
)

// Field is the request field in which a front server tells Downlink its name, as
// the Name of its type says. Files are left to a server that says it only.
const Field = "X-Downlink-Front"

// Location is the files of a rule: an internal location of nginx and Caddy, or a
// directory that Apache and lighttpd may send from.
type Location struct {
	Comment string
	Prefix  string // the rule's Destination
	// OwnPrefix is the rule's OwnDestination.
	OwnPrefix string
	Dir       string // the directory of the files
	// Remote is the URL prefix at which nginx gets the files in place of Dir.
	Remote string
	// Logged is set by Nginx.
	Logged bool
}

// Root is the directory without a slash at its end.
func (l Location) Root() string { return strings.TrimRight(l.Dir, "/") }

// reach is an address to which Downlink listens as another process reaches it:
// one of every interface on the loopback one.
func reach(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || strings.HasPrefix(listen, "unix:") {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// socket is the path of a Unix socket, "" if the address is another.
func socket(address string) string {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return ""
	}
	return path
}

// refuse reports a text that the configuration of a server cannot hold.
func refuse(server, what, text, not string) error {
	if i := strings.IndexAny(text, not+"\n\r\x00"); i >= 0 {
		return fmt.Errorf("%s %q: %s cannot be told of %q in it: rename it", what, text, server, text[i:i+1])
	}
	return nil
}

// write executes the template at once or not at all.
func write(w io.Writer, t *template.Template, data any) error {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// quote writes a string in double quotes, with backslashes where nginx, Apache and
// lighttpd read them back.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
