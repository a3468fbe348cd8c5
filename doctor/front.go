package doctor

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/download"
)

// front asks the front server for what a client gets, and whether it keeps to itself
// what is internal.
func (x *exam) front() {
	if x.Front == "" {
		x.frontConfig()
		return
	}
	c, err := x.frontClient()
	if err != nil {
		x.fault(Front, "answers", "", nil, "The front server's URL cannot be used: %v.", err)
		return
	}
	defer c.close()
	if a := c.ask(question{"HEAD", "/", nil}); a.err != nil {
		x.fault(Front, "answers", "", nil, "The front server does not answer at %s: %v.", x.Front, a.err)
		return
	}
	for _, s := range x.samples {
		if s.want.redirects() {
			x.redirected(c, s)
			continue
		}
		x.together(c, s)
		x.internal(c, s)
		x.public(c, s)
	}
	x.frontConfig()
}

// name is the front server of a sample in a sentence.
func (s *sample) front() string {
	if s.rule == nil {
		return "The front server"
	}
	return frontName(s.rule)
}

func frontName(r *download.Rule) string {
	switch server(r) {
	case download.Nginx:
		return "nginx"
	case download.Apache:
		return "Apache"
	case download.Lighttpd:
		return "lighttpd"
	case download.Caddy:
		return "Caddy"
	}
	return "The front server"
}

// internal asks for a file by its internal location, in the ways in which a client
// might write it.
func (x *exam) internal(c *client, s *sample) {
	if s.rule == nil || s.field != "X-Accel-Redirect" {
		return
	}
	reached := false
	for _, prefix := range [...]string{s.rule.Destination, s.rule.OwnDestination()} {
		for _, target := range [...]string{prefix + s.rest, "/" + prefix + s.rest, "/." + prefix + s.rest, escapeFirst(prefix) + s.rest} {
			if got := c.ask(get(target)); !reached && got.status == 200 && got.size > 0 && got.is(s.want) {
				reached = true
				x.fault(Front, "internal", prefix, x.internalChange(prefix),
					"%s gives the file at its internal location %s to anybody who asks for it, past Downlink.", s.front(), target)
			}
		}
	}
	switch {
	case reached:
	case s.arrived:
		x.once("internal ok "+s.rule.Destination, func() {
			x.ok(Front, "internal", "the internal location %s cannot be reached from outside", s.rule.Destination)
		})
	default:
		x.once("internal unknown "+s.rule.Destination, func() {
			x.skip(Front, "internal", "whether the internal location %s can be reached from outside shows when %s arrives", s.rule.Destination, s.name)
		})
	}
}

// escapeFirst writes the first character after the slash percent-encoded.
func escapeFirst(prefix string) string {
	const digits = "0123456789abcdef"
	if len(prefix) < 2 {
		return prefix
	}
	return "/%" + string(digits[prefix[1]>>4]) + string(digits[prefix[1]&15]) + prefix[2:]
}

// public asks for a file at the places where a front server might give it away: what
// stands there then is not Downlink's answer.
func (x *exam) public(c *client, s *sample) {
	if s.file == "" || s.want.size == 0 {
		return
	}
	for _, target := range x.guesses(s) {
		if target == s.name || strings.HasPrefix(target, s.rule.Destination) {
			continue
		}
		got := c.ask(get(target))
		if got.status != 200 || !got.is(s.want) {
			continue
		}
		if own := x.here(x.Direct, get(target)); own.status != 200 {
			x.fault(Front, "public", "", x.publicChange(target),
				"%s gives %s to anybody at %s, without asking Downlink.", s.front(), files(s.rule), target)
			return
		}
	}
	x.once("public ok "+s.rule.Destination, func() {
		x.ok(Front, "public", "%s are not found at other addresses that one might guess", files(s.rule))
	})
}

func (x *exam) once(key string, do func()) {
	if !x.told[key] {
		x.told[key] = true
		do()
	}
}

// guesses are targets at which the file of a sample might be public.
func (x *exam) guesses(s *sample) (targets []string) {
	dir := x.dir(s.rule)
	rest, err := filepath.Rel(dir, s.file)
	if err != nil {
		return nil
	}
	escaped := (&url.URL{Path: "/" + filepath.ToSlash(rest)}).EscapedPath()
	prefixes := []string{"", "/" + url.PathEscape(filepath.Base(dir)), "/" + url.PathEscape(s.rule.Source), "/static", "/media", "/files", "/download", "/downloads"}
	prefixes = append(prefixes, x.publicPrefixes(dir)...)
	if u, err := url.Parse(s.rule.SourceURL); err == nil && s.rule.SourceURL != "" {
		prefixes = append(prefixes, strings.TrimRight(u.EscapedPath(), "/"))
	}
	seen := map[string]bool{}
	for _, p := range prefixes {
		if target := p + escaped; !seen[target] && p != "/" {
			seen[target] = true
			targets = append(targets, target)
		}
	}
	return targets
}
