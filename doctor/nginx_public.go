package doctor

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/doctor/nginxconf"
	"github.com/downlink-go/downlink/download"
)

// public is a block from which clients get files of a folder: a location, or a server
// for what none of its locations takes.
type public struct {
	block  *nginxconf.Directive
	prefix string
	dir    string // the folder that is at the prefix
}

// change takes the files out of the block.
func (p public) change() *Change {
	if p.block.Name == "server" {
		return within(p.block, "take the root of this server out, or write location / { return 404; } into it")
	}
	return within(p.block, "take this location out, or write internal; into it")
}

// publics are the blocks without internal that have files of their own.
func (x *exam) publics() (found []public) {
	nginxconf.Walk(x.conf, func(d *nginxconf.Directive) {
		p := public{block: d, prefix: "/"}
		switch {
		case d.Name == "location" && len(d.Args) > 0 && !x.handedTo(d):
			p.prefix = prefixOf(d)
		case d.Name == "server" && d.Block != nil && !slices.ContainsFunc(d.All("location"), takesAll):
		default:
			return
		}
		if p.dir = folder(d, p.prefix); p.dir != "" && servesFiles(d) {
			found = append(found, p)
		}
	})
	return found
}

// handedTo reports a location of a rule. That it is to be internal is another question.
func (x *exam) handedTo(l *nginxconf.Directive) bool {
	prefix := l.Args[len(l.Args)-1]
	return slices.ContainsFunc(x.Rules, func(r download.Rule) bool { return prefix == r.Destination || prefix == r.OwnDestination() })
}

// matches reports a location that is a regular expression.
func matches(l *nginxconf.Directive) bool { return l.Args[0] == "~" || l.Args[0] == "~*" }

// prefixOf is the URL prefix of a location, "/" of a regular expression.
func prefixOf(l *nginxconf.Directive) string {
	prefix := l.Args[len(l.Args)-1]
	if matches(l) || !strings.HasPrefix(prefix, "/") {
		return "/"
	}
	return prefix
}

// takesAll reports a location that leaves nothing to its server: of the prefix /, or of
// an expression that takes even a path which nobody has.
func takesAll(l *nginxconf.Directive) bool {
	if len(l.Args) == 0 || l.Args[0] == "=" {
		return false
	}
	pattern := l.Args[len(l.Args)-1]
	if matches(l) {
		taken, err := regexp.MatchString(pattern, "/-downlink-doctor-")
		return taken && err == nil
	}
	return pattern == "/"
}

// folder is the folder that is at the prefix of a block, "" without one.
func folder(d *nginxconf.Directive, prefix string) string {
	if a := d.First("alias"); a != nil && len(a.Args) == 1 {
		return filepath.Clean(a.Args[0])
	}
	if root := d.Inherited("root"); len(root) > 0 && len(root[0].Args) == 1 {
		return filepath.Join(root[0].Args[0], prefix)
	}
	return ""
}

// servesFiles reports whether a block is for clients and answers from the disk.
func servesFiles(block *nginxconf.Directive) bool {
	for _, name := range [...]string{"internal", "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "return", "deny"} {
		if block.First(name) != nil {
			return false
		}
	}
	return true
}
