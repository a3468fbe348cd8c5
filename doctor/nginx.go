package doctor

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/doctor/nginxconf"
	"github.com/downlink-go/downlink/download"
)

// readFrontConfig reads nginx's configuration, if it is to be read.
func (x *exam) readFrontConfig() {
	if x.FrontConfig == "" {
		return
	}
	conf, err := nginxconf.Read(x.FrontConfig)
	if err != nil {
		x.fault(Front, "configuration", "", nil, "nginx's configuration cannot be read: %v.", err)
		return
	}
	x.conf = conf
}

// at is the change of a directive.
func at(d *nginxconf.Directive, text string) *Change {
	c := &Change{File: d.File, Line: d.Line, Text: text}
	if d.Parent != nil {
		c.Block = block(d.Parent)
	}
	return c
}

// within is a change inside of a block: the line is where the block begins.
func within(d *nginxconf.Directive, text string) *Change {
	return &Change{File: d.File, Line: d.Line, Block: block(d), Text: text}
}

func block(d *nginxconf.Directive) string { return d.String() }

// instead is the change of a directive into another.
func instead(d *nginxconf.Directive, text string) *Change {
	c := at(d, text)
	c.Now = d.String()
	return c
}

// find is the first directive called name whose arguments fit.
func (x *exam) find(name string, fits func(args []string) bool) (found *nginxconf.Directive) {
	nginxconf.Walk(x.conf, func(d *nginxconf.Directive) {
		if found == nil && d.Name == name && (fits == nil || fits(d.Args)) {
			found = d
		}
	})
	return found
}

// locations are the location blocks of exactly that prefix.
func (x *exam) locations(prefix string) (found []*nginxconf.Directive) {
	nginxconf.Walk(x.conf, func(d *nginxconf.Directive) {
		if d.Name == "location" && len(d.Args) > 0 && d.Args[len(d.Args)-1] == prefix {
			found = append(found, d)
		}
	})
	return found
}

// inLocation is a change in the location of a prefix, with its line if it is known.
func (x *exam) inLocation(prefix, text string) *Change {
	if all := x.locations(prefix); len(all) > 0 {
		return within(all[0], text)
	}
	return &Change{Block: fmt.Sprintf("location %q", prefix), Text: text}
}

func (x *exam) internalChange(prefix string) *Change {
	if c := x.again("gives nothing to anybody at " + prefix); c != nil {
		return c
	}
	return x.inLocation(prefix, "write internal;")
}

// directoryChange is the alias of a sample's location.
func (x *exam) directoryChange(s *sample) *Change {
	switch {
	case s.rule == nil:
		return nil
	case s.rule.Remote != "":
		return x.inLocation(s.place(), fmt.Sprintf("write proxy_pass %q;", s.rule.Remote))
	case x.dir(s.rule) == "":
		return nil
	}
	dir := strings.TrimRight(x.dir(s.rule), "/")
	switch server(s.rule) {
	case download.Nginx:
	case download.Apache:
		return &Change{Block: "VirtualHost", Text: fmt.Sprintf("write XSendFilePath %q", dir)}
	case download.Lighttpd:
		return &Change{Block: "proxy.server", Text: fmt.Sprintf(`write "x-sendfile-docroot" => ( %q )`, dir)}
	case download.Caddy:
		return &Change{Block: "handle_response", Text: fmt.Sprintf("write root * %q", dir)}
	default:
		return nil
	}
	text := "write " + aliasOf(x.dir(s.rule))
	for _, l := range x.locations(s.place()) {
		for _, name := range [...]string{"alias", "root"} {
			if d := l.First(name); d != nil {
				return instead(d, text)
			}
		}
	}
	return x.inLocation(s.place(), text)
}

func isNginx(r *download.Rule) bool { return server(r) == download.Nginx }

// aliasOf is the alias of a directory, as `downlink front nginx` writes it.
func aliasOf(dir string) string {
	return fmt.Sprintf(`alias "%s/";`, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.TrimRight(dir, "/")))
}

// lostByRedirect are the fields of Downlink's answer that nginx does not keep over an
// internal redirect, and after which statuses its add_header is to send them.
var lostByRedirect = map[string]string{
	"X-Content-Type-Options": "nosniff always", "Content-Security-Policy": "$upstream_http_content_security_policy always",
	"Referrer-Policy": "$upstream_http_referrer_policy always", "Vary": "$upstream_http_vary",
	"Content-Encoding": "$upstream_http_content_encoding", "Content-Language": "$upstream_http_content_language",
	"Repr-Digest": "$upstream_http_repr_digest", "Link": "$upstream_http_link",
}

