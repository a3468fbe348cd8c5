package page

import (
	"html"
	"strconv"
	"strings"
	"time"
)

// markup is a page being written. It is not html/template: that takes longer to
// start than a Worker's whole request may on Cloudflare's free plan (ADR 11). So
// what comes from outside goes through text, quoted and link alone.
type markup struct{ strings.Builder }

func (m *markup) put(parts ...string) {
	for _, s := range parts {
		m.WriteString(s)
	}
}

// text puts text in its own direction of writing.
func (m *markup) text(s string) { m.put("<bdi>", html.EscapeString(s), "</bdi>") }

// quoted puts an attribute's value.
func (m *markup) quoted(s string) { m.put(`"`, html.EscapeString(s), `"`) }

// link puts a link with a text.
func (m *markup) link(url, text string) {
	m.put("<a href=")
	m.quoted(url)
	m.put(">")
	m.text(text)
	m.put("</a>")
}

const (
	unreadable = `<p role="alert">This list cannot be read now. Try again later.</p>` + "\n"
	tableHead  = `<table>
<thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed (UTC)</th></tr></thead>
<tbody>
`
)

// html is the view as a page.
func (v *View) html() []byte {
	m := &markup{}
	m.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>`)
	for i := len(v.Path) - 1; i >= 0; i-- {
		m.put(html.EscapeString(v.Path[i].Title), " · ")
	}
	m.put(`Downloads</title>
`)
	if v.catalog {
		m.put(`<link rel="alternate" type="application/atom+xml" title="Newest downloads" href="`, FeedPath, `">`, "\n")
	}
	m.put(`<style>`, style, `</style>
</head>
<body>
<main>
<h1>Downloads</h1>
`)
	if v.catalog {
		v.putCatalog(m)
	}
	for _, s := range v.Stores {
		s.put(m, len(v.Stores) > 1)
	}
	if len(v.Stores) == 0 && (!v.catalog || v.nothing()) {
		m.put("<p>There is nothing here yet.</p>\n")
	}
	m.put("</main>\n</body>\n</html>\n")
	return []byte(m.String())
}

// nothing reports whether the whole catalogue is empty.
func (v *View) nothing() bool {
	return v.Total == 0 && !v.NoItems && v.Search == "" && len(v.Path) == 0
}

func (v *View) putCatalog(m *markup) {
	if v.nothing() {
		return
	}
	v.putSearch(m)
	m.put("<section>\n")
	v.putPath(m)
	if v.NoItems {
		m.put(unreadable, "</section>\n")
		return
	}
	if len(v.Categories) > 0 {
		m.put(`<nav aria-label="Categories">`, "\n")
		putCategories(m, v.Categories)
		m.put("</nav>\n")
	}
	v.putItems(m)
	m.put("</section>\n")
}

func (v *View) putSearch(m *markup) {
	m.put(`<form role="search" action="`, IndexPath, `"><label for="q">Search</label><input type="search" id="q" name="q" maxlength="200" value=`)
	m.quoted(v.Search)
	m.put(">")
	if at := v.category(); at != "" {
		m.put(`<input type="hidden" name="category" value=`)
		m.quoted(at)
		m.put(">")
	}
	m.put("<button>Search</button></form>\n")
}

// category is the path of the category that the page is at, "" for all.
func (v *View) category() string {
	if len(v.Path) == 0 {
		return ""
	}
	return v.Path[len(v.Path)-1].path
}

// putPath puts the way to where the page is.
func (v *View) putPath(m *markup) {
	if len(v.Path) == 0 {
		m.put("<h2>Catalogue</h2>\n")
		return
	}
	m.put(`<nav aria-label="Path"><a href="`, IndexPath, `">Catalogue</a>`)
	for _, c := range v.Path[:len(v.Path)-1] {
		m.put(" › ")
		m.link(c.URL, c.Title)
	}
	m.put(" ›</nav>\n<h2>")
	m.text(v.Path[len(v.Path)-1].Title)
	m.put("</h2>\n")
}

func putCategories(m *markup, all []Category) {
	m.put(`<ul class="tree">`, "\n")
	for _, c := range all {
		m.put("<li>")
		m.link(c.URL, c.Title)
		m.put(` <span class="count">`, strconv.FormatInt(c.Items, 10), "</span>")
		if len(c.Children) > 0 {
			m.put("\n")
			putCategories(m, c.Children)
		}
		m.put("</li>\n")
	}
	m.put("</ul>\n")
}

func (v *View) putItems(m *markup) {
	m.put(`<p class="bar"><span role="status">`, counted(v.Total, "item"))
	if v.Search != "" {
		m.put(" with “")
		m.text(v.Search)
		m.put("”")
	}
	m.put("</span>")
	for _, o := range v.Orders {
		if o.URL == "" {
			m.put(` <span aria-current="true">`, o.Title, "</span>")
		} else {
			m.put(" <a href=")
			m.quoted(o.URL)
			m.put(">", o.Title, "</a>")
		}
	}
	m.put("</p>\n")
	if len(v.Items) > 0 {
		m.put(`<ul class="items">`, "\n")
		for i := range v.Items {
			v.Items[i].put(m)
		}
		m.put("</ul>\n")
	}
	v.putPages(m)
}

func (v *View) putPages(m *markup) {
	if v.First == "" && v.Next == "" {
		return
	}
	m.put(`<nav aria-label="Pages" class="bar">`)
	m.page("", v.First, "First page")
	m.page(` rel="prev"`, v.Previous, "Previous page")
	m.page(` rel="next"`, v.Next, "Next page")
	m.put("</nav>\n")
}

// page puts a link to a page, if there is one.
func (m *markup) page(rel, url, text string) {
	if url == "" {
		return
	}
	m.put("<a", rel, " href=")
	m.quoted(url)
	m.put(">", text, "</a> ")
}

func (it *Item) put(m *markup) {
	m.put("<li>")
	if it.Image != "" {
		m.put(`<img alt="" loading="lazy" width="64" height="64" src=`)
		m.quoted(it.Image)
		m.put(">")
	}
	m.put("<div>")
	m.link(it.URL, it.Title)
	m.put(`<p class="about">`)
	about := []string{Size(it.Size), counted(it.Downloads, "download")}
	if it.Version != "" {
		about = append([]string{"version " + it.Version}, about...)
	}
	m.put(strings.Join(said(about), " · "))
	if it.Category != "" {
		m.put(" · ")
		m.text(strings.ReplaceAll(it.Category, "/", " › "))
	}
	m.put("</p></div></li>\n")
}

// said are the texts that say something.
func said(all []string) (some []string) {
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}

// counted is "1 item" or "2 items".
func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

func (s *Store) put(m *markup, named bool) {
	m.put("<section>\n<h2>Files")
	if named {
		m.put(" in ")
		m.text(s.Name)
	}
	m.put("</h2>\n")
	switch {
	case s.Failed:
		m.put(unreadable)
	case len(s.Files) == 0:
		m.put("<p>There are no files here yet.</p>\n")
	default:
		m.put(tableHead)
		for _, f := range s.Files {
			f.put(m)
		}
		m.put("</tbody>\n</table>\n")
	}
	if s.More {
		m.put("<p>There is more: only the first ", strconv.Itoa(len(s.Files)), " are shown.</p>\n")
	}
	m.put("</section>\n")
}

func (f *File) put(m *markup) {
	m.put(`<tr><th scope="row"><a href="`, f.URL, `">`)
	if f.Folder != "" {
		m.put(`<span class="folder">`)
		m.text(f.Folder)
		m.put("</span><wbr>")
	}
	m.text(f.Name)
	m.put("</a></th><td>", Size(f.Size), "</td><td>")
	if t := f.Modified.UTC(); !f.Modified.IsZero() {
		m.put(`<time datetime="`, t.Format(time.RFC3339), `">`, t.Format("2006-01-02 15:04"), "</time>")
	}
	m.put("</td></tr>\n")
}
