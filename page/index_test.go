package page_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// itemsOf is a catalogue of items in SQLite.
func itemsOf(t testing.TB, all ...catalog.Item) *catalog.Catalog {
	t.Helper()
	driver, err := sqlcat.Open(filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.New(driver)
	t.Cleanup(func() { c.Close() })
	for i := range all {
		all[i].Store, all[i].Key = "files", "k"
	}
	if err := c.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	return c
}

// noItems is a catalogue that does not answer, for a cause.
type noItems struct {
	catalog.Driver
	catalog.Lister
	catalog.Categorizer
	err error
}

func (n noItems) Categories(context.Context, time.Time) ([]catalog.CategoryCount, error) {
	return nil, n.err
}

func pattern(t *testing.T, text string) core.Pattern {
	t.Helper()
	p, err := core.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(x *page.Index, method string) *httptest.ResponseRecorder {
	return ask(x, method, page.IndexPath)
}

// ask asks for a page by its path and query, with fields in pairs.
func ask(x *page.Index, method, target string, fields ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	path, _, _ := strings.Cut(target, "?")
	x.Pages()[path].ServeHTTP(w, r)
	return w
}

func TestIndexListsWhatIsOffered(t *testing.T) {
	m := memstore.New()
	m.Put("public/a b%3F#.txt", make([]byte, 1536), memstore.Options{Modified: time.Unix(1700000000, 0)})
	m.Put("public/<script>.txt", []byte("x"))
	m.Put("private/secret.txt", []byte("x"))
	x := &page.Index{
		Catalog: itemsOf(t,
			catalog.Item{Slug: "one", Title: "The <first> one", Category: "A/B", Visible: true}, catalog.Item{Slug: "two", Visible: true},
			catalog.Item{Slug: "hidden", Title: "Unlisted"}, catalog.Item{Slug: "draft", Title: "Unlisted draft", Visible: true, Draft: true, Category: "Empty"}),
		Item:  pattern(t, "/d/{slug}"),
		Files: []page.Listing{{Store: storage.New("files", m), Prefix: "public/", Pattern: pattern(t, "/p/{path...}")}},
	}
	w := get(x, "GET")
	body := w.Body.String()
	for _, want := range []string{
		`href="/d/one"`, "The &lt;first&gt; one", `href="/?category=A"><bdi>A</bdi>`, `href="/?category=A%2FB"><bdi>B</bdi>`, `href="/d/two"><bdi>two</bdi>`,
		`href="/p/a%20b%253F%23.txt"`, "a b%3F#.txt", "1.5 KiB", `datetime="2023-11-14T22:13:20Z"`, "&lt;script&gt;.txt",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, no := range []string{"Unlisted", "hidden", "secret", "<script>", "There is more", "Empty"} {
		if strings.Contains(body, no) {
			t.Errorf("the page has %q", no)
		}
	}
	h := w.Header()
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("fields: %v", h)
	}
	if h.Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
		t.Errorf("Content-Length %s of %d bytes", h.Get("Content-Length"), w.Body.Len())
	}
	if head := get(x, "HEAD"); head.Body.Len() != 0 || head.Header().Get("Content-Length") != h.Get("Content-Length") {
		t.Errorf("HEAD: %d bytes, %v", head.Body.Len(), head.Header())
	}
}

func TestIndexShowsNamesAsTheyAre(t *testing.T) {
	m := memstore.New()
	for _, key := range []string{"b/inv\u202efdp.exe", "B/a.txt", "a.txt", "C.txt", "bad\xff.txt", "\u05e9\u05dc\u05d5\u05dd.txt", "family \U0001f468\u200d\U0001f469.txt"} {
		m.Put(key, nil)
	}
	x := &page.Index{Files: []page.Listing{{Store: storage.New("files", m), Pattern: pattern(t, "/p/{path...}")}}}
	body := get(x, "GET").Body.String()
	last := -1
	for _, want := range []string{"<bdi>a.txt<", "<bdi>bad\ufffd.txt<", "<bdi>C.txt<", "\u05e9\u05dc\u05d5\u05dd.txt<", "\u200d", ">B/<", "inv\ufffdfdp.exe"} {
		at := strings.Index(body, want)
		if at < 0 {
			t.Errorf("the page lacks %q", want)
		} else if want != "\u200d" && want != "\u05e9\u05dc\u05d5\u05dd.txt<" && at < last {
			t.Errorf("%q is not in its place", want)
		} else {
			last = at
		}
	}
	if strings.Contains(body, "\u202e") || !strings.Contains(body, "/p/b/inv%E2%80%AEfdp.exe") {
		t.Errorf("an override is shown, or its file is not linked: %s", body)
	}
}

func TestIndexOfALot(t *testing.T) {
	m := memstore.New()
	for i := range 1001 {
		m.Put(fmt.Sprintf("%04d.txt", i), nil)
	}
	x := &page.Index{Files: []page.Listing{{Store: storage.New("files", m), Pattern: pattern(t, "/p/{path...}")}}}
	body := get(x, "GET").Body.String()
	if n := strings.Count(body, "href="); n != 1000 || !strings.Contains(body, "only the first 1000 are shown") {
		t.Errorf("%d links, want 1000 and a word about the rest", n)
	}
}

func TestIndexOfNothing(t *testing.T) {
	if body := get(&page.Index{}, "GET").Body.String(); !strings.Contains(body, "nothing here yet") {
		t.Errorf("page: %s", body)
	}
	empty := &page.Index{Files: []page.Listing{{Store: storage.New("files", memstore.New()), Pattern: pattern(t, "/p/{path...}")}}}
	if body := get(empty, "GET").Body.String(); !strings.Contains(body, "no files here yet") {
		t.Errorf("page: %s", body)
	}
}

func TestIndexOfWhatCannotBeRead(t *testing.T) {
	m := memstore.New()
	m.Put("a.txt", nil)
	var log strings.Builder
	x := &page.Index{
		Catalog: catalog.New(noItems{err: errors.New("secret cause")}), Item: pattern(t, "/d/{slug}"),
		Files: []page.Listing{{Store: storage.New("files", m), Pattern: pattern(t, "/p/{path...}")}},
		Log:   slog.New(slog.NewTextHandler(&log, nil)),
	}
	w := get(x, "GET")
	body := w.Body.String()
	if w.Code != 200 || !strings.Contains(body, "cannot be read now") || !strings.Contains(body, "/p/a.txt") {
		t.Errorf("%d: %s", w.Code, body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("a page that lacks something may be kept")
	}
	if strings.Contains(body, "secret") || !strings.Contains(log.String(), "secret cause") {
		t.Errorf("the cause belongs into the log only; log: %s", log.String())
	}
}

// TestC3_PicturesElsewhere: the page lets browsers follow its pictures to where they are.
func TestC3_PicturesElsewhere(t *testing.T) {
	for name, x := range map[string]*page.Index{"built in": {}, "a theme": {Theme: template.Must(template.New("").Parse("x"))}} {
		for want, origins := range map[string][]string{
			"img-src 'self'": nil, "img-src 'self' https://a.example http://b.example:81": {"https://a.example", "http://b.example:81"},
		} {
			x.Pictures = origins
			policy := get(x, "GET").Header().Get("Content-Security-Policy") + ";"
			if !strings.Contains(strings.Replace(policy, " data:", "", 1), "; "+want+";") {
				t.Errorf("%s: %s, want %s", name, policy, want)
			}
		}
	}
}

func TestPagesRefuse(t *testing.T) {
	for path := range (&page.Index{}).Pages() {
		for _, method := range []string{"POST", "DELETE"} {
			w := ask(&page.Index{}, method, path)
			if w.Code != 405 || w.Header().Get("Allow") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d %v, want 405", method, path, w.Code, w.Header())
			}
		}
	}
}

func TestHealth(t *testing.T) {
	for method, body := range map[string]string{"GET": "ok\n", "HEAD": ""} {
		w := ask(&page.Index{}, method, page.HealthPath)
		if w.Code != 200 || w.Body.String() != body || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Length") != "3" {
			t.Errorf("%s: %d %q %v", method, w.Code, w.Body, w.Header())
		}
	}
}
