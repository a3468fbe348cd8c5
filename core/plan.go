package core

import (
	"errors"
	"slices"

	"github.com/downlink-go/downlink/core/link"
)

// Lookup is what has to be looked at before a request can be decided.
type Lookup uint8

// The lookups.
const (
	Answered Lookup = iota // nothing: the plan is the answer
	Object                 // an object of a store, by its key
	File                   // a local file below a root, by its relative path
	Item                   // an item of the catalogue, by its slug
	Custom                 // whatever the application's own view says
	Remote                 // a file of another server, by its URL
)

var lookupNames = [...]string{"answer", "object", "file", "item", "custom", "URL"}

// String is the lookup's name in lower case.
func (l Lookup) String() string {
	if int(l) < len(lookupNames) {
		return lookupNames[l]
	}
	return "unknown"
}

// Route binds a URL pattern to what is served there.
type Route struct {
	Pattern string
	Lookup  Lookup
	// Source names the store of an Object or the root of a File.
	Source string
	// Path is the key, the path or the slug, with {name} for a variable of the
	// pattern. "" is "{slug}" for an Item and "{path}" for the others. For a Remote it
	// is the URL, percent-encoded but for the variables, which stand behind the host.
	Path string
	// Field is the field of an Item, made likewise; "" is the item's own file.
	Field   string
	Options Options
	// LinkRequired lets only requests in that have a signed link: all others
	// are answered 403, whatever else they ask.
	LinkRequired bool
}

// Site is the routes of a configuration, ready to plan requests. It never
// changes and serves any number of goroutines.
type Site struct {
	routes []route
	links  *link.Verifier // nil accepts no link
}

type route struct {
	Route
	index   int
	pattern Pattern
	path    []segment // of Path: literals and variables in turn
	field   []segment // of Field
}

// Plan is the answer to the first question: what to look at.
type Plan struct {
	Lookup Lookup
	// Route is the index of the route in NewSite's argument; -1 without one.
	Route int
	// Key is the object's key, the file's path below its root, the item's slug or the
	// remote file's URL.
	Key string
	// Field is the field of the item; "" is its own file.
	Field string
	// Answer is the decision if Lookup is Answered.
	Answer Decision
	// Link is what the signed link grants if the route requires one, nil if it
	// does not. See Present and Seal.
	Link *link.Grant

	pattern *Pattern
	values  [maxParams]string
}

// Param is the decoded value of the pattern's variable called name, "" if the
// pattern has none of that name.
func (p *Plan) Param(name string) string {
	if p.pattern == nil {
		return ""
	}
	n := 0
	for _, s := range p.pattern.segments {
		if s.name == name {
			return p.values[n]
		}
		if s.name != "" {
			n++
		}
	}
	return ""
}

// NewSite parses the routes. Where several fit a path, a literal segment wins
// over {name} and {name} over {name...}, whatever their order; two routes that
// fit the same paths are an error.
func NewSite(routes []Route) (*Site, error) {
	s := &Site{}
	for i, r := range routes {
		compiled, err := compile(r)
		if err != nil {
			return nil, errors.New("pattern " + r.Pattern + ": " + err.Error())
		}
		for _, other := range s.routes {
			if compiled.pattern.same(&other.pattern) {
				return nil, errors.New("pattern " + r.Pattern + ": fits the same paths as " + other.Pattern)
			}
		}
		compiled.index = i
		s.routes = append(s.routes, compiled)
	}
	slices.SortStableFunc(s.routes, func(a, b route) int {
		switch {
		case a.pattern.before(&b.pattern):
			return -1
		case b.pattern.before(&a.pattern):
			return 1
		}
		return 0
	})
	return s, nil
}

