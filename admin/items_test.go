package admin_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// fields are the values of an item's form, as names and values in turn, with some
// changed.
func (b *browser) fields(slug string, change ...string) []string {
	b.t.Helper()
	page := b.get("/admin/item/" + slug)
	b.want(page, http.StatusOK)
	m := regexp.MustCompile(`name="updated" value="(\d+)"`).FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatal("the form does not say when the item was changed")
	}
	return append([]string{"updated", m[1], "slug", slug, "visible", "1"}, change...)
}

func TestEditingAnItem(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	before := s.item(t, slug)
	b.want(b.post("/admin/item/"+slug, b.fields(slug, "title", " The <title> ", "name", "ä b.txt", "category", " Manuals / Printers ", "categories", "New\r\n\r\nManuals/Printers\nOld/Very old",
		"state", "published", "inline", "1", "publish", "2026-01-02T03:04", "expires", "2099-01-02T03:04:05", "max_downloads", "7", "limit_rate", "100",
		"version", "1.0", "media_type", "text/x-special", "charset", "utf-8", "encoding", "")...), http.StatusSeeOther)
	want := before
	want.Title, want.Name, want.Category, want.Categories = "The <title>", "ä b.txt", "Manuals/Printers", []string{"New", "Old/Very old"}
	want.Draft, want.Inline, want.MaxDownloads, want.LimitRate = false, true, 7, 100<<10
	want.Publish, want.Expires = time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC)
	want.Version, want.MediaType, want.Charset = "1.0", "text/x-special", "utf-8"
	if got := s.item(t, slug); !got.Equal(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	page := b.get("/admin/item/" + slug)
	contains(t, page, "Saved.")
	contains(t, page, "The &lt;title&gt;")
	contains(t, page, `value="2099-01-02T03:04"`)
	if strings.Contains(page.body, "<title> ") {
		t.Error("the title is markup")
	}
}

// A form that is sent again unchanged changes nothing.
func TestSavingWhatIsThere(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	before := s.item(t, slug)
	b.want(b.post("/admin/item/"+slug, b.fields(slug, "title", before.Title, "name", before.Name, "state", "draft", "media_type", before.MediaType)...), http.StatusSeeOther)
	if got := s.item(t, slug); !got.Equal(before) {
		t.Errorf("got  %+v\nwant %+v", got, before)
	}
}

var (
	fieldOfForm = regexp.MustCompile(`<input [^>]*name="(\w+)"[^>]* value="([^"]*)"( checked)?`)
	areaOfForm  = regexp.MustCompile(`<textarea [^>]*name="(\w+)"[^>]*>([^<]*)</textarea>`)
)

// asShown is the form of an item as a browser sends it that changed one of its values.
func (b *browser) asShown(slug, change, value string) (pairs []string) {
	b.t.Helper()
	page := b.get("/admin/item/" + slug)
	b.want(page, http.StatusOK)
	form, _, _ := strings.Cut(page.body, "</form>\n\n<aside>")
	for _, m := range append(fieldOfForm.FindAllStringSubmatch(form, -1), areaOfForm.FindAllStringSubmatch(form, -1)...) {
		text := strings.ReplaceAll(strings.ToValidUTF8(html.UnescapeString(m[2]), "\uFFFD"), "\n", "\r\n")
		if choice := strings.Contains(m[0], `type="radio"`) || strings.Contains(m[0], `type="checkbox"`); m[1] != change && (!choice || m[3] != "") {
			pairs = append(pairs, m[1], text)
		}
	}
	return append(pairs, change, value)
}

