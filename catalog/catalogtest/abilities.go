package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// moment is the time of the suites of abilities.
var moment = time.UnixMilli(1_800_000_000_000).UTC()

// RunDeleter plays the suite of drivers that delete.
func RunDeleter(t *testing.T, open func(t *testing.T) catalog.Driver) {
	d := open(t)
	t.Cleanup(func() { d.Close() })
	a, b := item("a"), item("b")
	a.Files = map[string]catalog.File{"image": {Store: "files", Key: "i"}}
	a.Versions = []catalog.Version{{Name: "1", File: catalog.File{Store: "files", Key: "v"}}}
	a.Category, a.Categories = "A/B", []string{"C"}
	put(t, d, a, b)
	ctx := context.Background()
	del := d.(catalog.Deleter).Delete
	for _, slug := range []string{"c", "A", "", "a\x00"} {
		if err := del(ctx, slug); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("delete %q: %v, want ErrNotFound", slug, err)
		}
	}
	if err := del(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, d, "a")
	wantItem(t, d, b)
	wantSlugs(t, d, "", "b")
	if err := del(ctx, "a"); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("delete again: %v, want ErrNotFound", err)
	}
	again := item("a") // nothing of the first hangs on it
	put(t, d, again)
	wantItem(t, d, again)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := del(ended, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v, want the context's error", err)
	}
	wantItem(t, d, b)
}

// RunLister plays the suite of drivers that list in pages. count has an item downloaded
// n times; nil: the driver is a catalog.Counter.
func RunLister(t *testing.T, open func(t *testing.T) catalog.Driver, count func(t *testing.T, d catalog.Driver, slug string, n int64)) {
	for name, test := range map[string]func(*testing.T, catalog.Driver){
		"order":          pageOrder,
		"pages":          pageByPage,
		"category":       pageOfCategory,
		"search":         pageOfSearch,
		"time":           pageAtATime,
		"whole items":    pageOfWholeItems,
		"created":        createdStays,
		"bad cursor":     pageAfterNothing,
		"like the model": pagesLikeTheModel,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			t.Cleanup(func() { d.Close() })
			test(t, d)
		})
	}
	if count == nil {
		count = countTwice
	}
	t.Run("downloads", func(t *testing.T) {
		d := open(t)
		t.Cleanup(func() { d.Close() })
		pageByDownloads(t, d, func(slug string, n int64) { count(t, d, slug, n) })
	})
}

// countTwice has an item downloaded n times, on two days.
func countTwice(t *testing.T, d catalog.Driver, slug string, n int64) {
	counts := []catalog.Count{
		{Item: slug, Hour: 1, Tally: catalog.Tally{Downloads: n - 1, Bots: 5}}, {Item: slug, Hour: 50, Tally: catalog.Tally{Downloads: 1}},
	}
	if err := d.(catalog.Counter).Count(context.Background(), catalog.Batch{Writer: slug, Number: 1, Time: time.Now(), Counts: counts}); err != nil {
		t.Fatal(err)
	}
}

func pageByDownloads(t *testing.T, d catalog.Driver, count func(slug string, n int64)) {
	put(t, d, in("a", "A"), in("b", "A/B"), in("c", "C"), in("d", "A/B"))
	for slug, n := range map[string]int64{"b": 9_000_000_000, "c": 7, "gone": 8} {
		count(slug, n)
	}
	for _, limit := range []int{0, 1, 3} {
		wantPage(t, d, catalog.Query{Order: catalog.ByDownloads, Limit: limit}, "b", "c", "a", "d")
	}
	wantPage(t, d, catalog.Query{Order: catalog.ByDownloads, Search: "c"}, "c")
	wantPage(t, d, catalog.Query{Order: catalog.ByDownloads, Category: "A"}, "b", "a", "d")
	if p := page(t, d, catalog.Query{}); p.Items[1].Downloads != 9_000_000_000 || p.Items[0].Downloads != 0 {
		t.Errorf("b was downloaded %d times, a %d times", p.Items[1].Downloads, p.Items[0].Downloads)
	}
	if err := d.(catalog.Deleter).Delete(context.Background(), "b"); err != nil {
		t.Fatal(err)
	}
	put(t, d, in("b", "C"), item("gone"), in("c", "A")) // counts outlive their items
	wantPage(t, d, catalog.Query{Order: catalog.ByDownloads}, "b", "gone", "c", "a", "d")
}