func compile(r Route) (route, error) {
	p, err := ParsePattern(r.Pattern)
	if err != nil {
		return route{}, err
	}
	c := route{Route: r, pattern: p}
	if r.Lookup == Custom {
		return c, nil
	}
	name := "path"
	if r.Lookup == Remote {
		name = "url"
		if err := checkURL(r.Path); err != nil {
			return c, err
		}
	}
	if c.Path == "" {
		c.Path = "{path}"
		if r.Lookup == Item {
			c.Path = "{slug}"
		}
	}
	if c.path, err = parseTemplate(name, c.Path, p); err != nil {
		return c, err
	}
	c.field, err = parseTemplate("field", c.Field, p)
	return c, err
}

// parseTemplate splits "a/{path}" into literals and variables of p. name is what
// the template is called.
func parseTemplate(name, text string, p Pattern) ([]segment, error) {
	var parts []segment
	for i := 0; i < len(text); {
		j := i
		if text[i] != '{' {
			for j < len(text) && text[j] != '{' {
				j++
			}
			parts = append(parts, segment{literal: text[i:j]})
			i = j
			continue
		}
		for j < len(text) && text[j] != '}' {
			j++
		}
		if j == len(text) {
			return nil, errors.New(name + " " + text + ": { without }")
		}
		variable := text[i+1 : j]
		if !p.Has(variable) {
			return nil, errors.New(name + " " + text + ": the pattern has no variable {" + variable + "}")
		}
		parts = append(parts, segment{name: variable})
		i = j + 1
	}
	return parts, nil
}

// Plan says what to look at for a request, or answers it: 404 for a path that no
// route fits, 403 without the signed link that its route requires, 405 for a
// method other than GET and HEAD, 404 for a path that cannot be a key.
func (s *Site) Plan(r Request) Plan {
	if r.Path == "" || r.Path[0] != '/' {
		return answer(-1, Refuse(400, "the request target has no path"))
	}
	path, fault := decodePath(r.Path[1:])
	if fault != "" {
		status := 404
		if fault == faultEscape {
			status = 400
		}
		return answer(-1, Refuse(status, string(fault)))
	}
	p := Plan{Route: -1}
	for i := range s.routes {
		c := &s.routes[i]
		if !c.pattern.match(path, &p.values) {
			continue
		}
		if c.LinkRequired {
			var refusal error
			if p.Link, refusal = s.verify(&r, path); refusal != nil {
				return refuseLink(c.index, &r, refusal)
			}
		}
		if !reads(r.Method) {
			return answer(c.index, Refuse(405, "method is neither GET nor HEAD"))
		}
		p.Lookup, p.Route, p.pattern = c.Lookup, c.index, &c.pattern
		p.Key, p.Field = p.expand(c.path, c.Lookup == Remote), p.expand(c.field, false)
		if fault := p.fault(path); fault != "" {
			d := Refuse(404, string(fault))
			p.Seal(&d)
			return answer(c.index, d)
		}
		return p
	}
	return answer(-1, Refuse(404, "no view is at this path"))
}

// fault says why there is nothing to look at for the decoded path. Another server may
// take a backslash for a slash: the file would not be the one that the path was
// matched for.
func (p *Plan) fault(path string) pathFault {
	switch p.Lookup {
	case Custom:
		return ""
	case Remote:
		if _, _, found := cutByte(path, '\\'); found {
			return faultRemote
		}
		return ""
	}
	return CheckKey(p.Key)
}

func answer(route int, d Decision) Plan { return Plan{Route: route, Answer: d} }

// expand fills the variables of a template, percent-encoded if escape is set; one
// variable alone costs nothing.
func (p *Plan) expand(parts []segment, escape bool) string {
	if len(parts) == 1 && !escape {
		if parts[0].name == "" {
			return parts[0].literal
		}
		return p.Param(parts[0].name)
	}
	key := ""
	for _, s := range parts {
		switch {
		case s.name == "":
			key += s.literal
		case escape:
			key += string(AppendEscapedPath(nil, p.Param(s.name)))
		default:
			key += p.Param(s.name)
		}
	}
	return key
}
