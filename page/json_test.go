package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

var offered = []catalog.Item{
	{Slug: "a", Title: "<A>", Category: "Manuals/Printers", Visible: true},
	{Slug: "b", Category: "Manuals", Visible: true},
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
		Catalog: catalog.New(items{all: offered}), Item: pattern(t, "/d/{slug}"),
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
	var got any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var want any
	err := json.Unmarshal([]byte(`{
		"categories": [
			{"path": [], "items": [{"slug": "c", "title": "c", "url": "/d/c"}]},
			{"path": ["Manuals"], "items": [{"slug": "b", "title": "b", "url": "/d/b"}]},
			{"path": ["Manuals", "Printers"], "items": [{"slug": "a", "title": "<A>", "url": "/d/a"}, {"slug": "d", "title": "d", "url": "/d/d"}]},
			{"path": ["Manuals-old"], "items": [{"slug": "e", "title": "e", "url": "/d/e"}]}
		],
		"stores": [
			{"name": "files", "files": [
				{"name": "b \ufffd.txt", "url": "/p/b%20%FF.txt", "size": 2, "modified": "2023-11-14T22:13:20Z"},
				{"name": "a/c.txt", "url": "/p/a/c.txt", "size": 0, "modified": "2023-11-14T22:13:20Z"}
			], "more": false},
			{"name": "none", "files": [], "more": false}
		],
		"more": false
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
	for _, want := range []string{"<bdi>c<", "<h3><bdi>Manuals</bdi></h3>", "<bdi>b<", "Manuals</bdi> › <bdi>Printers", "&lt;A&gt;", "<bdi>d<", "Manuals-old", "Files in <bdi>files<", "Files in <bdi>none<"} {
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
	if want := `{"categories":[],"stores":[],"more":false}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A program would take a part for the whole.
func TestC3_NoIndexOfAPart(t *testing.T) {
	for name, x := range map[string]*page.Index{
		"items": {Catalog: catalog.New(items{all: offered, err: errors.New("down")}), Item: pattern(t, "/d/{slug}")},
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
