package page_test

import (
	"encoding/xml"
	"fmt"
	"html/template"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/page"
)

// shelf is an index of n items, of which every other one is in A/B, the others in A/C.
func shelf(t *testing.T, n int, more ...catalog.Item) *page.Index {
	t.Helper()
	items := more
	for i := range n {
		items = append(items, catalog.Item{
			Slug: fmt.Sprintf("i%03d", i), Title: fmt.Sprintf("Thing %03d", i), Category: []string{"A/B", "A/C"}[i%2], Visible: true,
			Created: born.Add(time.Duration(n-i) * time.Hour),
		})
	}
	return &page.Index{Catalog: itemsOf(t, items...), Item: pattern(t, "/d/{slug}"), URL: "https://files.example.org/"}
}

var itemLink = regexp.MustCompile(`href="/d/([^"]*)"`)

func shown(t *testing.T, body string) (slugs []string) {
	t.Helper()
	for _, m := range itemLink.FindAllStringSubmatch(body, -1) {
		slugs = append(slugs, m[1])
	}
	return slugs
}

// TestC3_Pages: from page to page come all items, each once.
func TestC3_Pages(t *testing.T) {
	x := shelf(t, 120)
	next, previous := regexp.MustCompile(`rel="next" href="([^"]*)"`), regexp.MustCompile(`rel="prev" href="([^"]*)"`)
	for _, start := range []string{"/", "/?category=A", "/?order=new", "/?order=downloads&amp;q=thing"} {
		var all []string
		for target, pages := start, 0; target != ""; pages++ {
			body := ask(x, "GET", strings.ReplaceAll(target, "&amp;", "&")).Body.String()
			if !strings.Contains(body, "120 items") || (pages > 0) != strings.Contains(body, "First page") {
				t.Fatalf("%s: %s", target, body)
			}
			back := previous.FindStringSubmatch(body)
			if (back != nil) != (pages > 0) {
				t.Fatalf("page %d is after %v", pages, back)
			}
			if back != nil {
				before := shown(t, ask(x, "GET", strings.ReplaceAll(back[1], "&amp;", "&")).Body.String())
				if !slices.Equal(before, all[len(all)-50:]) {
					t.Errorf("%s: before page %d there is %q", start, pages, before)
				}
			}
			all = append(all, shown(t, body)...)
			m := next.FindStringSubmatch(body)
			if target = ""; m != nil {
				target = m[1]
			}
			if (m == nil) != (pages == 2) {
				t.Fatalf("page %d goes on: %v", pages, m)
			}
		}
		sorted := slices.Clone(all)
		slices.Sort(sorted)
		if len(all) != 120 || len(slices.Compact(sorted)) != 120 {
			t.Errorf("%s: %d items, %d different", start, len(all), len(slices.Compact(sorted)))
		}
		if start == "/?order=new" && (all[0] != "i000" || all[119] != "i119") {
			t.Errorf("%s: from %s to %s", start, all[0], all[119])
		}
	}
}

func TestC3_CategoryAndSearch(t *testing.T) {
	x := shelf(t, 6, catalog.Item{Slug: "odd", Title: `"><img src=x onerror=alert(1)>`, Category: `Z/"<q>&`, Visible: true})
	if err := x.Catalog.PutCategory(t.Context(), catalog.Category{Path: "Z", Title: "Zoo", Position: -1}); err != nil {
		t.Fatal(err)
	}
	if err := x.Catalog.PutCategory(t.Context(), catalog.Category{Path: "Empty"}); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string][]string{
		"/?category=A%2FC": {"i001", "i003", "i005"}, "/?q=THING+004": {"i004"}, "/?category=A%2FB&q=thing+00": {"i000", "i002", "i004"}, "/?category=A%2FB&q=001": nil,
		"/?category=Z": {"odd"}, "/?category=" + url.QueryEscape(`Z/"<q>&`): {"odd"}, "/?q=onerror": {"odd"}, "/?q=" + url.QueryEscape(`"><script>`): nil,
	} {
		w := ask(x, "GET", target)
		body := w.Body.String()
		if got := shown(t, body); w.Code != 200 || !slices.Equal(got, want) {
			t.Errorf("%s: %d %q, want %q", target, w.Code, got, want)
		}
		if strings.Contains(body, "<img src=x") || strings.Contains(body, "<script>") || strings.Contains(body, "<q>") {
			t.Errorf("%s: markup of an item is the page's: %s", target, body)
		}
	}
	body := ask(x, "GET", "/").Body.String()
	if zoo, a := strings.Index(body, ">Zoo<"), strings.Index(body, "<bdi>A</bdi>"); zoo < 0 || a < zoo || strings.Contains(body, "Empty") {
		t.Errorf("Zoo at %d, A at %d, or an empty category: %s", zoo, a, body)
	}
	inside := ask(x, "GET", "/?category=A%2FB&order=new").Body.String()
	for _, want := range []string{`<title>B · A · Downloads</title>`, `<a href="/">Catalogue</a>`, `href="/?category=A&amp;order=new"`, `name="category" value="A/B"`} {
		if !strings.Contains(inside, want) {
			t.Errorf("the page of a category lacks %q: %s", want, inside)
		}
	}
}

