package download_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

var codings = []string{"br", "zstd", "gzip"}

// at sets the modification times of files of a folder, in seconds.
func at(t *testing.T, dir string, times map[string]int64) {
	t.Helper()
	for name, sec := range times {
		when := time.Unix(sec, 0)
		if err := os.Chtimes(filepath.Join(dir, name), when, when); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPrecompressed(t *testing.T) {
	store, dir := folder(t, "s", "a.css", "a.css.gz", "a.css.br", "b.css", "b.css.gz", "c.css", "lost.css.gz", "d.css", "d.css.zst", "e.css")
	if err := os.Mkdir(filepath.Join(dir, "e.css.gz"), 0o700); err != nil {
		t.Fatal(err)
	}
	at(t, dir, map[string]int64{"a.css": 1000, "a.css.gz": 1000, "a.css.br": 1001, "b.css": 1000, "b.css.gz": 999, "d.css": 1000, "d.css.zst": 2000})
	s := newService(t, nil, download.Route{Pattern: "/f/{path...}", View: &download.StorageView{Store: store, Precompressed: codings}})
	for _, c := range []struct {
		path, accept, coding, tag string
		status                    int
	}{
		{"a.css", "", "", `"3e8-10"`, 200},
		{"a.css", "gzip", "gzip", `"3e8-13-gzip"`, 200},
		{"a.css", "gzip, br", "br", `"3e9-13-br"`, 200},
		{"a.css", "gzip;q=1, br;q=0.9", "gzip", `"3e8-13-gzip"`, 200},
		{"a.css", "zstd", "", `"3e8-10"`, 200},
		{"a.css", "zstd, gzip;q=0.1", "gzip", `"3e8-13-gzip"`, 200},
		{"a.css", "identity;q=0", "", `"3e8-10"`, 200},
		{"a.css", "gzip;q=0, *;q=0", "", `"3e8-10"`, 200},
		{"b.css", "gzip", "", `"3e8-10"`, 200}, // the .gz is older
		{"c.css", "gzip", "", "", 200},
		{"d.css", "zstd, gzip", "zstd", `"7d0-14-zstd"`, 200},
		{"e.css", "gzip", "", "", 200}, // a directory is no form of a file
		{"lost.css", "gzip", "", "", 404},
	} {
		r := get("/f/" + c.path)
		r.AcceptEncoding = c.accept
		a := ask(t, s, r)
		want := "content of " + c.path + core.Extension(c.coding)
		got := body(t, &a)
		if a.Status != c.status || c.status == 200 && got != want || a.Get("Content-Encoding") != c.coding {
			t.Errorf("%s for %q: %d %q as %q, want %d %q as %q", c.path, c.accept, a.Status, got, a.Get("Content-Encoding"), c.status, want, c.coding)
		}
		if c.status != 200 {
			continue
		}
		if a.Get("Vary") != "Accept-Encoding" || c.tag != "" && a.Get("ETag") != c.tag {
			t.Errorf("%s for %q: Vary %q, ETag %s, want %s", c.path, c.accept, a.Get("Vary"), a.Get("ETag"), c.tag)
		}
		if a.Get("Content-Type") != "text/css; charset=utf-8" || a.Get("Content-Disposition") != `attachment; filename="`+c.path+`"` {
			t.Errorf("%s for %q: %q, %q", c.path, c.accept, a.Get("Content-Type"), a.Get("Content-Disposition"))
		}
		if dated := a.Get("Last-Modified") != ""; dated != (c.coding == "") {
			t.Errorf("%s for %q: Last-Modified %q", c.path, c.accept, a.Get("Last-Modified"))
		}
	}
}

// Conditions and ranges are about the form that is sent.
func TestPrecompressedConditions(t *testing.T) {
	store, dir := folder(t, "s", "a.css", "a.css.gz")
	at(t, dir, map[string]int64{"a.css": 1000, "a.css.gz": 1000})
	s := newService(t, nil, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store, Precompressed: codings}})
	const plain, gzip, date = `"3e8-10"`, `"3e8-13-gzip"`, "Thu, 01 Jan 1970 00:16:40 GMT"
	for _, c := range []struct {
		name, accept string
		set          func(r *download.Request)
		status       int
		want         string
	}{
		{"range of the coded form", "gzip", func(r *download.Request) { r.Range = "bytes=11-18" }, 206, "a.css.gz"},
		{"range of it by its tag", "gzip", func(r *download.Request) { r.Range, r.IfRange = "bytes=11-18", gzip }, 206, "a.css.gz"},
		{"range of it by the other's tag", "gzip", func(r *download.Request) { r.Range, r.IfRange = "bytes=11-18", plain }, 200, "content of a.css.gz"},
		{"range of it by the date that both have", "gzip", func(r *download.Request) { r.Range, r.IfRange = "bytes=11-18", date }, 200, "content of a.css.gz"},
		{"range of the plain form by the coded one's tag", "", func(r *download.Request) { r.Range, r.IfRange = "bytes=11-15", gzip }, 200, "content of a.css"},
		{"its tag", "gzip", func(r *download.Request) { r.IfNoneMatch = gzip }, 304, ""},
		{"the other's tag", "gzip", func(r *download.Request) { r.IfNoneMatch = plain }, 200, "content of a.css.gz"},
		{"If-Match of the other", "gzip", func(r *download.Request) { r.IfMatch = plain }, 412, ""},
	} {
		r := get("/a.css")
		r.AcceptEncoding = c.accept
		c.set(r)
		a := ask(t, s, r)
		if got := body(t, &a); a.Status != c.status || got != c.want {
			t.Errorf("%s: %d %q, want %d %q", c.name, a.Status, got, c.status, c.want)
		}
		if a.Status == 304 && a.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: a 304 with Vary %q", c.name, a.Get("Vary"))
		}
	}
}

