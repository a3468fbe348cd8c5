package download_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/memstore"
)

func get(path string) *download.Request {
	return &download.Request{Request: core.Request{Method: "GET", Path: path, Now: time.Unix(1700000000, 0)}}
}

// ask answers a request and checks the decision.
func ask(t *testing.T, s *download.Service, r *download.Request) download.Answer {
	t.Helper()
	a := s.Answer(t.Context(), r)
	t.Cleanup(func() { a.Close() })
	if err := a.Validate(); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.Path, err)
	}
	return a
}

func newService(t *testing.T, rules []download.Rule, routes ...download.Route) *download.Service {
	t.Helper()
	s, err := download.New(routes, rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func memory(objects ...string) *storage.Store {
	m := memstore.New()
	for _, key := range objects {
		m.Put(key, []byte("content of "+key))
	}
	return storage.New("mem", m)
}

// folder is a store called name over a directory with the given files.
func folder(t *testing.T, name string, files ...string) (*storage.Store, string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("content of "+f), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return storage.New(name, d), dir
}

func body(t *testing.T, a *download.Answer) string {
	t.Helper()
	if a.Object == nil {
		return ""
	}
	span := core.Span{Length: a.Object.Metadata().Size}
	if len(a.Spans) == 1 {
		span = a.Spans[0]
	}
	r, err := a.Object.Section(t.Context(), span)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.LimitReader(r, span.Length))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStorageView(t *testing.T) {
	store := memory("docs/a.txt", "b.tar.gz")
	s := newService(t, nil,
		download.Route{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}},
		download.Route{Pattern: "/doc/{name}", View: &download.StorageView{Store: store, Path: "docs/{name}"}},
		download.Route{Pattern: "/fixed", View: &download.StorageView{Store: store, Path: "docs/a.txt", Options: core.Options{
			Inline: true, Basename: "read me.txt", MediaType: "text/markdown", Encoding: "gzip", Charset: "latin1", CacheControl: "public, max-age=60"}}},
		download.Route{Pattern: "/upper/{path}", View: &download.StorageView{Store: store, Compute: func(_ context.Context, r *download.Request) (string, error) {
			return "docs/" + strings.ToLower(r.Param("path")), nil
		}}},
	)
	for path, want := range map[string]string{
		"/files/docs/a.txt": "content of docs/a.txt", "/doc/a.txt": "content of docs/a.txt",
		"/fixed": "content of docs/a.txt", "/upper/A.TXT": "content of docs/a.txt",
	} {
		a := ask(t, s, get(path))
		if got := body(t, &a); a.Status != 200 || got != want {
			t.Errorf("%s: %d %q, want %q", path, a.Status, got, want)
		}
	}
	fixed := ask(t, s, get("/fixed"))
	for name, want := range map[string]string{
		"Content-Disposition": `inline; filename="read me.txt"`, "Content-Type": "text/markdown; charset=latin1",
		"Content-Encoding": "gzip", "Cache-Control": "public, max-age=60",
	} {
		// text/markdown is not shown in place: it is no safe type.
		if name == "Content-Disposition" {
			want = `attachment; filename="read me.txt"`
		}
		if got := fixed.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	targz := ask(t, s, get("/files/b.tar.gz"))
	if got := targz.Get("Content-Type"); got != "application/gzip" || targz.Get("Content-Encoding") != "" {
		t.Errorf("b.tar.gz: Content-Type %q, Content-Encoding %q", got, targz.Get("Content-Encoding"))
	}
	for _, path := range []string{"/files/none", "/files/docs", "/doc/none", "/upper/none", "/nowhere"} {
		if a := ask(t, s, get(path)); a.Status != 404 {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}
}

func TestPathView(t *testing.T) {
	_, dir := folder(t, "", "a.txt", "sub/b.txt")
	secret := dir + "-secret"
	if err := os.Mkdir(secret, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(secret) })
	if err := os.WriteFile(filepath.Join(secret, "c.txt"), []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, err := download.NewPathView(dir, core.Options{Basename: "x.txt"})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	computed, err := download.NewPathView(dir, core.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer computed.Close()
	computed.Compute = func(_ context.Context, r *download.Request) (string, error) { return r.Request.IfMatch, nil }
	s := newService(t, nil,
		download.Route{Pattern: "/p/{path...}", View: plain},
		download.Route{Pattern: "/computed", View: computed},
	)
	a := ask(t, s, get("/p/sub/b.txt"))
	if got := body(t, &a); got != "content of sub/b.txt" || a.Get("Content-Disposition") != `attachment; filename="x.txt"` {
		t.Errorf("%d %q %q", a.Status, got, a.Get("Content-Disposition"))
	}
	for path, status := range map[string]int{
		filepath.Join(dir, "a.txt"):    412, // found: the path stands in If-Match, which it fails
		filepath.Join(secret, "c.txt"): 404, "a.txt": 404, dir: 404, dir + "/../" + filepath.Base(secret) + "/c.txt": 404, "/etc/passwd": 404, "": 404,
	} {
		r := get("/computed")
		r.IfMatch = path
		if a := ask(t, s, r); a.Status != status {
			t.Errorf("computed path %q: %d, want %d", path, a.Status, status)
		}
	}
	if _, err := download.NewPathView(filepath.Join(dir, "none"), core.Options{}); err == nil {
		t.Error("a root that does not exist was accepted")
	}
}

// oneItem is a catalogue driver with one answer.
type oneItem struct {
	catalog.Driver
	item catalog.Item
	err  error
}

func (o oneItem) Item(_ context.Context, slug string) (catalog.Item, error) {
	if slug != o.item.Slug && o.err == nil {
		return catalog.Item{}, catalog.ErrNotFound
	}
	return o.item, o.err
}

func TestObjectView(t *testing.T) {
	store := memory("stored.bin")
	view := func(item catalog.Item, err error) *download.ObjectView {
		return &download.ObjectView{Catalog: catalog.New(oneItem{item: item, err: err}),
			Stores: map[string]*storage.Store{"mem": store}, Options: core.Options{CacheControl: "no-store"}}
	}
	item := catalog.Item{Slug: "manual", Name: "Manual.pdf", Store: "mem", Key: "stored.bin", MediaType: "application/pdf", Inline: true}
	s := newService(t, nil, download.Route{Pattern: "/d/{slug}", View: view(item, nil)})
	a := ask(t, s, get("/d/manual"))
	if got := body(t, &a); got != "content of stored.bin" {
		t.Errorf("body %q", got)
	}
	for name, want := range map[string]string{
		"Content-Disposition": `inline; filename="Manual.pdf"`, "Content-Type": "application/pdf", "Cache-Control": "no-store",
	} {
		if got := a.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	lost := item
	lost.Store = "gone"
	for name, c := range map[string]struct {
		view   *download.ObjectView
		status int
	}{
		"unknown slug":   {view(catalog.Item{Slug: "other"}, nil), 404},
		"unknown store":  {view(lost, nil), 404},
		"database down":  {view(catalog.Item{}, errors.New("disk on fire")), 503},
		"database slow":  {view(catalog.Item{}, context.DeadlineExceeded), 503},
		"client is gone": {view(catalog.Item{}, context.Canceled), 503},
	} {
		a := ask(t, newService(t, nil, download.Route{Pattern: "/d/{slug}", View: c.view}), get("/d/manual"))
		if a.Status != c.status || a.Cause == nil {
			t.Errorf("%s: %d (%v), want %d and a cause", name, a.Status, a.Cause, c.status)
		}
	}
}

func TestErrorTable(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{download.ErrForbidden, 403}, {download.ErrGone, 410},
		{storage.ErrNotFound, 404}, {storage.ErrChanged, 503}, {storage.ErrUnavailable, 503},
		{catalog.ErrNotFound, 404}, {catalog.ErrGone, 410}, {catalog.ErrUnavailable, 503},
		{fs.ErrNotExist, 404}, {fmt.Errorf("%w: %w", catalog.ErrUnavailable, fs.ErrNotExist), 503},
		{errors.New("secret detail"), 500},
	} {
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{}, fmt.Errorf("wrapped: %w", c.err)
		})
		r := get("/x")
		r.IfNoneMatch = "*" // never 304 to someone who may not have the file
		a := ask(t, newService(t, nil, download.Route{Pattern: "/x", View: view}), r)
		if a.Status != c.status || !errors.Is(a.Cause, c.err) {
			t.Errorf("%v: %d, cause %v; want %d", c.err, a.Status, a.Cause, c.status)
		}
		if strings.Contains(a.Message, "secret") {
			t.Errorf("%v: the client is told %q", c.err, a.Message)
		}
	}
}

func TestWasModifiedSince(t *testing.T) {
	store := memory("a.txt")
	const ims = "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, c := range []struct {
		name           string
		modified       bool
		since, noMatch string
		status         int
	}{
		{"never modified", false, ims, "", 304},
		{"always modified", true, "Fri, 01 Jan 2100 00:00:00 GMT", "", 200},
		{"no date asked", false, "", "", 200},
		{"invalid date", false, "yesterday", "", 200},
		{"If-None-Match goes first", false, ims, `"other"`, 200},
	} {
		var asked time.Time
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{Store: store, Key: "a.txt", WasModifiedSince: func(since time.Time) bool { asked = since; return c.modified }}, nil
		})
		r := get("/x")
		r.IfModifiedSince, r.IfNoneMatch = c.since, c.noMatch
		a := ask(t, newService(t, nil, download.Route{Pattern: "/x", View: view}), r)
		if a.Status != c.status {
			t.Errorf("%s: %d, want %d", c.name, a.Status, c.status)
		}
		if c.status == 304 && asked.Unix() != 784111777 {
			t.Errorf("%s: asked about %v", c.name, asked)
		}
	}
}

