package download_test

import (
	"errors"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

func items(item catalog.Item) *catalog.Catalog { return catalog.New(oneItem{item: item}) }

// An item says of each of its files what the store would otherwise.
func TestObjectViewFields(t *testing.T) {
	when := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	item := catalog.Item{
		Slug: "manual", Store: "mem", Key: "own.txt", Charset: "latin1", Modified: when, Size: 18, ETag: `"v1"`,
		Files: map[string]catalog.File{
			"thumb": {Store: "mem", Key: "t.svg.gz", Name: "thumb.svg", MediaType: "image/svg+xml", Encoding: "gzip", ETag: `"v2"`},
			"lost":  {Store: "gone", Key: "own.txt"},
		},
	}
	stores := map[string]*storage.Store{"mem": memory("own.txt", "t.svg.gz")}
	view := func(field string) *download.ObjectView {
		return &download.ObjectView{Catalog: items(item), Stores: stores, Field: field}
	}
	s := newService(t, nil,
		download.Route{Pattern: "/d/{slug}", View: view("")},
		download.Route{Pattern: "/thumb/{slug}", View: view("thumb")},
		download.Route{Pattern: "/f/{slug}/{field}", View: view("{field}")},
	)
	own := map[string]string{
		"Content-Type": "text/plain; charset=latin1", "ETag": `"v1"`, "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
		"Content-Disposition": `attachment; filename="own.txt"`,
	}
	thumb := map[string]string{
		"Content-Type": "image/svg+xml", "ETag": `"v2"`, "Last-Modified": "", "Content-Encoding": "gzip",
		"Content-Disposition": `attachment; filename="thumb.svg"`,
	}
	for path, want := range map[string]map[string]string{
		"/d/manual": own, "/f/manual/file": own, "/thumb/manual": thumb, "/f/manual/thumb": thumb,
	} {
		a := ask(t, s, get(path))
		for name, value := range want {
			if got := a.Get(name); a.Status != 200 || got != value {
				t.Errorf("%s: %d, %s = %q, want %q", path, a.Status, name, got, value)
			}
		}
	}
	for _, path := range []string{"/f/manual/none", "/f/manual/Thumb", "/f/manual/lost", "/f/other/thumb"} {
		if a := ask(t, s, get(path)); a.Status != 404 || a.Cause == nil {
			t.Errorf("%s: %d (%v), want 404 and a cause", path, a.Status, a.Cause)
		}
	}
	r := get("/d/manual")
	r.Range, r.IfRange = "bytes=0-6", `"v1"`
	if a := ask(t, s, r); a.Status != 206 || body(t, &a) != "content" {
		t.Errorf("range with the item's tag: %d", a.Status)
	}
}

// What is announced is never other than what is sent: a file that is not of the
// item's size is refused, whoever would send it, before any condition is looked at.
func TestItemOfAnotherSize(t *testing.T) {
	store, _ := folder(t, "mem", "a.txt")
	item := catalog.Item{Slug: "a", Store: "mem", Key: "a.txt", Size: 17, ETag: `"v1"`}
	view := &download.ObjectView{Catalog: items(item), Stores: map[string]*storage.Store{"mem": store}}
	for name, rules := range map[string][]download.Rule{"streamed": nil, "offloaded": {{Source: "mem", Destination: "/i/"}}} {
		s := newService(t, rules, download.Route{Pattern: "/d/{slug}", View: view})
		r := get("/d/a")
		r.IfNoneMatch = `"v1"`
		a := ask(t, s, r)
		if a.Status != 503 || !errors.Is(a.Cause, storage.ErrChanged) || a.Delivery != core.None {
			t.Errorf("%s: %d by %v (%v), want 503 and why", name, a.Status, a.Delivery, a.Cause)
		}
	}
	item.Size = 16
	view.Catalog = items(item)
	s := newService(t, nil, download.Route{Pattern: "/d/{slug}", View: view})
	if a := ask(t, s, get("/d/a")); a.Status != 200 {
		t.Errorf("of the right size: %d (%v)", a.Status, a.Cause)
	}
}