// What a form cannot say of an item is not lost when something else of it is changed.
func TestSavingKeepsWhatTheFormDoesNotShow(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	before := catalog.Item{
		Slug: "odd", Title: " Two\nlines ", Name: "a\xff\n\x00b.txt", Store: "files", Key: "k", Category: "A / B", Categories: []string{" C", "D / E"}, Visible: true,
		Publish: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Expires: time.Date(2099, 1, 2, 3, 4, 59, 0, time.UTC), MaxDownloads: 1 << 50, LimitRate: 500,
	}
	if err := s.items.Put(t.Context(), []catalog.Item{before}); err != nil {
		t.Fatal(err)
	}
	b.want(b.post("/admin/item/odd", b.asShown("odd", "charset", "utf-8")...), http.StatusSeeOther)
	want := before
	want.Charset = "utf-8"
	if got := s.item(t, "odd"); !got.Equal(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	b.want(b.post("/admin/item/odd", b.asShown("odd", "category", "D / E")...), http.StatusSeeOther)
	if got := s.item(t, "odd"); got.Category != "D/E" || strings.Join(got.Categories, ",") != " C,D / E" {
		t.Errorf("categories %q and %q", got.Category, got.Categories)
	}
	for shown, want := range map[string]int64{"0.5": 512, "1.46484375": 1500, "0.0001": 1, "100": 100 << 10, "": 0} {
		b.want(b.post("/admin/item/odd", b.asShown("odd", "limit_rate", shown)...), http.StatusSeeOther)
		if got := s.item(t, "odd").LimitRate; got != want {
			t.Errorf("%q KiB/s: %d bytes, want %d", shown, got, want)
		}
		if want > 1 {
			contains(t, b.get("/admin/item/odd"), `name="limit_rate" inputmode="decimal" value="`+shown+`"`)
		}
	}
}

func TestFormsThatCannotBeTaken(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug, other := b.upload([]byte("x"), "filename", "a.txt"), b.upload([]byte("y"), "filename", "b.txt")
	before := s.item(t, slug)
	for change, want := range map[string]string{
		"slug=" + other: "another item is called", "slug=": "slug is missing", "slug=a/b": "a slug is ascii", "publish=soon": "write a time", "max_downloads=-1": "whole number",
		"limit_rate=1e9": "write a number", "limit_rate=1.5.1": "write a number", "limit_rate=0x10": "write a number", "limit_rate=1099511627777": "write a number", "media_type=x": "media_type", "category=..": "category", "max_downloads=99999999999999999999": "whole number", "updated=1": "somebody else changed",
	} {
		name, value, _ := strings.Cut(change, "=")
		form := b.fields(slug, "title", "kept as written")
		for i := 0; i < len(form); i += 2 {
			if form[i] == name {
				form[i] = "-"
			}
		}
		got := b.post("/admin/item/"+slug, append(form, name, value)...)
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(got.body), want) {
			t.Errorf("%s: %d, %s", change, got.StatusCode, regexp.MustCompile(`role="alert">[^<]*`).FindString(got.body))
		}
		contains(t, got, "kept as written")
	}
	if got := s.item(t, slug); !got.Equal(before) {
		t.Errorf("got  %+v\nwant %+v", got, before)
	}
	b.want(b.post("/admin/item/none", "slug", "none"), http.StatusNotFound)
	b.want(b.get("/admin/item/none"), http.StatusNotFound)
}

func TestAnotherSlug(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	form := b.fields(slug)
	form[3] = "renamed"
	got := b.post("/admin/item/"+slug, form...)
	if at := got.Header.Get("Location"); at != "/admin/item/renamed" || len(s.all(t)) != 1 {
		t.Errorf("sent to %q, %d items", at, len(s.all(t)))
	}
	b.want(b.get("/admin/item/"+slug), http.StatusNotFound)
}

