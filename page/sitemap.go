package page

import (
	"context"
	"html"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
)

// SitemapPath is where Sitemap usually is. Its parts are there too, by ?part=1 and so on.
const SitemapPath = "/sitemap.xml"

const (
	// maxURLs is how many a sitemap has at most (sitemaps.org).
	maxURLs = 50_000
	// sitemapLife is how long it is good unless the catalogue is changed here: it takes
	// the whole catalogue to make one.
	sitemapLife = 10 * time.Minute
	// sitemapPatience is how long that may take.
	sitemapPatience = 30 * time.Second
)

// Sitemap is a handler that tells robots of all items that lists have, in the form of
// sitemaps.org, which needs the site's URL: without it, nothing is there. With more than
// 50,000 of them it answers with an index of parts. It keeps the URLs in memory, some 70
// bytes for each, and reads the catalogue again if it is asked after a change by Catalog,
// or ten minutes later: others may have changed it.
func (x *Index) Sitemap() http.Handler { return &sitemap{index: x} }

type sitemap struct {
	index *Index

	mu      sync.Mutex
	made    time.Time
	changes uint64 // of the catalogue when it was read
	urls    []siteURL
}

type siteURL struct {
	path    string
	changed time.Time
	period  *core.Offer // nil: always
}

// ServeHTTP answers GET and HEAD.
func (s *sitemap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !begin(w, r) {
		return
	}
	site := s.index.site(r)
	if site == "" {
		s.index.log().Warn("no sitemap", "cause", "it needs the site's URL: write url into [admin]")
		Refuse(w, r, core.Refuse(404, "the site's URL is not known"))
		return
	}
	urls, err := s.read(r.Context(), time.Now())
	if err != nil {
		s.index.log().Error("sitemap", "cause", err)
		Refuse(w, r, core.Refuse(503, "the list cannot be read"))
		return
	}
	parts := (len(urls) + maxURLs - 1) / maxURLs
	m := &markup{}
	m.put(`<?xml version="1.0" encoding="utf-8"?>`, "\n")
	part, err := strconv.Atoi(r.URL.Query().Get("part"))
	switch {
	case !r.URL.Query().Has("part") && parts <= 1:
		m.putURLs(site, urls)
	case !r.URL.Query().Has("part"):
		m.putParts(site, parts)
	case err != nil || part < 1 || part > parts:
		Refuse(w, r, core.Refuse(404, "no page is there"))
		return
	default:
		m.putURLs(site, urls[(part-1)*maxURLs:min(part*maxURLs, len(urls))])
	}
	sendTagged(w, r, "application/xml", []byte(m.String()))
}

// read is the URLs of the items that are listed at a time. Who comes while they are read
// waits.
func (s *sitemap) read(ctx context.Context, now time.Time) ([]siteURL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes := s.index.Catalog.Changes()
	if s.urls == nil || changes != s.changes || now.Sub(s.made) >= sitemapLife {
		urls, err := s.collect(ctx)
		if err != nil {
			return nil, err
		}
		s.urls, s.made, s.changes = urls, now, changes
	}
	listed := make([]siteURL, 0, len(s.urls))
	for _, u := range s.urls {
		if u.period == nil || u.period.Status(now) == 200 {
			listed = append(listed, u)
		}
	}
	return listed, nil
}

// collect is the URLs of the items that lists have, some at another time.
func (s *sitemap) collect(ctx context.Context) ([]siteURL, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sitemapPatience) // the answer is for others too
	defer cancel()
	urls := []siteURL{{path: IndexPath}}
	err := s.index.Catalog.List(ctx, "", func(it catalog.Item) bool {
		if url, ok := s.index.Item.URL(it.Slug); ok && it.Visible && !it.Draft {
			u := siteURL{path: url, changed: it.Updated}
			if !it.Publish.IsZero() || !it.Expires.IsZero() {
				u.period = &core.Offer{Publish: it.Publish, Expires: it.Expires}
			}
			urls = append(urls, u)
		}
		return true
	})
	return urls, err
}

const sitemapNamespace = `"http://www.sitemaps.org/schemas/sitemap/0.9"`

func (m *markup) putURLs(site string, urls []siteURL) {
	m.put("<urlset xmlns=", sitemapNamespace, ">\n")
	for _, u := range urls {
		m.put("<url><loc>", html.EscapeString(site+u.path), "</loc>")
		if !u.changed.IsZero() {
			m.put("<lastmod>", u.changed.UTC().Format(time.RFC3339), "</lastmod>")
		}
		m.put("</url>\n")
	}
	m.put("</urlset>\n")
}

func (m *markup) putParts(site string, parts int) {
	m.put("<sitemapindex xmlns=", sitemapNamespace, ">\n")
	for part := 1; part <= parts; part++ {
		m.put("<sitemap><loc>", html.EscapeString(site+SitemapPath+"?part="+strconv.Itoa(part)), "</loc></sitemap>\n")
	}
	m.put("</sitemapindex>\n")
}
