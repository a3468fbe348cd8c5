package front

import (
	_ "embed"
	"io"
	"strings"
	"text/template"
)

// Caddy is what a site block of a Caddyfile depends on.
type Caddy struct {
	Upstream  string // where Downlink listens: "host:port" or "unix:/path"
	Site      string // the site's address, such as "files.example.org"; "" is ":80"
	Locations []Location
}

//go:embed caddy.conf.tmpl
var caddyTemplate string

var caddy = template.Must(template.New("caddy").Funcs(template.FuncMap{"quote": quoteCaddy}).Parse(caddyTemplate))

// Write writes the site block. It fails for a name that Caddy cannot be told of:
// braces begin a placeholder.
func (c Caddy) Write(w io.Writer) error {
	for _, l := range c.Locations {
		if err := refuse("Caddy", "directory", l.Dir, "{}\\"); err != nil {
			return err
		}
	}
	if err := refuse("Caddy", "socket", socket(c.Upstream), "{}\\ "); err != nil {
		return err
	}
	c.Site = orDefault(c.Site, ":80")
	return write(w, caddy, c)
}

// Server is the upstream of reverse_proxy.
func (c Caddy) Server() string {
	if path := socket(c.Upstream); path != "" {
		return "unix/" + path
	}
	return reach(c.Upstream)
}

// Strip is the prefix of a location as uri strip_prefix wants it.
func (l Location) Strip() string { return strings.TrimRight(l.Prefix, "/") }

// OwnStrip is that of the location with validators of our own.
func (l Location) OwnStrip() string { return strings.TrimRight(l.OwnPrefix, "/") }

// quoteCaddy writes a token of a Caddyfile, in which a backslash is itself but before
// a quote.
func quoteCaddy(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}
