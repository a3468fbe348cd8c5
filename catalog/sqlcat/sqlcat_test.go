package sqlcat_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

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
	path := ""
	fresh := func(t *testing.T) catalog.Driver {
		path = filepath.Join(t.TempDir(), "catalog.db")
		return open(t, path)
	}
	catalogtest.RunDeleter(t, fresh)
	catalogtest.RunLister(t, fresh, func(t *testing.T, _ catalog.Driver, slug string, n int64) {
		execute(t, path, fmt.Sprintf("INSERT INTO counts (slug, hour, n, bots) VALUES ('%[1]s', 1, %[2]d, 5), ('%[1]s', 2, 1, 0)", slug, n-1))
	})
	catalogtest.RunCategorizer(t, fresh)
	catalogtest.RunEditedWhileMoved(t, fresh)
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
