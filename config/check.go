package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/downlink-go/downlink/core"
)

const unixPrefix = "unix:"

// pages are the paths that are taken, and what is there.
var pages = []struct{ path, what string }{
	{"/healthz", "the health check"},
	{"/readyz", "the readiness check"},
	{"/index.json", "the index as JSON"},
	{"/feed.atom", "the feed"},
	{"/sitemap.xml", "the sitemap"},
}

// check finds what the types cannot say.
func (r *report) check(c *Config) {
	r.checkServer(c.Server)
	r.checkDrivers(c)
	r.checkLinks(c)
	r.checkForwardAuth(c.ForwardAuth)
	r.checkTracking(c.Tracking, c.Server)
	r.checkWebhooks(c.Webhooks)
	r.checkMetrics(c)
	r.checkGenerated(c)
	r.checkAdmin(c)
	for i := range c.Views {
		r.checkView(c, i)
	}
	r.checkHTTP(c.HTTP)
	for i := range c.Offload {
		r.checkRule(c, i)
	}
	r.checkPlatforms(c)
}

func (r *report) checkServer(s Server) {
	if path, ok := strings.CutPrefix(s.Listen, unixPrefix); ok {
		if !filepath.IsAbs(path) {
			r.fault("server.listen", `listen %s: write the socket's absolute path, such as "unix:/run/downlink.sock"`, quote(s.Listen))
		}
	} else if !isHostPort(s.Listen) {
		r.fault("server.listen", `listen %s: write host:port such as "127.0.0.1:8080", or "unix:/run/downlink.sock"`, quote(s.Listen))
	}
	if s.MaxHeaderBytes <= 0 {
		r.fault("server.max_header_bytes", "max_header_bytes must be more than 0; 65536 suits most sites")
	}
	if s.RequestIDHeader != "" && !core.ValidToken(s.RequestIDHeader) {
		r.fault("server.request_id_header", `request_id_header %s: write the name of a header field, such as "X-Request-Id"`, quote(s.RequestIDHeader))
	}
	if s.ClientAddressHeader != "" && !core.ValidToken(s.ClientAddressHeader) {
		r.fault("server.client_address_header", `client_address_header %s: write the name of a header field, such as "X-Real-IP"`, quote(s.ClientAddressHeader))
	}
}

func (r *report) checkView(c *Config, i int) {
	v, path := c.Views[i], fmt.Sprintf("views[%d]", i)
	if !r.has(path) {
		return // the view that nobody wrote
	}
	if r.checkPattern(v, path) {
		r.checkTemplate(v, path)
		r.checkSame(c, i)
	}
	r.checkKind(c, v, path)
	r.checkNamed(c, v, path)
	r.checkPrecompressed(v, path+".precompressed")
	r.checkPresentation(v, path)
	r.checkChoice(c, v, path+".offload")
	r.checkAccess(c, v, path)
}

// checkPattern reports whether the pattern is one.
func (r *report) checkPattern(v View, path string) bool {
	key := path + ".pattern"
	if v.Pattern == "" || r.faulty(key) {
		return false
	}
	err := parsePattern(v.Pattern)
	if err != nil {
		r.fault(key, `pattern %s: %s; write it like "/files/{path...}"`, quote(v.Pattern), err)
	}
	return err == nil
}

// checkTemplate checks the path against the variables of the pattern, and that
// it can be a key at all.
func (r *report) checkTemplate(v View, path string) {
	key := path + ".path"
	if r.faulty(key) || r.faulty(path+".kind") && v.Path == "" {
		return
	}
	if v.Kind == KindHTTP {
		key, v.Path = path+".url", v.URL
		if v.URL == "" || r.faulty(key) {
			return // a fault of its own
		}
	}
	if _, err := core.NewSite([]core.Route{v.route()}); err != nil {
		problem := strings.TrimPrefix(err.Error(), "pattern "+v.Pattern+": ")
		if strings.HasPrefix(problem, "field ") {
			r.fault(path+".field", "%s; correct it, or the pattern %s", problem, quote(v.Pattern))
			return
		}
		if v.Path == "" {
			r.fault(path+".pattern", "pattern %s: %s; add it, or write path with the variables there are", quote(v.Pattern), problem)
			return
		}
		r.fault(key, "%s; correct it, or the pattern %s", problem, quote(v.Pattern))
		return
	}
	if v.Path == "" || v.Kind == KindHTTP {
		return
	}
	if fault := core.CheckKey(fill(v.Path)); fault != "" {
		r.fault(key, `path %s: %s; write a relative path such as "public/{path}"`, quote(v.Path), fault)
	}
}

