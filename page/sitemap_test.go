package page_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/page"
)

// sitemap is a map or an index of them.
type sitemap struct {
	XMLName xml.Name
	URLs    []struct {
		Loc     string    `xml:"loc"`
		Lastmod time.Time `xml:"lastmod"`
	} `xml:"url"`
	Parts []struct {
		Loc string `xml:"loc"`
	} `xml:"sitemap"`
}

func askSitemap(t *testing.T, x *page.Index, query string, fields ...string) (*httptest.ResponseRecorder, sitemap) {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", page.SitemapPath+query, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	x.Sitemap().ServeHTTP(w, r)
	var m sitemap
	if w.Code == 200 {
		if err := xml.Unmarshal(w.Body.Bytes(), &m); err != nil || m.XMLName.Space != "http://www.sitemaps.org/schemas/sitemap/0.9" {
			t.Errorf("%s: %v, %+v", query, err, m.XMLName)
		}
	}
	return w, m
}

// TestC3_Sitemap: robots are told of what lists have, and of nothing else.
func TestC3_Sitemap(t *testing.T) {
	past, future := time.Now().Add(-time.Hour).Truncate(time.Second), time.Now().Add(time.Hour).Truncate(time.Second)
	x := shelf(t, 2, catalog.Item{Slug: "hidden"}, catalog.Item{Slug: "draft", Visible: true, Draft: true},
		catalog.Item{Slug: "expired", Visible: true, Expires: past}, catalog.Item{Slug: "soon", Visible: true, Publish: future})
	w, m := askSitemap(t, x, "")
	var got []string
	for _, u := range m.URLs {
		got = append(got, u.Loc)
	}
	if want := "https://files.example.org/ https://files.example.org/d/i000 https://files.example.org/d/i001"; strings.Join(got, " ") != want || m.XMLName.Local != "urlset" {
		t.Errorf("got %s of %q, want %s", m.XMLName.Local, got, want)
	}
	if age := time.Since(m.URLs[1].Lastmod); age > time.Minute || w.Header().Get("Content-Type") != "application/xml" {
		t.Errorf("changed %v ago, %v", age, w.Header())
	}
	again, _ := askSitemap(t, x, "", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("who has it gets %d", again.Code)
	}
}

// manyItems is a catalogue of so many items.
type manyItems struct {
	catalog.Driver
	n int
}

func (m manyItems) List(_ context.Context, _ string, yield func(catalog.Item) bool) error {
	for i := range m.n {
		yield(catalog.Item{Slug: fmt.Sprintf("i%06d", i), Visible: true})
	}
	return nil
}

// TestC3_SitemapOfMany: parts of 50,000, and an index of them.
func TestC3_SitemapOfMany(t *testing.T) {
	x := &page.Index{Catalog: catalog.New(manyItems{n: 100_000}), Item: pattern(t, "/d/{slug}"), URL: "https://files.example.org/"} // and the page itself
	_, index := askSitemap(t, x, "")
	if len(index.Parts) != 3 || index.Parts[2].Loc != "https://files.example.org/sitemap.xml?part=3" || index.XMLName.Local != "sitemapindex" {
		t.Fatalf("%+v", index)
	}
	seen := map[string]bool{}
	for _, part := range []string{"?part=1", "?part=2", "?part=3"} {
		_, m := askSitemap(t, x, part)
		if len(m.URLs) > 50_000 {
			t.Errorf("%s has %d URLs", part, len(m.URLs))
		}
		for _, u := range m.URLs {
			seen[u.Loc] = true
		}
	}
	if len(seen) != 100_001 || !seen["https://files.example.org/d/i099999"] {
		t.Errorf("%d URLs", len(seen))
	}
	for _, part := range []string{"?part=0", "?part=4", "?part=x", "?part=-1", "?part="} {
		if w, _ := askSitemap(t, x, part); w.Code != 404 {
			t.Errorf("%s: %d, want 404", part, w.Code)
		}
	}
}

// TestC3_SitemapOfAnUnknownSite: the form has no relative URLs, and the client's word
// is not the site's.
func TestC3_SitemapOfAnUnknownSite(t *testing.T) {
	var log strings.Builder
	x := shelf(t, 1)
	x.URL, x.Log = "", slog.New(slog.NewTextHandler(&log, nil))
	w, _ := askSitemap(t, x, "", "X-Forwarded-Proto", "https")
	if w.Code != 404 || !strings.Contains(log.String(), "write url into [admin]") {
		t.Errorf("%d, want 404; the log says %q", w.Code, log.String())
	}
}

// TestC3_SitemapFollows: an item that lists do not have any more is not in the sitemap
// either, though the catalogue is not read at each request.
func TestC3_SitemapFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		soon := time.Now().Add(time.Minute)
		d := &oneShelf{items: map[string]catalog.Item{"stays": {}, "ends": {Expires: soon}, "begins": {Publish: soon}}}
		x := &page.Index{Catalog: catalog.New(d), Item: pattern(t, "/d/{slug}"), URL: "https://files.example.org/"}
		m := x.Sitemap()
		want := func(reads int, slugs ...string) {
			t.Helper()
			w := httptest.NewRecorder()
			m.ServeHTTP(w, httptest.NewRequest("GET", page.SitemapPath, nil))
			var got []string
			for _, slug := range []string{"stays", "ends", "begins"} {
				if strings.Contains(w.Body.String(), "/d/"+slug+"<") {
					got = append(got, slug)
				}
			}
			if !slices.Equal(got, slugs) || d.reads != reads {
				t.Errorf("%v, read %d times; want %v, %d", got, d.reads, slugs, reads)
			}
		}
		put := func(it catalog.Item) {
			t.Helper()
			it.Store, it.Key = "s", "k"
			if err := x.Catalog.Put(t.Context(), []catalog.Item{it}); err != nil {
				t.Fatal(err)
			}
		}
		want(1, "stays", "ends")
		time.Sleep(time.Minute)
		want(1, "stays", "begins")
		put(catalog.Item{Slug: "begins", Visible: true, Draft: true})
		want(2, "stays")
		put(catalog.Item{Slug: "stays"})
		want(3)
		put(catalog.Item{Slug: "ends", Visible: true})
		want(4, "ends")
		if err := x.Catalog.Delete(t.Context(), "ends"); err != nil {
			t.Fatal(err)
		}
		want(5)
		d.items["ends"] = catalog.Item{Slug: "ends", Visible: true} // by another program
		want(5)
		time.Sleep(10 * time.Minute)
		want(6, "ends")
	})
}

// oneShelf is a catalogue in memory that notes how often it was read. Items without a
// slug are visible ones.
type oneShelf struct {
	catalog.Driver
	items map[string]catalog.Item
	reads int
}

func (d *oneShelf) List(_ context.Context, _ string, yield func(catalog.Item) bool) error {
	d.reads++
	for slug, it := range d.items {
		it.Visible = it.Visible || it.Slug == ""
		it.Slug = slug
		yield(it)
	}
	return nil
}

func (d *oneShelf) Put(_ context.Context, items []catalog.Item) error {
	for _, it := range items {
		d.items[it.Slug] = it
	}
	return nil
}

func (d *oneShelf) Delete(_ context.Context, slug string) error {
	delete(d.items, slug)
	return nil
}

func TestC3_SitemapThatCannotBeRead(t *testing.T) {
	x := shelf(t, 1)
	x.Catalog.Close()
	if w, _ := askSitemap(t, x, ""); w.Code != 503 {
		t.Errorf("%d, want 503", w.Code)
	}
}
