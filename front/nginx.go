package front

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"text/template"
)

// Nginx is what an nginx server block depends on.
type Nginx struct {
	Name       string // of the upstream; "" is "downlink"
	Upstream   string // where Downlink listens: "host:port" or "unix:/path"
	Listen     string // nginx's listen parameters; "" is "80"
	ServerName string // nginx's server_name; "" is "_"
	// AccessLog is the file for nginx's access log, which gets no query; "" and
	// "off" are none.
	AccessLog string
	// DownloadsLog is the file in which nginx notes how the downloads ended that it
	// sent, for package track/accesslog; "" is none.
	DownloadsLog string
	// Admin has it take uploads for Downlink's admin.
	Admin     bool
	Locations []Location
}

//go:embed nginx.conf.tmpl
var nginxTemplate string

var nginx = template.Must(template.New("nginx").Funcs(template.FuncMap{"quote": quote}).Parse(nginxTemplate))

// Alias is the directory as nginx's alias wants it.
func (l Location) Alias() string { return l.Root() + "/" }

// From is the parameter of disable_symlinks: the directory, in which links are
// looked for, not on the way to it.
func (l Location) From() string { return "from=" + l.Root() }

// RemoteHost is the host that the remote server is asked for.
func (l Location) RemoteHost() string {
	u, err := url.Parse(l.Remote)
	if err != nil {
		return ""
	}
	return u.Host
}

// RemoteName is the host without a port, as its certificate names it.
func (l Location) RemoteName() string {
	u, err := url.Parse(l.Remote)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Hidden are the fields of a remote answer that do not reach the client: those
// that Downlink gives, and those by which a server speaks for its own site. nginx hides
// by whole names only: what nobody has listed, such as the X-Amz-Meta-… of an object,
// goes through.
func (l Location) Hidden() []string {
	return []string{
		"Accept-CH", "Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Activate-Storage-Access", "Age", "Alt-Svc", "Cache-Control",
		"Clear-Site-Data", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-MD5",
		"Content-Security-Policy", "Content-Security-Policy-Report-Only", "Content-Type", "Critical-CH", "Cross-Origin-Embedder-Policy",
		"Cross-Origin-Embedder-Policy-Report-Only", "Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy-Report-Only",
		"Cross-Origin-Resource-Policy", "Document-Policy", "Document-Policy-Report-Only", "ETag", "Expires", "Feature-Policy", "Last-Modified",
		"Link", "Location", "NEL", "No-Vary-Search", "Origin-Agent-Cluster", "Permissions-Policy", "Permissions-Policy-Report-Only", "Pragma",
		"Proxy-Authenticate", "Referrer-Policy", "Refresh", "Report-To", "Reporting-Endpoints", "Repr-Digest", "Retry-After", "Server-Timing",
		"Service-Worker-Allowed", "Set-Cookie", "Set-Login", "SourceMap", "Speculation-Rules", "Strict-Transport-Security",
		"Supports-Loading-Mode", "Timing-Allow-Origin", "Vary", "Via", "WWW-Authenticate", "X-Amz-Delete-Marker", "X-Amz-Id-2",
		"X-Amz-Request-Id", "X-Amz-Server-Side-Encryption", "X-Amz-Storage-Class", "X-Amz-Version-Id", "X-Content-Type-Options",
		"X-Downlink-Range", "X-Frame-Options", "X-Lighttpd-Send-File", "X-Permitted-Cross-Domain-Policies", "X-Powered-By", "X-Request-Id",
		"X-Robots-Tag", "X-Runtime", "X-Sendfile", "X-Sendfile2", "X-UA-Compatible", "X-XSS-Protection",
	}
}

// TLS reports whether the remote server is asked over TLS.
func (l Location) TLS() bool { return strings.HasPrefix(l.Remote, "https:") }

// Write writes the server block. It fails for a directory that nginx cannot be
// told of: nginx has no way to write "$" in an alias.
func (n Nginx) Write(w io.Writer) error {
	for _, l := range n.Locations {
		if err := refuse("nginx", "directory", l.Dir, "$"); err != nil {
			return err
		}
		if l.Remote != "" && (l.RemoteHost() == "" || strings.ContainsAny(l.Remote, "$\"\\ \n\r")) {
			return fmt.Errorf("remote %q: write a URL without variables and quotes", l.Remote)
		}
	}
	for what, text := range map[string]string{"server name": n.ServerName, "upstream": n.Name, "listen": n.Listen} {
		if err := refuse("nginx", what, text, ";{}#'\""); err != nil { // they are written as they are
			return err
		}
	}
	if err := errors.Join(refuse("nginx", "access log", n.AccessLog, "$"), refuse("nginx", "log of downloads", n.DownloadsLog, "$")); err != nil {
		return err
	}
	n.Locations = slices.Clone(n.Locations)
	for i := range n.Locations {
		n.Locations[i].Logged = n.DownloadsLog != ""
	}
	n.Name = orDefault(n.Name, "downlink")
	n.Listen = orDefault(n.Listen, "80")
	n.ServerName = orDefault(n.ServerName, "_")
	return write(w, nginx, n)
}

// Logs reports whether there is an access log.
func (n Nginx) Logs() bool { return n.AccessLog != "" && n.AccessLog != "off" }

// Variable is what the names of variables begin with: the upstream's name, as far as
// it can be one.
func (n Nginx) Variable() string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, n.Name)
}

// Server is the upstream's address; one that listens on every interface is
// reached on the loopback one.
func (n Nginx) Server() string { return reach(n.Upstream) }
