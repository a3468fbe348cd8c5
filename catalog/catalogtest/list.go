package catalogtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

func emptyCatalogue(t *testing.T, d catalog.Driver) {
	wantMissing(t, d, "a")
	wantSlugs(t, d, "")
	wantSlugs(t, d, "a")
}

func putNothing(t *testing.T, d catalog.Driver) {
	put(t, d)
	wantSlugs(t, d, "")
}

func listOrder(t *testing.T, d catalog.Driver) {
	put(t, d, item("b"), item("a_b"), item("a.b"), item("B"), item("a-b"), item("10"), item("9"), item("aB"), item("ab"))
	wantSlugs(t, d, "", "10", "9", "B", "a-b", "a.b", "aB", "a_b", "ab", "b")
}

func listAfter(t *testing.T, d catalog.Driver) {
	put(t, d, item("a"), item("b"), item("d"))
	wantSlugs(t, d, "a", "b", "d")
	wantSlugs(t, d, "c", "d")
	wantSlugs(t, d, "B", "a", "b", "d")
	wantSlugs(t, d, "d")
}

func listStopped(t *testing.T, d catalog.Driver) {
	put(t, d, item("a"), item("b"), item("c"))
	var got []string
	err := d.List(context.Background(), "", func(it catalog.Item) bool {
		got = append(got, it.Slug)
		return len(got) < 2
	})
	if err != nil || len(got) != 2 {
		t.Errorf("got %q, %v; want two items and no error", got, err)
	}
	put(t, d, item("d")) // nothing is left locked
	wantSlugs(t, d, "c", "d")
}

// many is more than any driver would read at a time.
func many(title string) []catalog.Item {
	items := make([]catalog.Item, 5000)
	for i := range items {
		items[i] = item(fmt.Sprintf("item-%05d", i))
		items[i].Title = title
	}
	return items
}

func listMany(t *testing.T, d catalog.Driver) {
	items := many("")
	put(t, d, items...)
	for _, after := range []int{-1, 0, 255, 256, len(items) - 2, len(items) - 1} {
		slug := ""
		if after >= 0 {
			slug = items[after].Slug
		}
		got := slugs(t, d, slug)
		if len(got) != len(items)-after-1 {
			t.Errorf("after %q: got %d items, want %d", slug, len(got), len(items)-after-1)
			continue
		}
		for i := range got {
			if want := items[after+1+i].Slug; got[i] != want {
				t.Fatalf("after %q: got %q at %d, want %q", slug, got[i], i, want)
			}
		}
	}
}

func listYieldUses(t *testing.T, d catalog.Driver) {
	put(t, d, many("")...)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	seen := map[string]bool{}
	err := d.List(ctx, "", func(it catalog.Item) bool {
		if seen[it.Slug] {
			t.Errorf("%q came twice", it.Slug)
		}
		seen[it.Slug] = true
		if len(seen)%1000 != 1 {
			return true
		}
		it.Title = "seen"
		if err := d.Put(ctx, []catalog.Item{it}); err != nil {
			t.Errorf("put while listing: %v", err)
		}
		got, err := d.Item(ctx, it.Slug)
		if err != nil || !got.Equal(it) {
			t.Errorf("item while listing: got %+v, %v; want %+v", got, err, it)
		}
		return true
	})
	if err != nil || len(seen) != 5000 {
		t.Errorf("got %d items, %v; want 5000", len(seen), err)
	}
}