// fill is a template with a word for each variable.
func fill(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("x")
		_, template, _ = strings.Cut(rest, "}")
	}
}

// checkSame reports a pattern that fits the same paths as another.
func (r *report) checkSame(c *Config, i int) {
	key := fmt.Sprintf("views[%d].pattern", i)
	pattern := c.Views[i].Pattern
	for _, p := range pages {
		if fitSame(pattern, p.path) {
			r.fault(key, "pattern %s: %s is there; choose another", quote(pattern), p.what)
		}
	}
	for j, other := range c.Views {
		otherKey := fmt.Sprintf("views[%d].pattern", j)
		switch {
		case !fitSame(pattern, other.Pattern) || !c.Views[i].meets(other):
		case j < i:
			r.fault(key, "pattern %s fits the same paths as %s on %s: change one of them", quote(pattern), quote(other.Pattern), r.line(otherKey))
		case !r.has(otherKey) && other.Pattern == itemPattern:
			r.fault(key, "pattern %s: the catalogue's items are there; choose another, or write a view of kind object to move them", quote(pattern))
		}
	}
}

// fitSame reports whether two patterns, if they are patterns, fit exactly the
// same paths.
func fitSame(a, b string) bool {
	if parsePattern(a) != nil || parsePattern(b) != nil {
		return false
	}
	_, err := core.NewSite([]core.Route{{Pattern: a, Lookup: core.Custom}, {Pattern: b, Lookup: core.Custom}})
	return err != nil
}

func parsePattern(pattern string) error {
	_, err := core.ParsePattern(pattern)
	return err
}

// checkKind checks the keys that belong to one kind of view.
func (r *report) checkKind(c *Config, v View, path string) {
	if r.faulty(path + ".kind") {
		return
	}
	for _, k := range [...]struct{ name, kind, value string }{
		{"store", KindStorage, v.Store}, {"overlay", KindOverlay, v.Overlay}, {"items", KindZip, "any"}, {"root", KindPath, v.Root}, {"list", KindStorage, "true"}, {"field", KindObject, "file"},
		{"url", KindHTTP, v.URL}, {"origins", KindHTTP, strings.Join(v.Origins, " ")},
	} {
		key := path + "." + k.name
		switch {
		case k.name == "store" && v.Kind == KindZip: // see checkZip
		case v.Kind != k.kind && r.has(key):
			r.fault(key, "%s is for views of kind %s and this one is of kind %s: take it out, or change kind", k.name, k.kind, v.Kind)
		case v.Kind == k.kind && k.value == "":
			r.fault(key, "%s is missing: a view of kind %s needs it", k.name, v.Kind)
		}
	}
	if v.Kind != KindStorage && v.Kind != KindObject && v.Delivery != "" {
		r.fault(path+".delivery", "delivery is for files in a store, and this view is of kind %s: take it out, or change kind", v.Kind)
	}
	if v.Kind == KindHTTP && r.has(path+".path") {
		r.fault(path+".path", "path is not for views of kind http: write the variables in url")
	}
	r.checkMade(c, v, path)
	if _, ok := v.ListedBelow(); v.List && v.Kind == KindStorage && !ok && parsePattern(v.Pattern) == nil {
		r.fault(path+".list", "list needs a pattern with one variable, and a path that ends with it: take list out, or change them")
	}
}

// checkNamed checks the store, the overlay and the origins that a view names. Where
// they do not belong to its kind, that was their fault already; a kind that is none
// hides nothing.
func (r *report) checkNamed(c *Config, v View, path string) {
	if v.Store != "" {
		r.checkStore(c, path+".store", v.Store)
	}
	if v.Overlay != "" && !r.faulty(path+".overlay") {
		r.checkOverlayOf(c, v, path)
	}
	r.checkOrigins(v, path)
}

// checkPrecompressed refuses codings of files that have none, or one already.
func (r *report) checkPrecompressed(v View, key string) {
	switch {
	case len(v.Precompressed) == 0 || r.faulty(key):
	case v.Kind == KindHTTP || v.Kind == KindOverlay || v.Kind == KindZip:
		r.fault(key, "precompressed is for files of your own, and this view is of kind %s: take it out, or change kind", v.Kind)
	case v.Encoding != "":
		r.fault(key, "precompressed and encoding exclude each other: files that are stored in a coding have no plain form")
	case len(slices.Compact(slices.Sorted(slices.Values(v.Precompressed)))) < len(v.Precompressed):
		r.fault(key, "precompressed has a coding twice: remove one")
	}
}

