package nginxconf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Read reads nginx's configuration: the main file and what it includes, one file
// alone such as conf.d/downlink.conf, or what `nginx -T` printed. The error names
// file and line.
func Read(path string) ([]*Directive, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := reader{folder: filepath.Dir(path), open: os.ReadFile, glob: filepath.Glob}
	main, dumped := r.dumped(string(text))
	if !dumped {
		main = path
	}
	return r.file(main, 0)
}

// reader follows includes.
type reader struct {
	folder string // to which included names are relative
	open   func(name string) ([]byte, error)
	glob   func(pattern string) ([]string, error)
}

// mark stands before each file in what `nginx -T` prints.
const mark = "# configuration file "

// dumped takes the files out of what `nginx -T` printed, if text is that, and
// returns the first.
func (r *reader) dumped(text string) (main string, ok bool) {
	files := map[string]string{}
	var names []string
	for line := range strings.Lines(text) {
		name, is := strings.CutPrefix(line, mark)
		if name, ends := strings.CutSuffix(strings.TrimSpace(name), ":"); is && ends {
			names = append(names, name)
			continue
		}
		if len(names) > 0 {
			files[names[len(names)-1]] += line
		}
	}
	if len(names) == 0 {
		return "", false
	}
	r.folder = filepath.Dir(names[0])
	r.open = func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("%s: %w", name, os.ErrNotExist)
	}
	r.glob = func(pattern string) (found []string, err error) {
		for _, name := range names {
			if ok, err := filepath.Match(pattern, name); err != nil {
				return nil, err
			} else if ok {
				found = append(found, name)
			}
		}
		return found, nil
	}
	return names[0], true
}

// mostNested is how deep includes may go: a file may include itself.
const mostNested = 10

func (r *reader) file(name string, depth int) ([]*Directive, error) {
	if depth > mostNested {
		return nil, fmt.Errorf("%s: included too deep", name)
	}
	text, err := r.open(name)
	if err != nil {
		return nil, err
	}
	all, err := Parse(name, string(text))
	if err != nil {
		return nil, err
	}
	return r.include(all, nil, depth)
}

// include puts the directives of included files in place of each include.
func (r *reader) include(all []*Directive, parent *Directive, depth int) ([]*Directive, error) {
	out := all[:0:0] // nil of nil: that is no block
	for _, d := range all {
		d.Parent = parent
		if d.Name != "include" || len(d.Args) != 1 {
			block, err := r.include(d.Block, d, depth)
			if err != nil {
				return nil, err
			}
			d.Block = block
			out = append(out, d)
			continue
		}
		included, err := r.included(d, depth)
		if err != nil {
			return nil, err
		}
		for _, i := range included {
			i.Parent = parent
		}
		out = append(out, included...)
	}
	return out, nil
}

func (r *reader) included(d *Directive, depth int) (all []*Directive, err error) {
	pattern := d.Args[0]
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(r.folder, pattern)
	}
	names := []string{pattern}
	if strings.ContainsAny(pattern, "*?[") {
		if names, err = r.glob(pattern); err != nil {
			return nil, fmt.Errorf("%s:%d: include %s: %w", d.File, d.Line, pattern, err)
		}
		slices.Sort(names)
	}
	for _, name := range names {
		more, err := r.file(name, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: include: %w", d.File, d.Line, err)
		}
		all = append(all, more...)
	}
	return all, nil
}