func TestC3_QueriesThatNoPageHas(t *testing.T) {
	x := shelf(t, 3)
	for target, want := range map[string]int{
		"/?category=none": 404, "/?after=x": 404, "/?order=size": 400, "/?q=%zz": 200, "/?a;b": 200, "/?q=" + strings.Repeat("x", 2000): 400, "/?category=A%2F%2FB": 400,
		"/?q=a%00": 400, "/?unknown=1": 200, "/?category=A&q=none": 200, "/?after=x&order=new": 404, "/index.json?order=1": 400,
	} {
		if w := ask(x, "GET", target); w.Code != want {
			t.Errorf("%.40s: %d, want %d", target, w.Code, want)
		}
	}
}

// TestC3_PagesAreKept: a page that has not changed is not sent again.
func TestC3_PagesAreKept(t *testing.T) {
	x := shelf(t, 3)
	for _, path := range []string{page.IndexPath, page.JSONPath, page.FeedPath} {
		first := ask(x, "GET", path)
		tag := first.Header().Get("ETag")
		again := ask(x, "GET", path, "If-None-Match", `"other", W/`+tag)
		if first.Code != 200 || tag == "" || again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag || again.Header().Get("Content-Length") != "" {
			t.Errorf("%s: %d %s, then %d %v", path, first.Code, tag, again.Code, again.Header())
		}
		if err := x.Catalog.Put(t.Context(), []catalog.Item{{Slug: "more" + first.Header().Get("ETag")[1:5], Store: "s", Key: "k", Visible: true}}); err != nil {
			t.Fatal(err)
		}
		if w := ask(x, "GET", path, "If-None-Match", tag); w.Code != 200 || w.Header().Get("ETag") == tag {
			t.Errorf("%s after a change: %d %v", path, w.Code, w.Header())
		}
	}
}

// atom is a feed.
type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Entries []struct {
		ID    string `xml:"id"`
		Title string `xml:"title"`
		Link  struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Updated, Published string
	} `xml:"entry"`
}

func askFeed(t *testing.T, x *page.Index, fields ...string) (w *httptest.ResponseRecorder, feed atom) {
	t.Helper()
	w = ask(x, "GET", page.FeedPath, fields...)
	if err := xml.Unmarshal(w.Body.Bytes(), &feed); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return w, feed
}

func TestC3_Feed(t *testing.T) {
	x := shelf(t, 3, catalog.Item{Slug: "draft", Title: "secret", Draft: true, Visible: true, Category: "<A>"})
	w, feed := askFeed(t, x)
	if len(feed.Entries) != 3 || feed.Entries[0].Title != "Thing 000" || feed.Entries[0].Link.Href != "https://files.example.org/d/i000" || feed.ID != "https://files.example.org/feed.atom" {
		t.Errorf("%+v", feed)
	}
	if _, err := time.Parse(time.RFC3339, feed.Updated); err != nil || w.Header().Get("Content-Type") != "application/atom+xml" {
		t.Errorf("updated %q, %v", feed.Updated, w.Header())
	}
	if w := ask(&page.Index{}, "GET", page.FeedPath); w.Code != 404 {
		t.Errorf("without a catalogue: %d, want 404", w.Code)
	}
}

// TestC3_FeedOfAnUnknownSite: links are relative, and the entries keep names of their
// own, whatever the client says of the host.
func TestC3_FeedOfAnUnknownSite(t *testing.T) {
	x := shelf(t, 2)
	x.URL = ""
	w, feed := askFeed(t, x)
	other, _ := askFeed(t, x, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example")
	if strings.Contains(w.Body.String(), "example.com") || other.Body.String() != w.Body.String() {
		t.Errorf("the feed has the host of the request: %s", other.Body)
	}
	uuid := regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	ids := map[string]bool{feed.ID: true}
	for _, e := range feed.Entries {
		ids[e.ID] = true
	}
	for id := range ids {
		if !uuid.MatchString(id) {
			t.Errorf("id %q", id)
		}
	}
	if len(ids) != 3 || feed.Entries[0].Link.Href != "/d/i000" {
		t.Errorf("ids %v, link %q", ids, feed.Entries[0].Link.Href)
	}
}

// TestC3_FeedOfAPlatform: it says itself by which host it was called.
func TestC3_FeedOfAPlatform(t *testing.T) {
	x := shelf(t, 1)
	x.WholeURLs = true
	for site, want := range map[string]string{"": "https://called.example/d/i000", "https://files.example.org/": "https://files.example.org/d/i000"} {
		x.URL = site
		r := httptest.NewRequest("GET", "https://called.example/feed.atom", nil)
		r.Host = "evil.example"
		w := httptest.NewRecorder()
		x.Pages()[page.FeedPath].ServeHTTP(w, r)
		if body := w.Body.String(); !strings.Contains(body, `href="`+want+`"`) || strings.Contains(body, "evil") {
			t.Errorf("site %q: want %s in %s", site, want, body)
		}
	}
}

func TestC3_Theme(t *testing.T) {
	x := shelf(t, 1)
	x.Theme = template.Must(template.New("").Parse(`<h1>{{.Total}}</h1>{{range .Items}}<a href="{{.URL}}">{{.Title}}</a>{{end}}`))
	w := ask(x, "GET", "/")
	if want := `<h1>1</h1><a href="/d/i000">Thing 000</a>`; w.Body.String() != want || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'") {
		t.Errorf("%s %v", w.Body, w.Header())
	}
	x.Theme = template.Must(template.New("").Parse(`half a page{{.Nothing}}`))
	if w := ask(x, "GET", "/"); w.Code != 500 || strings.Contains(w.Body.String(), "half") {
		t.Errorf("a theme that fails: %d %s", w.Code, w.Body)
	}
}
