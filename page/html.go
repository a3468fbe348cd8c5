package page

import (
	"html"
	"strconv"
	"strings"
	"time"
)

// markup is a page being written. It is not html/template: that takes longer to
// start than a Worker's whole request may on Cloudflare's free plan (ADR 11). So
// what comes from outside goes through text alone, and URLs are core.Pattern.URL's,
// which are letters, digits and -._~/%.
type markup struct{ strings.Builder }

func (m *markup) put(parts ...string) {
	for _, s := range parts {
		m.WriteString(s)
	}
}

// text puts any bytes as text in its own direction of writing.
func (m *markup) text(s string) { m.put("<bdi>", html.EscapeString(visible(s)), "</bdi>") }

const (
	unreadable = `<p role="alert">This list cannot be read now. Try again later.</p>` + "\n"
	tableHead  = `<table>
<thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed (UTC)</th></tr></thead>
<tbody>
`
)

// html is the offer as a page.
func (o *offer) html() []byte {
	m := &markup{}
	m.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Downloads</title>
<style>`, style, `</style>
</head>
<body>
<main>
<h1>Downloads</h1>
`)
	if len(o.Categories) > 0 || o.NoItems {
		o.putItems(m)
	}
	for _, l := range o.Stores {
		l.put(m, len(o.Stores) > 1)
	}
	if len(o.Categories)+len(o.Stores) == 0 && !o.NoItems {
		m.put("<p>There is nothing here yet.</p>\n")
	}
	m.put("</main>\n</body>\n</html>\n")
	return []byte(m.String())
}

func (o *offer) putItems(m *markup) {
	m.put("<section>\n<h2>Catalogue</h2>\n")
	if o.NoItems {
		m.put(unreadable)
	}
	for _, c := range o.Categories {
		c.put(m)
	}
	if o.MoreItems {
		m.put("<p>There is more: not all items are shown.</p>\n")
	}
	m.put("</section>\n")
}

func (c *category) put(m *markup) {
	for i, name := range c.Path {
		m.put([]string{"<h3>", " › "}[min(i, 1)])
		m.text(name)
	}
	if len(c.Path) > 0 {
		m.put("</h3>\n")
	}
	m.put("<ul>\n")
	for _, it := range c.Items {
		m.put(`<li><a href="`, it.URL, `">`)
		m.text(it.Title)
		m.put("</a></li>\n")
	}
	m.put("</ul>\n")
}

func (l *listed) put(m *markup, named bool) {
	m.put("<section>\n<h2>Files")
	if named {
		m.put(" in ")
		m.text(l.Name)
	}
	m.put("</h2>\n")
	switch {
	case l.Failed:
		m.put(unreadable)
	case len(l.Files) == 0:
		m.put("<p>There are no files here yet.</p>\n")
	default:
		m.put(tableHead)
		for _, f := range l.Files {
			f.put(m)
		}
		m.put("</tbody>\n</table>\n")
	}
	if l.More {
		m.put("<p>There is more: only the first ", strconv.Itoa(len(l.Files)), " are shown.</p>\n")
	}
	m.put("</section>\n")
}

func (f *file) put(m *markup) {
	m.put(`<tr><th scope="row"><a href="`, f.URL, `">`)
	if f.Folder != "" {
		m.put(`<span class="folder">`)
		m.text(f.Folder)
		m.put("</span><wbr>")
	}
	m.text(f.Name)
	m.put("</a></th><td>", size(f.Size), "</td><td>")
	if t := f.Modified.UTC(); !f.Modified.IsZero() {
		m.put(`<time datetime="`, t.Format(time.RFC3339), `">`, t.Format("2006-01-02 15:04"), "</time>")
	}
	m.put("</td></tr>\n")
}