func TestPrecompressedOffload(t *testing.T) {
	store, dir := folder(t, "s", "a.css", "a.css.gz")
	at(t, dir, map[string]int64{"a.css": 1000, "a.css.gz": 1000})
	s := newService(t, []download.Rule{{Source: "s", Destination: "/i/"}},
		download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store, Precompressed: codings}})
	for accept, want := range map[string]string{"": "/i/a.css", "gzip": "/i@own/a.css.gz"} {
		r := get("/a.css")
		r.AcceptEncoding = accept
		a := ask(t, s, r)
		if a.Target.Path != want || a.Get("Vary") != "Accept-Encoding" {
			t.Errorf("for %q: %q with Vary %q, want %q", accept, a.Target.Path, a.Get("Vary"), want)
		}
	}
}

// Every view has it; what an item or a view says of the file is of the plain one.
func TestPrecompressedViews(t *testing.T) {
	store, dir := folder(t, "s", "a.css", "a.css.gz")
	at(t, dir, map[string]int64{"a.css": 1000, "a.css.gz": 1000})
	path, err := download.NewPathView(dir, core.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer path.Close()
	path.Precompressed = codings
	object := func(it catalog.Item) *download.ObjectView {
		it.Slug, it.Store, it.Key = "a", "s", "a.css"
		return &download.ObjectView{Catalog: items(it), Stores: map[string]*storage.Store{"s": store}, Precompressed: codings}
	}
	own := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Store: store, Key: "a.css", Precompressed: codings, Adjust: func(rep *core.Representation) {
			rep.Vary, rep.Digest, rep.ETag = "Cookie", "sha-256=:x:", `W/"1"`
		}}, nil
	})
	for _, c := range []struct {
		name              string
		view              download.View
		pattern           string
		coding, tag, vary string
		status            int
	}{
		{"path", path, "/{path}", "gzip", `"3e8-13-gzip"`, "Accept-Encoding", 200},
		{"item", object(catalog.Item{ETag: `"v1"`, Size: 16}), "/{slug}", "gzip", `"v1-gzip"`, "Accept-Encoding", 200},
		{"item of another size", object(catalog.Item{Size: 19}), "/{slug}", "", "", "", 503},
		{"item that is coded", object(catalog.Item{Encoding: "x"}), "/{slug}", "x", `"3e8-10"`, "Accept-Encoding", 200},
		{"own", own, "/x", "gzip", `W/"1-gzip"`, "Cookie, Accept-Encoding", 200},
	} {
		r := get(map[string]string{"/{path}": "/a.css", "/{slug}": "/a", "/x": "/x"}[c.pattern])
		r.AcceptEncoding = "gzip"
		a := ask(t, newService(t, nil, download.Route{Pattern: c.pattern, View: c.view}), r)
		if a.Status != c.status || a.Get("Content-Encoding") != c.coding || a.Get("ETag") != c.tag || a.Get("Vary") != c.vary || a.Get("Repr-Digest") != "" {
			t.Errorf("%s: %d (%v) %v", c.name, a.Status, a.Cause, a.Fields)
		}
	}
}