func TestObjectIsClosedUnlessStreamed(t *testing.T) {
	closed := 0
	store := storage.New("s", countingDriver{memory("a.txt"), &closed})
	s := newService(t, nil, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
	for _, c := range []struct {
		method, noneMatch, rng string
		open                   bool
	}{{"GET", "", "", true}, {"HEAD", "", "", false}, {"GET", "*", "", false}, {"GET", "", "bytes=999-", false}} {
		closed = 0
		r := get("/a.txt")
		r.Method, r.IfNoneMatch, r.Range = c.method, c.noneMatch, c.rng
		a := s.Answer(t.Context(), r)
		if (a.Object != nil) != c.open || (closed == 0) != c.open {
			t.Errorf("%s %s %s: open %v, closed %d times", c.method, c.noneMatch, c.rng, a.Object != nil, closed)
		}
		a.Close()
		if closed != 1 {
			t.Errorf("%s %s %s: closed %d times", c.method, c.noneMatch, c.rng, closed)
		}
	}
}

type countingDriver struct {
	storage.Driver
	closed *int
}

func (d countingDriver) Open(ctx context.Context, key string) (storage.Object, error) {
	o, err := d.Driver.Open(ctx, key)
	return countingObject{o, d.closed}, err
}

type countingObject struct {
	storage.Object
	closed *int
}

func (o countingObject) Close() error { *o.closed++; return o.Object.Close() }

func TestNewRefuses(t *testing.T) {
	view := &download.StorageView{Store: memory()}
	for name, c := range map[string]struct {
		routes []download.Route
		want   string
	}{
		"a bad pattern":            {[]download.Route{{Pattern: "files", View: view}}, "starts with"},
		"the same pattern twice":   {[]download.Route{{Pattern: "/{path}", View: view}, {Pattern: "/{path}", View: view}}, "same paths"},
		"a variable that is not":   {[]download.Route{{Pattern: "/{name}", View: view}}, "no variable {path}"},
		"a rule that is not there": {[]download.Route{{Pattern: "/{path}", View: view, Offload: "fast"}}, `"fast"`},
	} {
		_, err := download.New(c.routes, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}
