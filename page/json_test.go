package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

var born = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

var offered = []catalog.Item{
	{Slug: "a", Title: "<A>", Category: "Manuals/Printers", Visible: true},
	{Slug: "b", Category: "Manuals", Visible: true, Version: "2.0", Size: 7, Created: born, Files: map[string]catalog.File{"image": {Store: "files", Key: "i"}}},
	{Slug: "c", Visible: true},
	{Slug: "d", Category: "Manuals/Printers", Visible: true},
	{Slug: "e", Category: "Manuals-old", Visible: true},
	{Slug: "hidden", Category: "Secret"},
}

func offer(t *testing.T) *page.Index {
	m := memstore.New()
	m.Put("p/b \xff.txt", []byte("12"), memstore.Options{Modified: time.Unix(1700000000, 5)})
	m.Put("p/a/c.txt", nil, memstore.Options{Modified: time.Unix(1700000000, 0)})
	m.Put("q", nil)
	return &page.Index{
		Catalog: itemsOf(t, offered...), Item: pattern(t, "/d/{slug}"), Image: pattern(t, "/i/{slug}"),
		Files: []page.Listing{
			{Store: storage.New("files", m), Prefix: "p/", Pattern: pattern(t, "/p/{path...}")},
			{Store: storage.New("none", memstore.New()), Pattern: pattern(t, "/n/{path...}")},
		},
	}
}

// TestC3_Index: items by nested category, categories without a visible item left
// out, files by store, as JSON.
func TestC3_Index(t *testing.T) {
	w := ask(offer(t), "GET", page.JSONPath)
	body := regexp.MustCompile(`"(created|updated)":"202[5-9][^"]*",?`).ReplaceAllString(w.Body.String(), "") // when the test ran
	var got any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, ",}", "}")), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var want any
	err := json.Unmarshal([]byte(`{
		"categories": [
			{"path": ["Manuals"], "title": "Manuals", "items": 3, "url": "/?category=Manuals"},
			{"path": ["Manuals", "Printers"], "title": "Printers", "items": 2, "url": "/?category=Manuals%2FPrinters"},
			{"path": ["Manuals-old"], "title": "Manuals-old", "items": 1, "url": "/?category=Manuals-old"}
		],
		"items": [
			{"slug": "a", "title": "<A>", "url": "/d/a", "category": ["Manuals", "Printers"], "downloads": 0},
			{"slug": "b", "title": "b", "url": "/d/b", "image": "/i/b", "category": ["Manuals"], "version": "2.0", "size": 7, "downloads": 0, "created": "2024-01-02T03:04:05Z"},
			{"slug": "c", "title": "c", "url": "/d/c", "downloads": 0},
			{"slug": "d", "title": "d", "url": "/d/d", "category": ["Manuals", "Printers"], "downloads": 0},
			{"slug": "e", "title": "e", "url": "/d/e", "category": ["Manuals-old"], "downloads": 0}
		],
		"total": 5,
		"stores": [
			{"name": "files", "files": [
				{"name": "b \ufffd.txt", "url": "/p/b%20%FF.txt", "size": 2, "modified": "2023-11-14T22:13:20Z"},
				{"name": "a/c.txt", "url": "/p/a/c.txt", "size": 0, "modified": "2023-11-14T22:13:20Z"}
			], "more": false},
			{"name": "none", "files": [], "more": false}
		]
	}`), &want)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %s", w.Body)
	}
	if h := w.Header(); h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-cache" {
		t.Errorf("fields: %v", h)
	}
	html := get(offer(t), "GET").Body.String()
	last := -1
	for _, want := range []string{">Manuals<", `class="count">3<`, ">Printers<", ">Manuals-old<", "5 items", "&lt;A&gt;", `src="/i/b"`, ">b<", "version 2.0 · 7 B · 0 downloads", "<bdi>c<", "<bdi>d<", "Files in <bdi>files<", "Files in <bdi>none<"} {
		if at := strings.Index(html, want); at <= last {
			t.Errorf("%q is not in its place on the page", want)
		} else {
			last = at
		}
	}
	if strings.Contains(html, "Secret") {
		t.Error("a category without a visible item is listed")
	}
}

func TestC3_IndexOfNothing(t *testing.T) {
	got := ask(&page.Index{}, "GET", page.JSONPath).Body.String()
	if want := `{"categories":[],"items":[],"total":0,"stores":[]}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A program would take a part for the whole.
func TestC3_NoIndexOfAPart(t *testing.T) {
	for name, x := range map[string]*page.Index{
		"items": {Catalog: catalog.New(noItems{err: errors.New("down")}), Item: pattern(t, "/d/{slug}")},
		"files": {Files: []page.Listing{{Store: storage.New("files", down{}), Pattern: pattern(t, "/p/{path...}")}}},
	} {
		w := ask(x, "GET", page.JSONPath)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "{") {
			t.Errorf("%s cannot be read: %d %s", name, w.Code, w.Body)
		}
	}
}

// down is a store that does not answer.
type down struct{ storage.Driver }

func (down) List(context.Context, string, func(storage.Entry) bool) error { return errors.New("down") }
