package overlay

import (
	"errors"
	"strings"
)

// template is a text with variables.
type template []part

// part is a literal text or, if name is set, a variable.
type part struct{ literal, name string }

// parseTemplate reads "Hello, {name}!".
func parseTemplate(text string) (template, error) {
	var t template
	for text != "" {
		literal, rest, found := strings.Cut(text, "{")
		if literal != "" {
			t = append(t, part{literal: literal})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, errors.New(`a variable is written like "{name}"`)
		}
		t = append(t, part{name: name})
		text = after
	}
	return t, nil
}

func (t template) expand(value func(name string) string) string {
	var b strings.Builder
	for _, p := range t {
		if p.name == "" {
			b.WriteString(p.literal)
		} else {
			b.WriteString(value(p.name))
		}
	}
	return b.String()
}

func (t template) variables() (names []string) {
	for _, p := range t {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}
