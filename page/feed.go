package page

import (
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
)

// serveFeed answers with the items that are there newest, as Atom (RFC 4287).
func (x *Index) serveFeed(w http.ResponseWriter, r *http.Request) {
	if !begin(w, r) {
		return
	}
	if x.Catalog == nil {
		Refuse(w, r, core.Refuse(404, "no catalogue"))
		return
	}
	p, err := x.Catalog.Page(r.Context(), catalog.Query{Now: time.Now(), Order: catalog.ByNew, Limit: feedRows})
	if err != nil {
		x.log().Error("feed", "cause", err)
		Refuse(w, r, core.Refuse(503, "the list cannot be read"))
		return
	}
	var items []Item
	for i := range p.Items {
		if it, ok := x.item(&p.Items[i]); ok {
			items = append(items, it)
		}
	}
	sendTagged(w, r, "application/atom+xml", feed(origin(r), items))
}

// origin is the site as the client calls it: a feed needs whole URLs.
func origin(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil || r.URL.Scheme == "https" || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https://"
	}
	return scheme + r.Host
}

func feed(site string, items []Item) []byte {
	m := &markup{}
	put := func(name, text string) { m.put("<", name, ">", html.EscapeString(text), "</", name, ">") }
	link := func(url, more string) {
		m.put("<link href=")
		m.quoted(site + url)
		m.put(more, "/>")
	}
	updated := time.Unix(0, 0)
	for _, it := range items {
		if it.Updated.After(updated) {
			updated = it.Updated
		}
	}
	m.put(`<?xml version="1.0" encoding="utf-8"?>`, "\n", `<feed xmlns="http://www.w3.org/2005/Atom">`)
	put("title", "Downloads")
	put("id", site+FeedPath)
	put("updated", updated.UTC().Format(time.RFC3339))
	m.put("<author><name>Downlink</name></author>")
	link(IndexPath, "")
	link(FeedPath, ` rel="self"`)
	for _, it := range items {
		m.put("\n<entry>")
		put("title", it.Title)
		put("id", site+it.URL)
		put("published", it.Created.UTC().Format(time.RFC3339))
		put("updated", it.Updated.UTC().Format(time.RFC3339))
		link(it.URL, "")
		if it.Category != "" {
			m.put("<category term=")
			m.quoted(it.Category)
			m.put("/>")
		}
		m.put("</entry>")
	}
	m.put("\n</feed>\n")
	return []byte(m.String())
}
