package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/core"
)

func (r *report) checkRule(c *Config, i int) {
	rule, path := c.Offload[i], fmt.Sprintf("offload[%d]", i)
	r.checkRuleName(c, i)
	r.checkSource(c, rule, path)
	r.checkToken(path+".charset", "charset", rule.Charset, "utf-8")
	r.checkFront(c, rule, path)
	switch key := path + ".destination"; {
	case rule.Destination != "" && (rule.Front == "" || r.faulty(path+".front")):
		r.checkAnyDestination(rule.Destination, key)
	case rule.Front != FrontNginx && rule.Front != FrontCaddy, rule.Destination == "":
	case r.checkDestination(rule.Destination, key):
		r.checkOverlap(c, i)
	}
}

func (r *report) checkRuleName(c *Config, i int) {
	name, key := c.Offload[i].Name, fmt.Sprintf("offload[%d].name", i)
	if name == OffloadOff {
		r.fault(key, `name "off" means no rule at all: choose another`)
	}
	for j, other := range c.Offload[:i] {
		if name != "" && other.Name == name && other.Front == c.Offload[i].Front {
			r.fault(key, "name %s is taken by the rule on %s: choose another", quote(name), r.line(fmt.Sprintf("offload[%d]", j)))
		}
	}
}

func (r *report) checkSource(c *Config, rule Rule, path string) {
	var written []string
	for _, name := range [...]string{"source", "source_dir", "source_url"} {
		if r.has(path + "." + name) {
			written = append(written, name)
		}
	}
	switch key := path + ".source"; {
	case len(written) == 0:
		r.fault(key, "source is missing: write the name of a store, or else source_dir or source_url")
	case len(written) > 1:
		r.fault(path+"."+written[1], "%s are two sources: keep one, and write a rule for each", strings.Join(written[:2], " and "))
	case rule.Source+rule.SourceDir+rule.SourceURL == "":
		r.fault(path+"."+written[0], "%s is empty: write where the rule's files are", written[0])
	case rule.Source != "":
		r.checkStore(c, key, rule.Source)
	case rule.SourceDir != "" && !filepath.IsAbs(rule.SourceDir):
		r.fault(path+".source_dir", `source_dir %s: write an absolute path, such as "/srv/files"`, quote(rule.SourceDir))
	default:
		r.checkURL(path+".source_url", rule.SourceURL)
	}
}

// checkDestination reports whether destination can be an internal URL prefix. It
// is plain on purpose: the front server compares and decodes it too.
func (r *report) checkDestination(destination, key string) bool {
	inner, begins := strings.CutPrefix(destination, "/")
	inner, ends := strings.CutSuffix(inner, "/")
	plain := true
	for _, c := range inner {
		plain = plain && (isWord(c) || strings.ContainsRune("/.~", c))
	}
	switch {
	case begins && ends && plain && core.CheckKey(inner) == "":
		return true
	case destination == "/":
		r.fault(key, `destination "/" would take over the whole site: write a prefix of its own, such as "/_internal/files/"`)
	default:
		r.fault(key, `destination %s: begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"`, quote(destination))
	}
	return false
}

// checkAnyDestination checks a destination for a front server that is not known.
func (r *report) checkAnyDestination(destination, key string) {
	if !strings.HasPrefix(destination, "/") && !strings.Contains(destination, "://") {
		r.fault(key, `destination %s: begin it with "/", as "/_internal/files/"`, quote(destination))
	}
}

// checkOverlap reports a destination that another rule, a view or a page has
// as well: a front server could not tell them apart.
func (r *report) checkOverlap(c *Config, i int) {
	rule, key := c.Offload[i], fmt.Sprintf("offload[%d].destination", i)
	const remedy = `choose a prefix of its own, such as "/_internal/files/"`
	for _, p := range pages {
		if overlap(rule.Destination, p.path) {
			r.fault(key, "destination %s overlaps %s at %s: %s", quote(rule.Destination), p.what, p.path, remedy)
		}
	}
	for _, v := range c.Views {
		// A view of the whole site overlaps everything; there the longer prefix wins.
		if prefix := literalPrefix(v.Pattern); prefix != "" && overlap(rule.Destination, prefix) {
			r.fault(key, "destination %s overlaps the view at %s: %s", quote(rule.Destination), quote(v.Pattern), remedy)
		}
	}
	for j, other := range c.Offload[:i] {
		otherKey := fmt.Sprintf("offload[%d].destination", j)
		twins := other.Destination == rule.Destination && sameSource(other, rule)
		if other.Front == rule.Front && !twins && !r.faulty(otherKey) && overlap(rule.Destination, other.Destination) {
			r.fault(key, "destination %s overlaps %s on %s, which is for other files: %s",
				quote(rule.Destination), quote(other.Destination), r.line(otherKey), remedy)
		}
	}
}

func sameSource(a, b Rule) bool {
	return a.Source == b.Source && a.SourceDir == b.SourceDir && a.SourceURL == b.SourceURL
}

// overlap reports whether one of two paths lies within the other, by whole
// segments.
func overlap(a, b string) bool {
	a, b = strings.Trim(a, "/")+"/", strings.Trim(b, "/")+"/"
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// literalPrefix is a pattern up to its first variable, without slashes around.
func literalPrefix(pattern string) string {
	before, _, _ := strings.Cut(pattern, "{")
	return strings.Trim(before, "/")
}
