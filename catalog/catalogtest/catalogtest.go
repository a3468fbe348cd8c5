// Package catalogtest is the one suite that every catalog.Driver passes.
package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/downlink-go/downlink/catalog"
)

// Run plays the suite. Each call of open returns a driver over a catalogue of
// its own without items; Run closes it.
func Run(t *testing.T, open func(t *testing.T) catalog.Driver) {
	for name, test := range map[string]func(*testing.T, catalog.Driver){
		"every field comes back":             fieldsComeBack,
		"same slug replaces":                 sameSlugReplaces,
		"slugs differ by case":               slugsDifferByCase,
		"later of two with one slug stays":   laterStays,
		"unknown slug":                       unknownSlug,
		"empty catalogue":                    emptyCatalogue,
		"put nothing":                        putNothing,
		"list in bytewise order":             listOrder,
		"list after a slug":                  listAfter,
		"list stopped early":                 listStopped,
		"list of many":                       listMany,
		"list whose yield uses the driver":   listYieldUses,
		"context ended before":               contextEnded,
		"context ended in the middle of put": putAllOrNone,
		"readers during put":                 readersDuringPut,
		"many putting":                       manyPutting,
		"closed":                             closed,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			t.Cleanup(func() { d.Close() })
			test(t, d)
		})
	}
}

func item(slug string) catalog.Item {
	return catalog.Item{Slug: slug, Store: "files", Key: slug + ".bin", Visible: true}
}

func put(t *testing.T, d catalog.Driver, items ...catalog.Item) {
	t.Helper()
	for i := range items {
		if err := items[i].Check(); err != nil {
			t.Fatalf("the suite's own item is not valid: %v", err)
		}
	}
	if err := d.Put(context.Background(), items); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func wantItem(t *testing.T, d catalog.Driver, want catalog.Item) {
	t.Helper()
	got, err := d.Item(context.Background(), want.Slug)
	if err != nil {
		t.Errorf("item %q: %v", want.Slug, err)
	} else if !got.Equal(want) {
		t.Errorf("got %s, want %s", show(got), show(want))
	}
}

// show is the item in quotes, cut to a length that can be read.
func show(it catalog.Item) string {
	texts := []string{it.Slug, it.Title, it.Name, it.Store, it.Key, it.Category, it.MediaType}
	return fmt.Sprintf("%.600q visible=%t inline=%t %.600q %v %d %q files=%.2000q",
		texts, it.Visible, it.Inline, it.Encoding+" "+it.Charset, it.Modified, it.Size, it.ETag, fmt.Sprint(it.Files))
}

func wantMissing(t *testing.T, d catalog.Driver, slug string) {
	t.Helper()
	got, err := d.Item(context.Background(), slug)
	if !errors.Is(err, catalog.ErrNotFound) || errors.Is(err, catalog.ErrUnavailable) {
		t.Errorf("item %q: got %+v, %v; want ErrNotFound", slug, got, err)
	}
}

func slugs(t *testing.T, d catalog.Driver, after string) []string {
	t.Helper()
	var list []string
	err := d.List(context.Background(), after, func(it catalog.Item) bool {
		list = append(list, it.Slug)
		return true
	})
	if err != nil {
		t.Errorf("list after %q: %v", after, err)
	}
	return list
}

func wantSlugs(t *testing.T, d catalog.Driver, after string, want ...string) {
	t.Helper()
	if got := slugs(t, d, after); !slices.Equal(got, want) {
		t.Errorf("list after %q: got %q, want %q", after, got, want)
	}
}
