package download_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// offered is a service of one item at /d/a, its fields at /d/a/field and its versions
// at /d/a/v/version.
func offered(t *testing.T, rules []download.Rule, item catalog.Item) *download.Service {
	t.Helper()
	store, _ := folder(t, "mem", "own.txt", "old.txt", "image.png")
	stores := map[string]*storage.Store{"mem": store}
	item.Slug, item.Store, item.Key = "a", "mem", "own.txt"
	view := func(field string) *download.ObjectView {
		return &download.ObjectView{Catalog: items(item), Stores: stores, Field: field}
	}
	return newService(t, rules,
		download.Route{Pattern: "/d/{slug}", View: view("")},
		download.Route{Pattern: "/d/{slug}/{field}", View: view("{field}")},
		download.Route{Pattern: "/d/{slug}/v/{version}", View: view(catalog.VersionField("{version}"))},
	)
}

// A version keeps its URL when a later one takes its place.
func TestC8_Versions(t *testing.T) {
	item := catalog.Item{Version: "2.0", Versions: []catalog.Version{{Name: "1.0", File: catalog.File{Store: "mem", Key: "old.txt", Name: "one.txt", ETag: `"1"`}}}}
	s := offered(t, nil, item)
	for path, want := range map[string]string{
		"/d/a": "own.txt", "/d/a/v/2.0": "own.txt", "/d/a/v/1.0": "one.txt", "/d/a/@1.0": "one.txt", "/d/a/v/3.0": "", "/d/a/v/": "", "/d/a/@": "",
	} {
		a := ask(t, s, get(path))
		disposition := fmt.Sprintf("attachment; filename=%q", want)
		if want == "" && a.Status != 404 || want != "" && (a.Status != 200 || a.Get("Content-Disposition") != disposition) {
			t.Errorf("%s: %d %q, want %q", path, a.Status, a.Get("Content-Disposition"), want)
		}
	}
}

func TestC8_Dates(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		item   catalog.Item
		status int
	}{
		"unlisted": {catalog.Item{}, 200}, "draft": {catalog.Item{Draft: true}, 404},
		"to come": {catalog.Item{Publish: now.Add(time.Second)}, 404}, "come": {catalog.Item{Publish: now}, 200},
		"going": {catalog.Item{Expires: now.Add(time.Second)}, 200}, "gone": {catalog.Item{Expires: now}, 410},
	} {
		for _, path := range []string{"/d/a", "/d/a/file"} {
			r := get(path)
			r.Now, r.IfNoneMatch = now, `"x"`
			if a := ask(t, offered(t, nil, row.item), r); a.Status != row.status {
				t.Errorf("%s: %s is %d (%v), want %d", name, path, a.Status, a.Cause, row.status)
			}
		}
	}
}

func TestHashMakesTheTag(t *testing.T) {
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	a := ask(t, offered(t, nil, catalog.Item{SHA256: sum}), get("/d/a"))
	if tag, digest := a.Get("ETag"), a.Get("Repr-Digest"); tag != `"`+sum+`"` || digest != "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:" {
		t.Errorf("ETag %s, Repr-Digest %s", tag, digest)
	}
	if a := ask(t, offered(t, nil, catalog.Item{SHA256: sum, ETag: `"v1"`}), get("/d/a")); a.Get("ETag") != `"v1"` {
		t.Errorf("ETag %s, want the item's", a.Get("ETag"))
	}
}

// An item with a limit is downloaded that often, whoever sends its bytes; its picture
// is not counted.
func TestC8_MaxDownloads(t *testing.T) {
	for name, rules := range map[string][]download.Rule{"streamed": nil, "offloaded": {{Source: "mem", Destination: "/i/"}}} {
		s := offered(t, rules, catalog.Item{MaxDownloads: 2, Created: time.UnixMilli(1000), Files: map[string]catalog.File{"image": {Store: "mem", Key: "image.png"}}})
		uses := &fakeUses{n: map[string]int64{}, begun: map[string]time.Time{}}
		s.SetLinks(download.Links{Uses: uses})
		for i, step := range []struct {
			method, path, client, rng string
			status                    int
		}{
			{"HEAD", "/d/a", "192.0.2.1:1", "", 200}, {"GET", "/d/a/image", "192.0.2.1:1", "", 200}, {"GET", "/d/a", "192.0.2.1:1", "", 200},
			{"GET", "/d/a", "192.0.2.1:2", "bytes=5-", 206}, {"GET", "/d/a", "192.0.2.2:1", "bytes=5-", 403},
			{"GET", "/d/a/file", "192.0.2.2:1", "", 200}, {"GET", "/d/a", "192.0.2.3:1", "", 410}, {"GET", "/d/a/file", "192.0.2.1:1", "", 410},
			{"GET", "/d/a", "192.0.2.1:3", "bytes=5-", 206}, {"GET", "/d/a/image", "192.0.2.9:1", "", 200},
		} {
			r := get(step.path)
			r.Method, r.Client, r.Range = step.method, step.client, step.rng
			a := ask(t, s, r)
			if a.Status != step.status && !(name == "offloaded" && step.status == 206 && a.Status == 200) {
				t.Errorf("%s, step %d: %d (%s), want %d", name, i, a.Status, a.Reason, step.status)
			}
			a.Close()
		}
		if got := uses.n["/items/a@1000"]; got != 2 {
			t.Errorf("%s: %d were counted, want 2", name, got)
		}
	}
	// An item that is made anew under the slug has a count of its own.
	uses := &fakeUses{n: map[string]int64{}, begun: map[string]time.Time{}}
	for _, step := range []struct{ created, status int }{{1, 200}, {1, 410}, {2, 200}, {2, 410}} {
		s := offered(t, nil, catalog.Item{MaxDownloads: 1, Created: time.UnixMilli(int64(step.created))})
		s.SetLinks(download.Links{Uses: uses})
		a := ask(t, s, get("/d/a"))
		if a.Status != step.status {
			t.Errorf("made at %d: %d, want %d", step.created, a.Status, step.status)
		}
		a.Close()
	}
	s := offered(t, nil, catalog.Item{MaxDownloads: 1})
	if a := ask(t, s, get("/d/a")); a.Status != 503 {
		t.Errorf("nobody counts: %d, want 503", a.Status)
	}
}

// nginx holds a download to its rate, this process does so for all others.
func TestC8_RateIsHeldTo(t *testing.T) {
	for front, want := range map[string]core.Delivery{download.Nginx: core.Offload, download.Apache: core.Stream, download.Lighttpd: core.Stream, download.Caddy: core.Stream} {
		rules := []download.Rule{{Source: "mem", Front: front, Destination: "/i/"}}
		if a := ask(t, offered(t, rules, catalog.Item{LimitRate: 1000}), get("/d/a")); a.Delivery != want || a.Rate != 1000 {
			t.Errorf("%s: delivered by %v at %d a second, want %v", front, a.Delivery, a.Rate, want)
		}
		if a := ask(t, offered(t, rules, catalog.Item{}), get("/d/a")); a.Delivery != core.Offload || a.Rate != 0 {
			t.Errorf("%s without a rate: %v, %d", front, a.Delivery, a.Rate)
		}
	}
}
