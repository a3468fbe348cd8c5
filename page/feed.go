package page

import (
	"crypto/sha256"
	"fmt"
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
	sendTagged(w, r, "application/atom+xml", feed(x.site(r), items))
}

// site is the site's URL without a slash at its end, "" if it is not known.
func (x *Index) site(r *http.Request) string {
	if x.URL == "" && x.WholeURLs && r.URL.Host != "" {
		return r.URL.Scheme + "://" + r.URL.Host
	}
	return strings.TrimSuffix(x.URL, "/")
}

// identity is an IRI for what is at a path: its URL or, if the site's is not known, a UUID
// (RFC 9562, 5.8) of the path and of when it was made.
func identity(site, path string, made time.Time) string {
	if site != "" {
		return site + path
	}
	sum := sha256.Sum256([]byte(path + " " + made.UTC().Format(time.RFC3339Nano)))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
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
	put("id", identity(site, FeedPath, time.Time{}))
	put("updated", updated.UTC().Format(time.RFC3339))
	m.put("<author><name>Downlink</name></author>")
	link(IndexPath, "")
	link(FeedPath, ` rel="self"`)
	for _, it := range items {
		m.put("\n<entry>")
		put("title", it.Title)
		put("id", identity(site, it.URL, it.Created))
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