func page(t *testing.T, d catalog.Driver, q catalog.Query) catalog.Page {
	t.Helper()
	p, err := catalog.New(d).Page(context.Background(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return p
}

// wantPage reads all pages of a query, in pages of q.Limit.
func wantPage(t *testing.T, d catalog.Driver, q catalog.Query, want ...string) {
	t.Helper()
	var got []string
	for first := true; first || q.After != ""; first = false {
		p := page(t, d, q)
		for _, it := range p.Items {
			got = append(got, it.Slug)
		}
		if p.Total != int64(len(want)) {
			t.Errorf("%+v: total is %d, want %d", q, p.Total, len(want))
		}
		if limit := max(q.Limit, 1); p.Next != "" && q.Limit > 0 && len(p.Items) != limit || len(got) > len(want)+500 {
			t.Fatalf("%+v: a page of %d items", q, len(p.Items))
		}
		q.After = p.Next
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v: got %q, want %q", q, got, want)
	}
}

func titled(slug, title string) catalog.Item {
	it := item(slug)
	it.Title = title
	return it
}

func pageOrder(t *testing.T, d catalog.Driver) {
	items := []catalog.Item{titled("z", "apple"), titled("y", "Banana"), titled("b", "Cherry"), titled("a", "cherry"), item("cherry2"), titled("x", "Äpfel"), titled("w", "10"), titled("v", "9")}
	for i := range items {
		items[i].Created = moment.Add(time.Duration(i%3) * time.Hour)
	}
	put(t, d, items...)
	wantPage(t, d, catalog.Query{}, "w", "v", "z", "y", "a", "b", "cherry2", "x")
	byNew := page(t, d, catalog.Query{Order: catalog.ByNew}).Items
	for i := 1; i < len(byNew); i++ {
		if byNew[i].Created.After(byNew[i-1].Created) {
			t.Errorf("%s, created %v, comes after %s, created %v", byNew[i].Slug, byNew[i].Created, byNew[i-1].Slug, byNew[i-1].Created)
		}
	}
	wantPage(t, d, catalog.Query{Search: "cherry", Limit: 1}, "a", "b", "cherry2")
}

// paged is how many items pageByPage pages through.
const paged = 90

func pageByPage(t *testing.T, d catalog.Driver) {
	var items []catalog.Item
	var slugs []string
	for i := range paged {
		it := titled(fmt.Sprintf("i%02d", i), []string{"same", "Same", "other"}[i%3])
		it.Created = moment
		items, slugs = append(items, it), append(slugs, it.Slug)
	}
	put(t, d, items...)
	for _, limit := range []int{0, 1, 7, paged/3 - 1, paged / 3, paged/3 + 1, 50, paged + 10} {
		for order := catalog.ByTitle; order <= catalog.ByDownloads; order++ {
			if limit == 1 && order != catalog.ByTitle {
				continue
			}
			seen := map[string]bool{}
			var pages []string
			q := catalog.Query{Limit: limit, Order: order}
			for {
				p := page(t, d, q)
				pages = append(pages, slugsOf(p))
				for _, it := range p.Items {
					if seen[it.Slug] {
						t.Fatalf("limit %d, order %d: %s came twice", limit, order, it.Slug)
					}
					seen[it.Slug] = true
				}
				if p.Total != paged {
					t.Fatalf("total is %d", p.Total)
				}
				if q.After = p.Next; q.After == "" {
					break
				}
			}
			if len(seen) != len(slugs) {
				t.Errorf("limit %d, order %d: %d items, want %d", limit, order, len(seen), len(slugs))
			}
			backThrough(t, d, catalog.Query{Limit: limit, Order: order}, pages)
		}
	}
	if p := page(t, d, catalog.Query{Limit: paged / 3, Search: "other"}); p.Next != "" || len(p.Items) != paged/3 {
		t.Errorf("a page that has all %d items goes on", len(p.Items))
	}
}

func slugsOf(p catalog.Page) string {
	var all []string
	for _, it := range p.Items {
		all = append(all, it.Slug)
	}
	return strings.Join(all, " ")
}

// backThrough goes to the last of two pages or more, and back to the first: each page
// has what it had on the way there, and knows the one after it.
func backThrough(t *testing.T, d catalog.Driver, q catalog.Query, pages []string) {
	t.Helper()
	last := min(len(pages), 4) - 1
	p := page(t, d, q)
	for range last {
		if q.After = p.Next; p.Previous != "" && slugsOf(p) == pages[0] {
			t.Errorf("%+v: a page before the first", q)
		}
		p = page(t, d, q)
	}
	for i := last; i >= 0; i-- {
		if slugsOf(p) != pages[i] || (p.Previous != "") != (i > 0) || p.Total != paged {
			t.Fatalf("%+v: back on page %d of %d: %s, previous %q; want %s", q, i, p.Total, slugsOf(p), p.Previous, pages[i])
		}
		if q.After = p.Next; q.After != "" && i < len(pages)-1 && slugsOf(page(t, d, q)) != pages[i+1] {
			t.Fatalf("%+v: another page comes after page %d", q, i)
		}
		q.After = p.Previous
		if i > 0 {
			p = page(t, d, q)
		}
	}
}

func in(slug string, categories ...string) catalog.Item {
	it := item(slug)
	it.SetCategories(categories)
	return it
}

func pageOfCategory(t *testing.T, d catalog.Driver) {
	put(t, d, in("a", "A"), in("b", "A/B"), in("c", "A/B/C", "X"), in("d", "AB"), in("e"), in("f", "A.B", "A/B/C", "A/D"), in("g", "a"))
	wantPage(t, d, catalog.Query{Category: "A"}, "a", "b", "c", "f")
	wantPage(t, d, catalog.Query{Category: "A/B", Limit: 1}, "b", "c", "f")
	wantPage(t, d, catalog.Query{Category: "A/B/C", Now: moment}, "c", "f")
	wantPage(t, d, catalog.Query{Category: "X"}, "c")
	wantPage(t, d, catalog.Query{Category: "B"})
	wantPage(t, d, catalog.Query{}, "a", "b", "c", "d", "e", "f", "g")
	put(t, d, in("c", "AB"), in("a")) // they are where they were put last
	wantPage(t, d, catalog.Query{Category: "A"}, "b", "f")
	wantPage(t, d, catalog.Query{Category: "AB"}, "c", "d")
}

func pageOfSearch(t *testing.T, d catalog.Driver) {
	put(t, d, titled("printer-manual", "The Manual of the PRINTER"), titled("b", `100% sure_thing \o/`), titled("c", "ÜBER Größe"), item("Upper-Slug"),
		titled("long", strings.Repeat("é", 30000)))
	for search, want := range map[string][]string{
		"manual": {"printer-manual"}, "printer MAN": {"printer-manual"}, "rint the": {"printer-manual"}, "printer nothing": nil, "er-man": {"printer-manual"},
		"%": {"b"}, "_": {"b"}, `\o`: {"b"}, "0% s": {"b"}, "über": {"c"}, "GRÖSSE": nil, "größe": {"c"}, "upper": {"Upper-Slug"}, "SLUG": {"Upper-Slug"},
		"éé": {"long"}, "'; --": nil, "*": nil, strings.Repeat("printer ", catalog.MaxWords): {"printer-manual"},
	} {
		wantPage(t, d, catalog.Query{Search: search}, want...)
		wantPage(t, d, catalog.Query{Search: search, Now: moment, Order: catalog.ByNew}, want...)
	}
}

func pageAtATime(t *testing.T, d catalog.Driver) {
	hidden, draft, soon, over, days := item("hidden"), item("draft"), item("soon"), item("over"), item("days")
	hidden.Visible, draft.Draft = false, true
	soon.Publish, over.Expires = moment.Add(time.Millisecond), moment
	days.Publish, days.Expires = moment, moment.Add(time.Millisecond)
	put(t, d, hidden, draft, soon, over, days, item("always"))
	wantPage(t, d, catalog.Query{Now: moment}, "always", "days")
	wantPage(t, d, catalog.Query{Now: moment.Add(time.Millisecond)}, "always", "soon")
	wantPage(t, d, catalog.Query{Now: moment.Add(-time.Millisecond)}, "always", "over")
	wantPage(t, d, catalog.Query{Now: moment, Search: "s", Order: catalog.ByDownloads}, "always", "days")
	wantPage(t, d, catalog.Query{}, "always", "days", "draft", "hidden", "over", "soon")
	draft.Draft = false
	put(t, d, draft)
	wantPage(t, d, catalog.Query{Now: moment}, "always", "days", "draft")
}

func pageOfWholeItems(t *testing.T, d catalog.Driver) {
	want := in("a", "A", "B")
	want.Files = map[string]catalog.File{"image": {Store: "files", Key: "i"}, "x": {Store: "files", Key: "x"}}
	want.Versions = []catalog.Version{{Name: "2", File: catalog.File{Store: "files", Key: "2"}}, {Name: "1", File: catalog.File{Store: "files", Key: "1"}}}
	put(t, d, want, item("b"))
	p := page(t, d, catalog.Query{})
	if len(p.Items) != 2 || !p.Items[0].Equal(want) || !p.Items[1].Equal(item("b")) {
		t.Errorf("got %+v, want all of %+v", p.Items, want)
	}
}

// createdStays: the driver keeps when an item was put first and last.
func createdStays(t *testing.T, d catalog.Driver) {
	start := time.Now().Add(-time.Second)
	old := item("old")
	old.Created = moment.Add(-10 * 365 * 24 * time.Hour)
	put(t, d, old, item("new"))
	read := func(slug string) catalog.Item {
		t.Helper()
		it, err := d.Item(context.Background(), slug)
		if err != nil {
			t.Fatal(err)
		}
		return it
	}
	first := read("new")
	if first.Created.Before(start) || first.Updated.Before(start) {
		t.Errorf("created %v, updated %v, put after %v", first.Created, first.Updated, start)
	}
	time.Sleep(5 * time.Millisecond)
	changed := first
	changed.Created, changed.Title = moment, "changed"
	put(t, d, changed, item("old"))
	if got := read("new"); !got.Created.Equal(first.Created) || !got.Updated.After(first.Updated) {
		t.Errorf("created %v, updated %v; were %v, %v", got.Created, got.Updated, first.Created, first.Updated)
	}
	if got := read("old"); !got.Created.Equal(old.Created) {
		t.Errorf("created %v, want %v", got.Created, old.Created)
	}
}

func pageAfterNothing(t *testing.T, d catalog.Driver) {
	put(t, d, item("a"))
	for _, after := range []string{"x", "????", "AAAA", "YQ"} {
		for order := catalog.ByTitle; order <= catalog.ByDownloads; order++ {
			if p, err := catalog.New(d).Page(context.Background(), catalog.Query{After: after, Order: order}); !errors.Is(err, catalog.ErrNotFound) {
				t.Errorf("after %q: %+v, %v; want ErrNotFound", after, p, err)
			}
		}
	}
}
