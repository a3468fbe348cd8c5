package download_test

import (
	"archive/zip"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
)

func TestZipView(t *testing.T) {
	store := memory("2026/a.txt", "2026/sub/b.txt", "2025/c.txt")
	s := newService(t, nil,
		download.Route{Pattern: "/zip/{path...}", View: &download.ZipView{Store: store, Sums: zipfile.NewSums(10)}},
		download.Route{Pattern: "/last", View: &download.ZipView{Store: store, Path: "2025", Options: core.Options{Basename: "last.zip"}}},
		download.Route{Pattern: "/all", View: &download.ZipView{Store: store, Whole: true}},
		download.Route{Pattern: "/few", View: &download.ZipView{Store: store, Whole: true, Most: 2}},
		download.Route{Pattern: "/mine", View: &download.ZipView{Most: 1, Members: func(ctx context.Context, r *download.Request) ([]zipfile.Member, string, error) {
			m, err := store.Stat(ctx, "2025/c.txt")
			return []zipfile.Member{{Name: "x.txt", Store: store, Key: "2025/c.txt", Metadata: m}}, "mine.zip", err
		}}},
		download.Route{Pattern: "/toomany", View: &download.ZipView{Most: 1, Members: func(context.Context, *download.Request) ([]zipfile.Member, string, error) {
			return make([]zipfile.Member, 2), "", nil
		}}},
	)
	for path, want := range map[string]struct {
		status      int
		name, files string
	}{
		"/zip/2026":     {200, "2026.zip", "a.txt sub/b.txt"},
		"/zip/2026/sub": {200, "sub.zip", "b.txt"},
		"/last":         {200, "last.zip", "c.txt"},
		"/all":          {200, "mem.zip", "2025/c.txt 2026/a.txt 2026/sub/b.txt"},
		"/mine":         {200, "mine.zip", "x.txt"},
		"/zip/20":       {404, "", ""},
		"/few":          {403, "", ""},
		"/toomany":      {403, "", ""},
	} {
		a := ask(t, s, get(path))
		if a.Status != want.status {
			t.Errorf("%s: %d, %v, want %d", path, a.Status, a.Cause, want.status)
		}
		if a.Status != 200 {
			continue
		}
		b := body(t, &a)
		z, err := zip.NewReader(strings.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, f := range z.File {
			files = append(files, f.Name)
		}
		if got := strings.Join(files, " "); got != want.files {
			t.Errorf("%s: files %s, want %s", path, got, want.files)
		}
		if got := a.Get("Content-Disposition"); got != `attachment; filename="`+want.name+`"` {
			t.Errorf("%s: %s", path, got)
		}
		if a.Get("Content-Type") != "application/zip" || a.Get("ETag") == "" || a.Get("Last-Modified") != "" {
			t.Errorf("%s: %v", path, a.Fields)
		}
	}
}

func TestZipViewConditions(t *testing.T) {
	store := memory("a.txt", "b.txt")
	s := newService(t, nil, download.Route{Pattern: "/all", View: &download.ZipView{Store: store, Whole: true}})
	first := ask(t, s, get("/all"))
	tag, size := first.Get("ETag"), first.Get("Content-Length")
	r := get("/all")
	r.IfNoneMatch = tag
	if a := ask(t, s, r); a.Status != 304 {
		t.Errorf("the same archive: %d, want 304", a.Status)
	}
	r = get("/all")
	r.Range, r.IfRange = "bytes=10-19", tag
	whole := body(t, &first)
	if a := ask(t, s, r); a.Status != 206 || body(t, &a) != whole[10:20] || a.Get("Content-Range") != "bytes 10-19/"+size {
		t.Errorf("a range: %d %v", a.Status, a.Fields)
	}
	r = get("/all")
	r.Range = "bytes=0-0,-1"
	if a := ask(t, s, r); a.Status != 206 || len(a.Spans) != 2 {
		t.Errorf("two ranges: %d %v", a.Status, a.Spans)
	}
	r = get("/all")
	r.Method = "HEAD"
	if a := ask(t, s, r); a.Status != 200 || a.Get("Content-Length") != size || a.Object != nil {
		t.Errorf("HEAD: %d %v", a.Status, a.Fields)
	}
}

// bySlug is a catalogue of these items.
type bySlug struct {
	catalog.Driver
	items map[string]catalog.Item
}

func (b bySlug) Item(_ context.Context, slug string) (catalog.Item, error) {
	item, ok := b.items[slug]
	if !ok {
		return item, catalog.ErrNotFound
	}
	return item, nil
}

func TestItemMembers(t *testing.T) {
	stores := map[string]*storage.Store{"mem": memory("a.txt", "dir/b.txt")}
	items := catalog.New(bySlug{items: map[string]catalog.Item{
		"a":      {Store: "mem", Key: "a.txt", Name: "../Größe/1.txt"},
		"b":      {Store: "mem", Key: "dir/b.txt", Size: int64(len("content of dir/b.txt"))},
		"other":  {Store: "mem", Key: "a.txt", Size: 1},
		"astray": {Store: "none", Key: "a.txt"},
		"gone":   {Store: "mem", Key: "gone.txt"},
		"few":    {Store: "mem", Key: "a.txt", MaxDownloads: 1},
	}})
	members, err := download.ItemMembers(t.Context(), items, stores, []string{"b", "a"})
	if err != nil || len(members) != 2 || members[0].Name != "b.txt" || members[1].Name != ".._Größe_1.txt" {
		t.Errorf("%+v, %v", members, err)
	}
	for slug, want := range map[string]error{
		"other": storage.ErrChanged, "astray": storage.ErrNotFound, "gone": storage.ErrNotFound, "unknown": catalog.ErrNotFound,
		"few": download.ErrForbidden,
	} {
		if _, err := download.ItemMembers(t.Context(), items, stores, []string{"a", slug}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", slug, err, want)
		}
	}
}
