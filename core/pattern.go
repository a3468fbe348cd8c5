package core

import "errors"

// maxParams is how many variables a pattern may have.
const maxParams = 4

// Pattern is a parsed URL pattern: literal segments, {name} for one segment and,
// at the end, {name...} for one or more, as in "/files/{path...}".
type Pattern struct {
	text     string
	segments []segment
}

// segment is one part of a pattern between slashes; a literal has no name.
type segment struct {
	literal, name string
	rest          bool
}

// String is the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Has reports whether the pattern has a variable called name.
func (p Pattern) Has(name string) bool {
	for _, s := range p.segments {
		if s.name == name && name != "" {
			return true
		}
	}
	return false
}

// ParsePattern parses a pattern. It starts with a slash and has at least one
// segment; literal segments are written decoded and obey CheckKey.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	if len(text) < 2 || text[0] != '/' {
		return p, errors.New(`a pattern starts with "/" and has at least one segment, such as "/files/{path...}"`)
	}
	for rest := text[1:]; ; {
		part, tail, more := cutSlash(rest)
		s, err := parseSegment(part)
		if err != nil {
			return p, err
		}
		if s.rest && more {
			return p, errors.New("{" + s.name + "...} takes the whole rest and must be the last segment")
		}
		if p.Has(s.name) {
			return p, errors.New("variable {" + s.name + "} is there twice")
		}
		p.segments = append(p.segments, s)
		if !more {
			break
		}
		rest = tail
	}
	if p.params() > maxParams {
		return p, errors.New("a pattern has at most 4 variables")
	}
	return p, nil
}

func (p Pattern) params() (n int) {
	for _, s := range p.segments {
		if s.name != "" {
			n++
		}
	}
	return n
}

func cutSlash(s string) (part, rest string, more bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == '/' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func parseSegment(part string) (segment, error) {
	if part == "" || part[0] != '{' {
		if fault := CheckKey(part); fault != "" {
			return segment{}, errors.New(string(fault))
		}
		for i := 0; i < len(part); i++ {
			if part[i] == '{' || part[i] == '}' {
				return segment{}, errors.New("a variable such as {name} takes a whole segment")
			}
		}
		return segment{literal: part}, nil
	}
	if part[len(part)-1] != '}' {
		return segment{}, errors.New("a variable such as {name} takes a whole segment")
	}
	s := segment{name: part[1 : len(part)-1]}
	if n := len(s.name); n > 3 && s.name[n-3:] == "..." {
		s.name, s.rest = s.name[:n-3], true
	}
	if !identifier(s.name) {
		return s, errors.New("a variable's name is letters, digits and underscores")
	}
	return s, nil
}

func identifier(s string) bool {
	for i := 0; i < len(s); i++ {
		c := lower(s[i])
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// match sets values to the variables of a decoded path without its leading
// slash, and reports whether the pattern fits it.
func (p *Pattern) match(path string, values *[maxParams]string) bool {
	n := 0
	for i := range p.segments {
		s := &p.segments[i]
		if s.rest {
			values[n] = path
			return true
		}
		part, rest, more := cutSlash(path)
		if s.name == "" {
			if part != s.literal {
				return false
			}
		} else {
			values[n] = part
			n++
		}
		if last := i == len(p.segments)-1; last == more {
			return false
		}
		path = rest
	}
	return true
}

// before reports whether p is to be tried before q: at the first segment in
// which they differ in kind, a literal goes before {name} before {name...}.
// Patterns that do not differ so go by length, for the order to be a whole one.
func (p *Pattern) before(q *Pattern) bool {
	for i := 0; i < len(p.segments) && i < len(q.segments); i++ {
		if a, b := p.segments[i].rank(), q.segments[i].rank(); a != b {
			return a < b
		}
	}
	return len(p.segments) < len(q.segments)
}

// same reports whether p and q fit exactly the same paths.
func (p *Pattern) same(q *Pattern) bool {
	if len(p.segments) != len(q.segments) {
		return false
	}
	for i := range p.segments {
		a, b := p.segments[i], q.segments[i]
		if a.literal != b.literal || a.rank() != b.rank() {
			return false
		}
	}
	return true
}

func (s *segment) rank() int {
	switch {
	case s.name == "":
		return 0
	case !s.rest:
		return 1
	}
	return 2
}

// URL is the percent-encoded path at which value is found, and whether there is
// one: the pattern has exactly one variable, and it can hold value.
func (p Pattern) URL(value string) (string, bool) {
	if p.params() != 1 || CheckKey(value) != "" {
		return "", false
	}
	var b []byte
	for _, s := range p.segments {
		if _, _, several := cutSlash(value); s.name != "" && several && !s.rest {
			return "", false
		}
		b = append(b, '/')
		if s.name != "" {
			b = AppendEscapedPath(b, value)
		} else {
			b = AppendEscapedPath(b, s.literal)
		}
	}
	return string(b), true
}
