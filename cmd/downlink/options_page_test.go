package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// pageOptions are the tests of the keys of the public page.
var pageOptions = map[string]func(t *testing.T){
	"[page] theme": func(t *testing.T) {
		guide, err := os.ReadFile("../../docs/configuration.md")
		if err != nil {
			t.Fatal(err)
		}
		example := regexp.MustCompile("(?s)```html\n(.*?)```").FindSubmatch(guide)
		dir := t.TempDir()
		write(t, dir+"/index.html", string(example[1])+`{{template "foot.html"}}`)
		write(t, dir+"/foot.html", "<p>The end.</p>")
		r := start(t, view+"[page]\ntheme = \""+dir+"\"\n")
		_, body := r.get("/")
		for _, want := range []string{"Our files", `<a href="/d/item">`, "0 downloads", "The end."} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q: %s", want, body)
			}
		}
	},
}

func TestThemesThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{"": "matches no files", "other.html": "there is no index.html", "index.html": "unclosed action"} {
		dir := t.TempDir()
		if text != "" {
			write(t, dir+"/"+text, "{{")
		}
		if text == "other.html" {
			write(t, dir+"/"+text, "x")
		}
		if _, err := openTheme(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