// fieldChange is the line that mends a field, which the client got as it is in got.
func (x *exam) fieldChange(s *sample, name, got string, once bool) *Change {
	if c := x.again("sends " + name + " as Downlink does"); c != nil {
		return c
	}
	switch value, lost := lostByRedirect[name]; {
	case s.rule != nil && s.rule.Remote != "":
		return written(download.Nginx, "sends "+name+" as Downlink does")
	case got != "" && !once:
		return x.twiceChange(s, name)
	case got == "" && lost && s.handed != "":
		return x.inLocation(s.place(), fmt.Sprintf("write add_header %s %s;", name, value))
	case s.own() && (name == "ETag" || name == "Last-Modified"):
		return x.inLocation(s.place(), fmt.Sprintf("write add_header %s $upstream_http_%s;", name, strings.ToLower(strings.ReplaceAll(name, "-", "_"))))
	case got == "" && name == "ETag" && s.handed != "":
		if d := x.find("etag", func(args []string) bool { return slices.Equal(args, []string{"off"}) }); d != nil {
			return instead(d, "write etag on;")
		}
		return x.inLocation(s.place(), "write etag on;")
	case got == "" && name == "X-Content-Type-Options":
		return &Change{Block: "server", Text: "write add_header X-Content-Type-Options nosniff always;"}
	case got == "":
		if d := x.find("proxy_hide_header", named(name)); d != nil {
			return at(d, "take out "+d.String())
		}
		return &Change{Block: "location /", Text: "take out proxy_hide_header " + name + ";"}
	}
	if d := x.find("add_header", named(name)); d != nil {
		return at(d, "take out "+d.String())
	}
	return &Change{Text: "take out what changes it, such as add_header " + name}
}

// twiceChange mends a field that comes from two servers: from a remote one, too, or
// from an add_header on top.
func (x *exam) twiceChange(s *sample, name string) *Change {
	if d := x.find("add_header", named(name)); d != nil {
		return at(d, "take out "+d.String())
	}
	if s.handed != "" {
		return x.inLocation(s.place(), "write proxy_hide_header "+name+";")
	}
	return &Change{Text: "take out the add_header " + name + " that comes on top"}
}

// named fits directives about a field.
func named(field string) func(args []string) bool {
	return func(args []string) bool { return len(args) > 0 && strings.EqualFold(args[0], field) }
}

// blanking fits directives that take a field away.
func blanking(field string) func(args []string) bool {
	return func(args []string) bool { return named(field)(args) && len(args) == 2 && args[1] == "" }
}

// own reports whether a sample is handed over with validators of its own.
func (s *sample) own() bool {
	return s.rule != nil && !strings.HasPrefix(s.handed, s.rule.Destination)
}

// place is the prefix of the location that a sample is handed to.
func (s *sample) place() string {
	switch {
	case s.rule == nil:
		return ""
	case s.own():
		return s.rule.OwnDestination()
	}
	return s.rule.Destination
}

func (x *exam) gzipChange(s *sample) *Change {
	if c := x.again("compresses no download"); c != nil {
		return c
	}
	var around *nginxconf.Directive
	if s.rule != nil {
		for _, l := range x.locations(s.rule.Destination) {
			around = l
		}
	}
	if on := around.Inherited("gzip"); len(on) > 0 {
		return instead(on[0], "write gzip off;")
	}
	if on := x.find("gzip", func(args []string) bool { return slices.Equal(args, []string{"on"}) }); on != nil {
		return instead(on, "write gzip off;")
	}
	return &Change{Block: "server", Text: "write gzip off;"}
}

func (x *exam) obeyChange(field string) *Change {
	if c := x.again("sends the files that Downlink names in " + field); c != nil {
		return c
	}
	d := x.find("proxy_ignore_headers", func(args []string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "X-Accel-Redirect") })
	})
	if d != nil {
		return at(d, "take out "+d.String())
	}
	return &Change{Text: "take out proxy_ignore_headers X-Accel-Redirect, or give the rule the front that this server is"}
}

func (x *exam) proxyChange() *Change {
	if c := x.again("asks Downlink, and is the site of this name and port"); c != nil {
		return c
	}
	const text = "write proxy_pass to the upstream that is Downlink, and check listen and server_name"
	if d := x.find("location", isRoot); d != nil {
		return within(d, text)
	}
	return &Change{Block: "location /", Text: text}
}

// upstreamChange is the address of Downlink in nginx's upstream block.
func (x *exam) upstreamChange() *Change {
	if c := x.again("asks Downlink at " + upstream(x.App)); c != nil {
		return c
	}
	text := fmt.Sprintf("write server %q;", upstream(x.App))
	var change *Change
	nginxconf.Walk(x.conf, func(d *nginxconf.Directive) {
		if change == nil && d.Name == "server" && d.Block == nil && d.Parent != nil && d.Parent.Name == "upstream" {
			change = instead(d, text)
		}
	})
	if change == nil {
		change = &Change{Block: "upstream downlink", Text: text}
	}
	return change
}

func upstream(app string) string {
	if host, port, err := net.SplitHostPort(app); err == nil && unspecified(host) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return app
}

func (x *exam) publicChange(target string) *Change {
	if c := x.again("gives nothing by itself at " + target); c != nil {
		return c
	}
	var best public
	for _, p := range x.publics() {
		if strings.HasPrefix(target, p.prefix) && len(p.prefix) > len(best.prefix) {
			best = p
		}
	}
	if best.block != nil {
		return best.change()
	}
	return &Change{Text: fmt.Sprintf("take out the location or root that gives %s, or write internal; into it", target)}
}

// publicPrefixes are the URL prefixes at which files of dir are, as nginx's
// configuration has it.
func (x *exam) publicPrefixes(dir string) (prefixes []string) {
	for _, p := range x.publics() {
		if rest, ok := below(dir, p.dir); ok {
			prefixes = append(prefixes, strings.TrimRight(strings.TrimRight(p.prefix, "/")+"/"+rest, "/"))
		}
	}
	return prefixes
}

// below is path relative to dir, if it is dir or lies in it.
func below(path, dir string) (string, bool) {
	rel, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return strings.TrimPrefix(filepath.ToSlash(rel), "."), true
}