// checkStore checks the name of a store.
func (r *report) checkStore(c *Config, key, name string) {
	if _, found := c.Store(name); found || r.faulty("stores."+name) {
		return
	}
	all := make([]string, len(c.Stores))
	for i, s := range c.Stores {
		all[i] = s.Name
	}
	remedy := "write [stores.NAME] with its path"
	if isName(name) {
		remedy = "write [stores." + name + "] with its path"
	}
	if near := suggest(name, all); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	r.fault(key, "there is no store %s: %s", quote(name), remedy)
}

// checkPresentation checks the settings that become header fields.
func (r *report) checkPresentation(v View, path string) {
	if v.MediaType != "" && !core.ValidMediaType(v.MediaType) {
		r.fault(path+".mimetype", `mimetype %s: write type/subtype, such as "application/pdf"; a charset has its own key`, quote(v.MediaType))
	}
	r.checkToken(path+".encoding", "encoding", v.Encoding, "gzip")
	r.checkToken(path+".charset", "charset", v.Charset, "utf-8")
	if !isPrintable(v.CacheControl) || v.CacheControl != strings.TrimSpace(v.CacheControl) {
		r.fault(path+".cache_control", `cache_control %s: write printable ASCII without spaces around it, such as "public, max-age=3600"`, quote(v.CacheControl))
	}
}

func (r *report) checkToken(key, name, value, example string) {
	if value != "" && !core.ValidToken(value) {
		r.fault(key, "%s %s: write one word, such as %q", name, quote(value), example)
	}
}

// checkChoice checks the offload rule that a view chooses.
func (r *report) checkChoice(c *Config, v View, key string) {
	if v.Offload == "" || v.Offload == OffloadOff {
		return
	}
	rule, found := c.Rule(v.Offload)
	if found {
		if v.Kind == KindOverlay && rule.Source != "" && rule.Source != GeneratedStore {
			r.fault(key, "offload rule %s is for the store %s and this view's files are in the store %s: choose another rule, or take it out", quote(rule.Name), quote(rule.Source), quote(GeneratedStore))
		}
		if v.Kind == KindStorage && rule.Source != "" && rule.Source != v.Store {
			r.fault(key, "offload rule %s is for the store %s and this view is of the store %s: choose another rule, or take it out", quote(rule.Name), quote(rule.Source), quote(v.Store))
		}
		return
	}
	all := []string{OffloadOff}
	for _, rule := range c.Offload {
		if rule.Name != "" {
			all = append(all, rule.Name)
		}
	}
	remedy := `give an [[offload]] rule that name, write "off", or take it out`
	if near := suggest(v.Offload, all); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	r.fault(key, "there is no offload rule called %s: %s", quote(v.Offload), remedy)
}

// checkURL checks a URL prefix, which is written decoded.
func (r *report) checkURL(key, url string) {
	if url == "" {
		return
	}
	scheme, rest, absolute := strings.Cut(url, "://")
	ok := strings.HasPrefix(url, "/") && !strings.HasPrefix(url, "//")
	if absolute {
		ok = (scheme == "http" || scheme == "https") && rest != "" && rest[0] != '/'
	}
	if !ok || strings.ContainsFunc(url, unicode.IsControl) || strings.ContainsAny(url, `?#%"\<>`) {
		name := key[strings.LastIndexByte(key, '.')+1:]
		r.fault(key, `%s %s: write a URL prefix such as "https://example.org/files/" or "/media/", without percent-encoding and query`, name, quote(url))
	}
}

// isHostPort reports whether s is host:port, with an empty host for all
// addresses and an IPv6 address in brackets.
func isHostPort(s string) bool {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return false
	}
	host := s[:i]
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(inner, ":") {
			return false
		}
		host = strings.ReplaceAll(inner, ":", "")
	}
	for _, c := range host {
		if !isWord(c) && c != '.' && c != '%' {
			return false
		}
	}
	_, err := strconv.ParseUint(s[i+1:], 10, 16)
	return err == nil
}

// isName reports whether s can be a bare key of TOML.
func isName(s string) bool {
	for _, c := range s {
		if !isWord(c) {
			return false
		}
	}
	return s != ""
}

func isWord(c rune) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isPrintable reports whether s is visible ASCII and spaces.
func isPrintable(s string) bool {
	for _, c := range s {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}
