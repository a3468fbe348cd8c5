// Package nginxconf reads nginx's configuration as a tree of directives, each with
// its file and line, so that a fault can be pointed at. It knows the syntax, not what
// directives mean.
package nginxconf

import (
	"fmt"
	"strings"
)

// Directive is one directive of nginx's configuration.
type Directive struct {
	File   string
	Line   int // of its name, from 1
	Name   string
	Args   []string     // unquoted
	Block  []*Directive // nil without a block
	Parent *Directive   // nil at the top
}

// String is the directive's own line, without its block.
func (d *Directive) String() string {
	words := []string{d.Name}
	for _, a := range d.Args {
		if a == "" || strings.ContainsAny(a, " \t\r\n;{}\"'#") {
			a = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a) + `"`
		}
		words = append(words, a)
	}
	if d.Block != nil {
		return strings.Join(words, " ")
	}
	return strings.Join(words, " ") + ";"
}

// All are the directives called name in the block itself.
func (d *Directive) All(name string) (found []*Directive) {
	for _, in := range d.Block {
		if in.Name == name {
			found = append(found, in)
		}
	}
	return found
}

// First is the first directive called name in the block itself, nil without one.
func (d *Directive) First(name string) *Directive {
	if all := d.All(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Inherited are the directives called name that hold in the block: those of the
// nearest block around it that has any, as nginx inherits them.
func (d *Directive) Inherited(name string) []*Directive {
	for ; d != nil; d = d.Parent {
		if all := d.All(name); len(all) > 0 {
			return all
		}
	}
	return nil
}

// Walk calls visit for all directives, each before those of its block.
func Walk(all []*Directive, visit func(*Directive)) {
	for _, d := range all {
		visit(d)
		Walk(d.Block, visit)
	}
}

// Parse parses the text of the file called name. Includes stay as they are.
func Parse(name, text string) ([]*Directive, error) {
	p := parser{file: name, text: text, line: 1}
	all, err := p.block(nil)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, p.line, err)
	}
	return all, nil
}

type parser struct {
	file string
	text string // what is left
	line int
}

// block parses directives up to the end of a block, or of the file for nil.
func (p *parser) block(parent *Directive) (all []*Directive, err error) {
	all = []*Directive{}
	for {
		p.blank()
		switch {
		case p.text == "" && parent == nil:
			return all, nil
		case p.text == "":
			return nil, fmt.Errorf("the block of %s on line %d has no end", parent.Name, parent.Line)
		case p.text[0] == '}' && parent != nil:
			p.text = p.text[1:]
			return all, nil
		}
		d, err := p.directive(parent)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
}

func (p *parser) directive(parent *Directive) (*Directive, error) {
	d := &Directive{File: p.file, Line: p.line, Parent: parent}
	var words []string
	for {
		p.blank()
		switch {
		case p.text == "" || p.text[0] == '}':
			return nil, fmt.Errorf("the directive on line %d has no end", d.Line)
		case (p.text[0] == ';' || p.text[0] == '{') && len(words) == 0:
			return nil, fmt.Errorf("%q stands where a directive should", p.text[:1])
		case p.text[0] == ';':
			p.text = p.text[1:]
			d.Name, d.Args = words[0], words[1:]
			return d, nil
		case p.text[0] == '{':
			p.text = p.text[1:]
			d.Name, d.Args = words[0], words[1:]
			block, err := p.block(d)
			d.Block = block
			return d, err
		}
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		words = append(words, w)
	}
}

// blank skips white space and comments.
func (p *parser) blank() {
	for p.text != "" {
		switch c := p.text[0]; {
		case c == '\n':
			p.line++
		case c == '#':
			end := strings.IndexByte(p.text, '\n')
			if end < 0 {
				end = len(p.text)
			}
			p.text = p.text[end:]
			continue
		case c != ' ' && c != '\t' && c != '\r':
			return
		}
		p.text = p.text[1:]
	}
}

// word cuts one word, quoted or not. In a word without quotes ${name} is no block.
func (p *parser) word() (string, error) {
	if q := p.text[0]; q == '"' || q == '\'' {
		return p.quoted(q)
	}
	var b strings.Builder
	i, variable := 0, false
	for ; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '\\' && i+1 < len(p.text):
			b.WriteByte(c)
			i++
			c = p.text[i]
		case c == '{' && i > 0 && p.text[i-1] == '$':
			variable = true
		case c == '}' && variable:
			variable = false
		case strings.IndexByte(" \t\r\n;{}", c) >= 0:
			p.text = p.text[i:]
			return b.String(), nil
		}
		if c == '\n' {
			p.line++
		}
		b.WriteByte(c)
	}
	p.text = ""
	return b.String(), nil
}

func (p *parser) quoted(q byte) (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == q:
			p.text = p.text[i+1:]
			return b.String(), nil
		case c == '\\' && i+1 < len(p.text) && strings.IndexByte(`\"'`, p.text[i+1]) >= 0:
			i++
			c = p.text[i]
		case c == '\n':
			p.line++
		}
		b.WriteByte(c)
	}
	return "", fmt.Errorf("a quote has no end")
}