func TestListing(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	var all []catalog.Item
	for i := range 120 {
		all = append(all, catalog.Item{Slug: fmt.Sprintf("item-%03d", i), Title: fmt.Sprintf("Title %03d", i), Store: "files", Key: "k", Category: []string{"A", "A/B", "C"}[i%3], Visible: i%2 == 0, Draft: i%5 == 0})
	}
	if err := s.items.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	next := "/admin/?order=title"
	for range 10 {
		page := b.get(next)
		b.want(page, http.StatusOK)
		for _, m := range regexp.MustCompile(`href="/admin/item/(item-\d+)"`).FindAllStringSubmatch(page.body, -1) {
			if seen[m[1]] {
				t.Errorf("%s is on two pages", m[1])
			}
			seen[m[1]] = true
		}
		m := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(page.body)
		if m == nil {
			break
		}
		next = strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if len(seen) != 120 {
		t.Errorf("%d items are on the pages", len(seen))
	}
	page := b.get("/admin/?q=title+007")
	contains(t, page, "item-007")
	contains(t, page, "unlisted")
	if strings.Contains(page.body, "item-008") {
		t.Error("the search finds what does not fit")
	}
	page = b.get("/admin/?category=A%2FB")
	contains(t, page, "item-001")
	if strings.Contains(page.body, "item-000") {
		t.Error("the category has what is above it")
	}
	contains(t, b.get("/admin/?q=nothing"), "Nothing fits")

}

func TestDeleting(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	b.upload([]byte("\x89PNG\r\n\x1a\n"), "filename", "p.png", "item", slug, "field", "image")
	b.want(b.get("/admin/item/"+slug+"/picture"), http.StatusOK)
	b.want(b.post("/admin/item/"+slug+"/delete"), http.StatusSeeOther)
	if keys, all := s.keys(t), s.all(t); len(keys)+len(all) > 0 {
		t.Errorf("there are %v and %v", keys, all)
	}
	b.want(b.post("/admin/item/"+slug+"/delete"), http.StatusSeeOther)
	contains(t, b.get("/admin/"), "was deleted already")
}

// The row goes though its file is gone, and a file of the store stays unless asked, or
// if another item has it.
func TestDeletingWhatIsMissing(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	if err := s.files.Delete(t.Context(), s.item(t, slug).Key); err != nil {
		t.Fatal(err)
	}
	contains(t, b.get("/admin/orphans"), `href="/admin/item/`+slug)
	b.want(b.post("/admin/item/"+slug+"/delete"), http.StatusSeeOther)
	contains(t, b.get("/admin/"), "a is deleted.")
	for _, key := range []string{"own.txt", "shared.txt"} {
		if _, err := s.files.Save(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	err := s.items.Put(t.Context(), []catalog.Item{{Slug: "one", Store: "files", Key: "shared.txt"}, {Slug: "two", Store: "files", Key: "shared.txt"}, {Slug: "three", Store: "files", Key: "own.txt"}, {Slug: "four", Store: "gone", Key: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	b.want(b.post("/admin/item/one/delete", "others", "1"), http.StatusSeeOther)
	if keys := s.keys(t); len(keys) != 2 {
		t.Errorf("a file that another item has is gone: %v", keys)
	}
	b.want(b.post("/admin/item/two/delete", "others", "1"), http.StatusSeeOther)
	b.want(b.post("/admin/item/three/delete"), http.StatusSeeOther)
	b.want(b.post("/admin/item/four/delete", "others", "1"), http.StatusSeeOther)
	contains(t, b.get("/admin/"), "These files stay: x")
	if keys := s.keys(t); len(keys) != 1 || keys[0] != "own.txt" || len(s.all(t)) != 0 {
		t.Errorf("there are %v and %v", keys, s.all(t))
	}
}

func TestCategories(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	paths := func() string {
		all, err := s.items.Categories(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range all {
			names = append(names, c.Path)
		}
		return strings.Join(names, " ")
	}
	const at = "/admin/categories"
	b.want(b.post(at, "path", " A / B /C", "title", "Sea"), http.StatusSeeOther)
	b.want(b.post(at, "path", "A-x"), http.StatusSeeOther)
	if got := paths(); got != "A A-x A/B A/B/C" {
		t.Errorf("made: %s", got)
	}
	slug := b.upload([]byte("x"), "filename", "a.txt")
	b.want(b.post("/admin/item/"+slug, b.fields(slug, "category", "A/B/C")...), http.StatusSeeOther)
	b.want(b.post(at, "from", "A/B", "path", "D"), http.StatusSeeOther)
	if got := paths(); got != "A A-x D D/C" || s.item(t, slug).Category != "D/C" {
		t.Errorf("moved: %s, item in %s", got, s.item(t, slug).Category)
	}
	contains(t, b.get(at), "Sea")
	b.want(b.post(at, "from", "D", "path", "D/E"), http.StatusUnprocessableEntity)
	b.want(b.post(at, "from", "D", "do", "delete"), http.StatusUnprocessableEntity)
	b.want(b.post(at, "from", "D/C", "do", "delete"), http.StatusUnprocessableEntity)
	b.want(b.post(at, "path", ""), http.StatusUnprocessableEntity)
	b.want(b.post(at, "path", "../x"), http.StatusUnprocessableEntity)
	b.want(b.post(at, "path", "x", "position", "first"), http.StatusUnprocessableEntity)
	b.want(b.post(at, "from", "none", "path", "y"), http.StatusNotFound)
	b.want(b.post(at, "from", "A", "do", "delete"), http.StatusSeeOther)
	if got := paths(); got != "A-x D D/C" {
		t.Errorf("at the end: %s", got)
	}
}

// A category that is there is not made anew, and another one goes into it only if
// somebody says so.
func TestCategoryThatIsThere(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	const at = "/admin/categories"
	alpha, inner := catalog.Category{Path: "A", Title: "Alpha", Position: 1}, catalog.Category{Path: "A/B/B", Title: "Inner", Position: 2}
	for _, c := range []catalog.Category{alpha, {Path: "A/B", Title: "Outer"}, inner} {
		if err := s.items.PutCategory(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.items.Put(t.Context(), []catalog.Item{{Slug: "x", Store: "files", Key: "k", Category: "A/B"}, {Slug: "y", Store: "files", Key: "k", Category: "A/B/B"}}); err != nil {
		t.Fatal(err)
	}
	want := func(all ...catalog.CategoryCount) {
		t.Helper()
		if got, err := s.items.Categories(t.Context(), time.Time{}); err != nil || !slices.Equal(got, all) {
			t.Errorf("got %+v, %v; want %+v", got, err, all)
		}
	}
	before := []catalog.CategoryCount{{Category: alpha, Items: 2}, {Category: catalog.Category{Path: "A/B", Title: "Outer"}, Items: 2}, {Category: inner, Items: 1}}
	page := b.post(at, "path", " A ")
	b.want(page, http.StatusUnprocessableEntity)
	contains(t, page, "There is a category &#34;A&#34; already")
	want(before...)
	page = b.post(at, "from", "A/B", "path", "A", "title", "Other", "position", "5")
	b.want(page, http.StatusUnprocessableEntity)
	contains(t, page, `value="merge"`)
	want(before...)
	b.want(b.post(at, "from", "A/B", "path", "A", "do", "merge"), http.StatusSeeOther)
	inner.Path = "A/B"
	want(catalog.CategoryCount{Category: alpha, Items: 2}, catalog.CategoryCount{Category: inner, Items: 1})
	contains(t, b.get(at), "is in &#34;A&#34; now")
	b.want(b.post(at, "from", "A", "path", "A", "title", "Better"), http.StatusSeeOther)
	alpha.Title, alpha.Position = "Better", 0
	want(catalog.CategoryCount{Category: alpha, Items: 2}, catalog.CategoryCount{Category: inner, Items: 1})
}

func TestPickingFromAStore(t *testing.T) {
	other := memstore.New()
	s := start(t, func(o *admin.Options) { o.Stores = []*storage.Store{o.Store, storage.New("archive", other)} })
	b := s.anna(t)
	for _, key := range []string{"docs/a manual.pdf", "docs/deep/b.pdf", "top.png"} {
		other.Put(key, []byte("x"))
	}
	page := b.get("/admin/files?store=archive")
	contains(t, page, "top.png")
	contains(t, page, "docs/")
	page = b.get("/admin/files?store=archive&prefix=docs")
	contains(t, page, "a manual.pdf")
	contains(t, page, "deep/")
	b.want(b.get("/admin/files?store=none"), http.StatusNotFound)
	got := b.post("/admin/files/new", "store", "archive", "key", "docs/a manual.pdf")
	b.want(got, http.StatusSeeOther)
	it := s.item(t, "a-manual")
	if !it.Draft || it.Store != "archive" || it.Key != "docs/a manual.pdf" || it.Name != "a manual.pdf" {
		t.Errorf("%+v", it)
	}
	contains(t, b.get("/admin/item/a-manual"), "<dt>Size</dt><dd>1 byte</dd>")
	other.Put("docs/a manual.pdf", []byte("replaced"))
	contains(t, b.get("/admin/item/a-manual"), "<dt>Size</dt><dd>8 bytes</dd>")
	other.Delete("docs/a manual.pdf")
	contains(t, b.get("/admin/item/a-manual"), "<dt>Size</dt><dd>not known</dd>")
	b.want(b.post("/admin/files/new", "store", "archive", "key", "none"), http.StatusNotFound)
	b.want(b.post("/admin/files/new", "store", "archive", "key", "../../etc/passwd"), http.StatusNotFound)
	b.want(b.post("/admin/files/pick", "store", "archive", "key", "docs/deep/b.pdf", "item", "a-manual", "field", "file"), http.StatusSeeOther)
	b.want(b.post("/admin/files/pick", "store", "archive", "key", "top.png", "item", "a-manual", "field", "image"), http.StatusSeeOther)
	b.want(b.post("/admin/files/pick", "store", "archive", "key", "docs/deep/b.pdf", "item", "a-manual", "field", "image"), http.StatusUnsupportedMediaType)
	it = s.item(t, "a-manual")
	if it.Key != "docs/deep/b.pdf" || it.Files["image"].Key != "top.png" {
		t.Errorf("%+v", it)
	}
	b.want(b.post("/admin/item/a-manual/drop", "field", "image"), http.StatusSeeOther)
	b.want(b.post("/admin/item/a-manual/drop", "field", "image"), http.StatusSeeOther)
	if _, ok := s.item(t, "a-manual").Files["image"]; ok {
		t.Error("the picture is there still")
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	used := s.item(t, slug).Key
	const orphan = "uploads/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, key := range []string{orphan, "mine.txt"} {
		if _, err := s.files.Save(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	contains(t, b.get("/admin/orphans"), "Every uploaded file that is older than an hour has an item")
	b.want(b.post("/admin/orphans", "key", used, "key", "mine.txt", "key", "../x", "key", orphan), http.StatusSeeOther)
	contains(t, b.get("/admin/orphans"), "Removed: 1 file.")
	if keys := strings.Join(s.keys(t), " "); !strings.Contains(keys, used) || !strings.Contains(keys, "mine.txt") || strings.Contains(keys, orphan) {
		t.Errorf("left: %s", keys)
	}
}

func TestSignedLinks(t *testing.T) {
	key, err := link.NewKey("one", []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="))
	if err != nil {
		t.Fatal(err)
	}
	var asked admin.Wish
	s := start(t, func(o *admin.Options) {
		o.URL = "https://files.example.org/"
		o.Sign = func(path string, w admin.Wish) (string, error) {
			asked = w
			token, err := key.Sign(link.Grant{Path: strings.TrimPrefix(path, "https://files.example.org"), Expires: time.Now().Add(w.Life), ID: "x"})
			return path + "?link=" + token, err
		}
	})
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	got := b.post("/admin/item/"+slug+"/link", "hours", "48", "uses", "3", "subject", "Eve", "name", "b.txt")
	b.want(got, http.StatusOK)
	contains(t, got, "https://files.example.org/d/a?link=")
	if want := (admin.Wish{Life: 48 * time.Hour, Uses: 3, Name: "b.txt", Subject: "Eve"}); asked != want {
		t.Errorf("asked for %+v", asked)
	}
	b.want(b.post("/admin/item/"+slug+"/link", "hours", "many"), http.StatusUnprocessableEntity)
	without := start(t, nil)
	c := without.anna(t)
	c.want(c.post("/admin/item/"+c.upload([]byte("x"), "filename", "a")+"/link", "hours", "1"), http.StatusNotFound)
}

// counted notes downloads of an item within the last days.
func (s *site) counted(t testing.TB, item string, n int64, daysAgo int) {
	t.Helper()
	at := time.Now().AddDate(0, 0, -daysAgo)
	err := s.db.Count(t.Context(), catalog.Batch{Writer: fmt.Sprint("test-", item, "-", daysAgo), Number: 1, Time: time.Now(), Counts: []catalog.Count{
		{Item: item, Hour: catalog.HourOf(at), Tally: catalog.Tally{Downloads: n, Bots: 1, Completed: 2, Bytes: 3000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPagesOfItems: from page to page, and back.
func TestPagesOfItems(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	var all []catalog.Item
	for i := range catalog.DefaultPage + 10 {
		all = append(all, catalog.Item{Slug: fmt.Sprintf("item-%02d", i), Store: "files", Key: "k"})
	}
	if err := s.items.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	follow := func(page, rel string) string {
		t.Helper()
		m := regexp.MustCompile(`href="([^"]*)" rel="` + rel + `"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no link to the %s page: %s", rel, page)
		}
		return b.get(html.UnescapeString(m[1])).body
	}
	first := b.get("/admin/?order=title&q=item").body
	second := follow(first, "next")
	again := follow(second, "prev")
	for page, want := range map[string]bool{first: true, second: false, again: true} {
		if strings.Contains(page, "item-00") != want || strings.Contains(page, "item-55") == want || strings.Contains(page, `rel="prev"`) == want {
			t.Errorf("not the page that it should be (the first: %v): %s", want, page)
		}
	}
}

func TestStatistics(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	b.want(b.post("/admin/item/"+slug, b.fields(slug, "category", "Manuals")...), http.StatusSeeOther)
	s.counted(t, slug, 40, 0)
	s.counted(t, slug, 2, 10)
	s.counted(t, slug, 500, 40)
	page := b.get("/admin/statistics")
	contains(t, page, `<strong class="big">42</strong> downloads, 2 more by robots, 4 known to be complete, 5.9 KiB known to be sent.`)
	contains(t, page, "Manuals")
	contains(t, page, `height="128"`) // 40 of 50, of 160
	contains(t, b.get("/admin/statistics?days=90"), `<strong class="big">542</strong>`)
	contains(t, b.get("/admin/statistics?days=7"), `<strong class="big">40</strong>`)
	contains(t, b.get("/admin/item/"+slug), "42 downloads within 30 days, 2 more by robots")
	contains(t, b.get("/admin/item/"+b.upload([]byte("x"), "filename", "b.txt")), "<p>0 downloads within 30 days.")

	got := b.get("/admin/statistics.csv?by=item")
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 2 || strings.Join(rows[1], " ") != "a 42 2 4 6000" || !strings.Contains(got.Header.Get("Content-Disposition"), "statistics-by-item.csv") {
		t.Errorf("%v, %v", rows, err)
	}
	var out struct {
		By   string
		Rows []struct {
			Group     string
			Downloads int64
		}
	}
	got = b.get("/admin/statistics.json?by=day&item=" + slug)
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || len(out.Rows) != 2 || out.Rows[0].Downloads != 2 || out.Rows[1].Group != time.Now().UTC().Format(time.DateOnly) {
		t.Errorf("%+v, %v", out, err)
	}
	b.want(b.get("/admin/statistics.csv?by=moon"), http.StatusBadRequest)
}

// A spreadsheet must take no name for a formula.
func TestExportsAreText(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	if err := s.items.Put(t.Context(), []catalog.Item{{Slug: "a", Store: "files", Key: "k", Category: "=1+1"}}); err != nil {
		t.Fatal(err)
	}
	s.counted(t, "a", 1, 0)
	contains(t, b.get("/admin/statistics"), `<strong class="big">1</strong> download, 1 more by robots`)
	contains(t, b.get("/admin/item/a"), "1 download within 30 days")
	contains(t, b.get("/admin/statistics.csv?by=category"), "\n'=1+1,1,")
}

func TestHealth(t *testing.T) {
	report := &doctor.Report{Results: []doctor.Result{{Hop: doctor.App, Check: "listens", State: doctor.Fault, Text: "Nobody <listens>.", Change: &doctor.Change{File: "downlink.toml", Line: 3, Text: "write it"}}}}
	s := start(t, nil)
	b := s.anna(t)
	b.want(b.get("/admin/health"), http.StatusNotFound)
	s = start(t, func(o *admin.Options) { o.Examine = examined(report) })
	page := s.anna(t).get("/admin/health")
	contains(t, page, "One fault was found")
	contains(t, page, "Nobody &lt;listens&gt;.")
	contains(t, page, "downlink.toml:3: write it")
}

func examined(r *doctor.Report) func(context.Context) (*doctor.Report, error) {
	return func(context.Context) (*doctor.Report, error) { return r, nil }
}
