package page_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// items is a catalogue driver that only lists.
type items struct {
	catalog.Driver
	all []catalog.Item
	err error
}

func (d items) List(_ context.Context, _ string, yield func(catalog.Item) bool) error {
	for _, it := range d.all {
		if !yield(it) {
			break
		}
	}
	return d.err
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

func ask(x *page.Index, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	x.Pages()[path].ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestIndexListsWhatIsOffered(t *testing.T) {
	m := memstore.New()
	m.Put("public/a b%3F#.txt", make([]byte, 1536), memstore.Options{Modified: time.Unix(1700000000, 0)})
	m.Put("public/<script>.txt", []byte("x"))
	m.Put("private/secret.txt", []byte("x"))
	x := &page.Index{
		Catalog: catalog.New(items{all: []catalog.Item{
			{Slug: "one", Title: "The <first> one", Category: "A/B", Visible: true},
			{Slug: "two", Visible: true}, {Slug: "hidden", Title: "Unlisted"},
		}}),
		Item:  pattern(t, "/d/{slug}"),
		Files: []page.Listing{{Store: storage.New("files", m), Prefix: "public/", Pattern: pattern(t, "/p/{path...}")}},
	}
	w := get(x, "GET")
	body := w.Body.String()
	for _, want := range []string{
		`href="/d/one"`, "The &lt;first&gt; one", "<bdi>A</bdi> › <bdi>B</bdi>", `href="/d/two"><bdi>two</bdi>`,
		`href="/p/a%20b%253F%23.txt"`, "a b%3F#.txt", "1.5 KiB", `datetime="2023-11-14T22:13:20Z"`, "&lt;script&gt;.txt",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, no := range []string{"Unlisted", "hidden", "secret", "<script>", "There is more"} {
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
		Catalog: catalog.New(items{err: errors.New("secret cause")}), Item: pattern(t, "/d/{slug}"),
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
