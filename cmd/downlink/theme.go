package main

import (
	"fmt"
	"html/template"
	"path/filepath"

	"github.com/downlink-go/downlink/page"
)

// themePage is the template of a theme's folder that makes the page; others of the
// folder may be used by it.
const themePage = "index.html"

// openTheme reads the templates of a folder; "" is the built-in page.
func openTheme(dir string) (page.Theme, error) {
	if dir == "" {
		return nil, nil
	}
	all, err := template.New("").Funcs(template.FuncMap{"size": page.Size}).ParseGlob(filepath.Join(dir, "*.html"))
	if err != nil {
		return nil, fmt.Errorf("theme: %w", err)
	}
	t := all.Lookup(themePage)
	if t == nil {
		return nil, fmt.Errorf("theme: there is no %s in %s: write the template of the page", themePage, dir)
	}
	return t, nil
}
