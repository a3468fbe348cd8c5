package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/downlink-go/downlink/core"
)

// The front servers of rules, as download names them.
const (
	FrontNginx    = "nginx"
	FrontApache   = "apache"
	FrontLighttpd = "lighttpd"
	FrontCaddy    = "caddy"
	FrontHeader   = "header" // any other that takes a path in a field
)

// frontKeys are the keys of a rule that have a meaning for some fronts only.
var frontKeys = []struct {
	name   string
	fronts []string
}{
	{"remote", []string{FrontNginx}}, {"expires", []string{FrontNginx}}, {"buffering", []string{FrontNginx}},
	{"limit_rate", []string{FrontNginx}}, {"charset", []string{FrontNginx}},
	{"field", []string{FrontHeader}}, {"raw", []string{FrontHeader}},
}

// ownFields are fields that answers have anyway.
var ownFields = [...]string{"X-Content-Type-Options", "X-Request-Id", "X-Downlink-Range"}

// checkFront checks what the rule's front server needs and cannot have.
func (r *report) checkFront(c *Config, rule Rule, path string) {
	if rule.Front == "" || r.faulty(path+".front") {
		return
	}
	for _, k := range frontKeys {
		if key := path + "." + k.name; r.has(key) && !slices.Contains(k.fronts, rule.Front) {
			r.fault(key, "%s is for the front %s and this rule is for %s: take it out", k.name, strings.Join(k.fronts, " or "), rule.Front)
		}
	}
	r.checkReach(c, rule, path+".source")
	switch rule.Front {
	case FrontApache, FrontLighttpd:
		r.checkDirectory(rule.Destination, path+".destination", rule.Front)
		return
	case FrontHeader:
		r.checkField(rule, path)
	case FrontNginx:
		r.checkPrefix(rule.Remote, path+".remote")
	}
	if rule.Destination == "" && !r.faulty(path+".destination") {
		r.fault(path+".destination", `destination is missing: write it, for example destination = "/_internal/files/"`)
	}
}

// unsayable are the characters that the configuration of a front server cannot hold in
// the path of a directory.
var unsayable = map[string]string{FrontNginx: "$", FrontApache: "$", FrontCaddy: `{}\`}

// checkSayable checks the path of a directory that a front server is to be told of.
func (r *report) checkSayable(front, path, key string) {
	if i := strings.IndexAny(path, unsayable[front]); i >= 0 {
		r.fault(key, "%s: %s cannot be told of %q in a path: rename the directory", quote(path), front, path[i:i+1])
	}
}

// checkReach checks that the front server can have the files of the source.
func (r *report) checkReach(c *Config, rule Rule, key string) {
	s, ok := c.Store(rule.Source)
	if rule.Remote == "" {
		r.checkSayable(rule.Front, s.Path, "stores."+s.Name+".path")
		r.checkSayable(rule.Front, rule.SourceDir, key+"_dir")
	}
	if !ok || s.Driver == DriverDir || rule.Remote != "" || rule.Front == FrontHeader {
		return
	}
	remedy := "take the rule out"
	if rule.Front == FrontNginx {
		remedy = "write remote, the URL prefix at which nginx can fetch them, or take the rule out"
	}
	r.fault(key, "%s has no directory with the files of store %s, which are kept by %s: %s", rule.Front, quote(s.Name), s.Driver, remedy)
}

// checkDirectory checks where Apache or lighttpd finds the files.
func (r *report) checkDirectory(dir, key, front string) {
	switch {
	case dir == "":
	case !filepath.IsAbs(dir) || strings.ContainsFunc(dir, unicode.IsControl):
		r.fault(key, "destination %s: write the absolute path of the directory in which %s finds the files, or take it out if that is the source's own", quote(dir), front)
	case filepath.Clean(dir) == "/":
		r.fault(key, `destination "/" would let %s send every file of the machine: name the directory that holds the files`, front)
	}
}

// checkField checks the front "header": the field, and a destination that is a path
// or a URL.
func (r *report) checkField(rule Rule, path string) {
	key := path + ".field"
	switch {
	case rule.Field == "" && !r.faulty(key):
		r.fault(key, `field is missing: write the name of the server's field, for example field = "X-LiteSpeed-Location"`)
	case rule.Field == "":
	case !core.ValidToken(rule.Field):
		r.fault(key, `field %s: write the name of a header field, such as "X-LiteSpeed-Location"`, quote(rule.Field))
	case !strings.HasPrefix(strings.ToUpper(rule.Field), "X-") || slices.ContainsFunc(ownFields[:], func(f string) bool { return strings.EqualFold(f, rule.Field) }):
		r.fault(key, `field %s has another meaning: write the one by which the server takes a path, such as "X-LiteSpeed-Location"`, quote(rule.Field))
	}
	key = path + ".destination"
	to := rule.Destination
	if strings.HasPrefix(to, "/") && isPrintable(to) && !strings.ContainsAny(to, "?#") || to == "" {
		return
	}
	r.checkPrefix(to, key)
}

// checkPrefix checks the URL of another server's files: written encoded, with a
// host and without anything that could change with the request.
func (r *report) checkPrefix(remote, key string) {
	if remote == "" {
		return
	}
	u, err := url.Parse(remote)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "":
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !isHost(u.Host):
	case !isPrintable(remote) || strings.ContainsAny(remote, " \"\\$<>{};'"):
	default:
		return
	}
	name := key[strings.LastIndexByte(key, '.')+1:]
	r.fault(key, `%s %s: write a URL prefix such as "https://files.example.org/public/", without user, query and variables`, name, quote(remote))
}

// isHost reports whether s is host or host:port.
func isHost(s string) bool {
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		return isHostPort(s) && i > 0
	}
	return isHostPort(s + ":80")
}

func endWithSlash(prefix *string) {
	if *prefix != "" && !strings.HasSuffix(*prefix, "/") {
		*prefix += "/"
	}
}
