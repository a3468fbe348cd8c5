package sqlcat_test

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/catalogtest"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

func open(t testing.TB, path string) *sqlcat.Store {
	t.Helper()
	s, err := sqlcat.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestDriver(t *testing.T) {
	catalogtest.Run(t, func(t *testing.T) catalog.Driver {
		return open(t, filepath.Join(t.TempDir(), "catalog.db"))
	})
}

func TestCounter(t *testing.T) {
	catalogtest.RunCounter(t, func(t *testing.T) catalog.Driver {
		return open(t, filepath.Join(t.TempDir(), "catalog.db"))
	})
}

func TestAbilities(t *testing.T) {
	fresh := func(t *testing.T) catalog.Driver { return open(t, filepath.Join(t.TempDir(), "catalog.db")) }
	catalogtest.RunDeleter(t, fresh)
	catalogtest.RunLister(t, fresh, nil)
	catalogtest.RunCategorizer(t, fresh)
	catalogtest.RunEditedWhileMoved(t, fresh)
}

func TestPagesOfMany(t *testing.T) {
	pagesOfMany(t, open(t, filepath.Join(t.TempDir(), "catalog.db")))
}

// pagesOfMany: pages of more items than are sorted are like those of few.
func pagesOfMany(t *testing.T, s *sqlcat.Store) {
	const n = 1200
	all := make([]catalog.Listed, n)
	var items []catalog.Item
	var counts []catalog.Count
	for i := range all {
		it := item(fmt.Sprintf("item-%04d", i))
		it.Title, it.Category, it.Created = "Same", []string{"A", "A/B", "A/C"}[i%3], now.Add(time.Duration(i%400)*time.Second)
		all[i].Item, items = it, append(items, it)
		if i%20 == 0 {
			all[i].Downloads = int64(i%300 + 1)
			counts = append(counts, catalog.Count{Item: it.Slug, Hour: 1, Tally: catalog.Tally{Downloads: all[i].Downloads}})
		}
	}
	put(t, s, items...)
	mustDo(t, s.Count(t.Context(), catalog.Batch{Writer: "w", Number: 1, Time: now, Counts: counts}))
	for _, category := range []string{"", "A", "A/B"} {
		for _, search := range []string{"", "same", "item-1", "item-11", "no"} {
			for order := range catalog.ByDownloads + 1 {
				q := catalog.Query{Category: category, Search: search, Order: order, Limit: 170}
				pagesEqual(t, s, q, slices.DeleteFunc(slices.Clone(all), func(l catalog.Listed) bool {
					return !catalog.Below(l.Category, category) && category != "" || !strings.Contains("same "+l.Slug, search)
				}))
			}
		}
	}
}

// pagesEqual compares the pages of a query with the items that it should find.
func pagesEqual(t *testing.T, s *sqlcat.Store, q catalog.Query, want []catalog.Listed) {
	t.Helper()
	by := map[catalog.Order]func(a, b *catalog.Listed) int{
		catalog.ByTitle: func(a, b *catalog.Listed) int { return 0 }, catalog.ByNew: func(a, b *catalog.Listed) int { return b.Created.Compare(a.Created) },
		catalog.ByDownloads: func(a, b *catalog.Listed) int { return cmp.Compare(b.Downloads, a.Downloads) },
	}[q.Order]
	slices.SortFunc(want, func(a, b catalog.Listed) int { return cmp.Or(by(&a, &b), strings.Compare(a.Slug, b.Slug)) })
	var got, back []catalog.Listed
	var previous string
	for first := true; first || q.After != ""; first = false {
		p, err := s.Page(t.Context(), q)
		mustDo(t, err)
		if got, q.After, previous = append(got, p.Items...), p.Next, p.Previous; p.Total != int64(len(want)) {
			t.Errorf("%+v: total is %d, want %d", q, p.Total, len(want))
		}
	}
	for before := previous; before != ""; {
		q.After = before
		p, err := s.Page(t.Context(), q)
		mustDo(t, err)
		if back, before = append(p.Items, back...), p.Previous; p.Total != int64(len(want)) {
			t.Errorf("%+v: back, total is %d, want %d", q, p.Total, len(want))
		}
	}
	if n := max(len(got)-1, 0) / q.Limit * q.Limit; len(back) != n || !slices.EqualFunc(back, got[:len(back)], func(a, b catalog.Listed) bool { return a.Slug == b.Slug }) {
		t.Errorf("%+v: %d items on the way back, or others than on the way there", q, len(back))
	}
	if !slices.EqualFunc(got, want, func(a, b catalog.Listed) bool { return a.Slug == b.Slug && a.Downloads == b.Downloads }) {
		t.Errorf("%+v: %d items, or in another order than the %d that are wanted", q, len(got), len(want))
	}
}

func item(slug string) catalog.Item {
	return catalog.Item{Slug: slug, Store: "files", Key: "manuals/a.pdf", Visible: true}
}

func wantItem(t *testing.T, s *sqlcat.Store, slug string) {
	t.Helper()
	if got, err := s.Item(context.Background(), slug); err != nil || !got.Equal(item(slug)) {
		t.Errorf("got %+v, %v; want %+v", got, err, item(slug))
	}
}

func put(t testing.TB, s *sqlcat.Store, items ...catalog.Item) {
	t.Helper()
	if err := s.Put(context.Background(), items); err != nil {
		t.Fatal(err)
	}
}

func TestItemsOutliveTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	put(t, s, item("a"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantItem(t, open(t, path), "a")
}

func items(n int) []catalog.Item {
	items := make([]catalog.Item, n)
	for i := range items {
		items[i] = item(fmt.Sprintf("item-%d", i))
		items[i].Title, items[i].Name = "A title of usual length", "Manual (English).pdf"
	}
	return items
}

// BenchmarkOpenFresh and BenchmarkOpenExisting include the first read.
func BenchmarkOpenFresh(b *testing.B) {
	dir := b.TempDir()
	for i := range b.N {
		openAndRead(b, filepath.Join(dir, fmt.Sprint(i), "catalog.db"))
	}
}

func BenchmarkOpenExisting(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalog.db")
	openAndRead(b, path)
	for b.Loop() {
		openAndRead(b, path)
	}
}

func openAndRead(b *testing.B, path string) {
	s, err := sqlcat.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.List(context.Background(), "", func(catalog.Item) bool { return true }); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkItem(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
	put(b, s, items(100_000)...)
	ctx, cancel := context.WithCancel(context.Background()) // as a request's is
	defer cancel()
	b.Run("one after another", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Item(ctx, "item-5000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := s.Item(ctx, "item-5000"); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkPut100k(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
	all := items(100_000)
	for b.Loop() {
		put(b, s, all...)
	}
}
