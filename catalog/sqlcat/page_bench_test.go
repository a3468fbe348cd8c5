package sqlcat_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

// large is a catalogue of 100,000 items in 1,110 nested categories.
func large(b *testing.B) *sqlcat.Store {
	s := open(b, filepath.Join(b.TempDir(), "catalog.db"))
	items := make([]catalog.Item, 100_000)
	for i := range items {
		items[i] = item(fmt.Sprintf("item-%06d", i))
		items[i].Title = fmt.Sprintf("%s %s number %d", []string{"Manual", "Driver", "Catalogue", "Firmware"}[i%4], []string{"blue", "red", "green"}[i%3], i)
		items[i].Category = fmt.Sprintf("C%d/D%d/E%d", i%10, i/10%10, i/100%10)
	}
	start := time.Now()
	for i := 0; i < len(items); i += 5000 {
		put(b, s, items[i:i+5000]...)
	}
	b.Logf("put in %v", time.Since(start))
	return s
}

// BenchmarkPage is what the pages ask of a large catalogue.
func BenchmarkPage(b *testing.B) {
	s := large(b)
	for name, q := range map[string]catalog.Query{
		"root": {Now: now, Limit: 50}, "all": {Limit: 50}, "category": {Category: "C3/D4", Now: now, Limit: 50}, "new": {Order: catalog.ByNew, Now: now, Limit: 50},
		"downloads":               {Order: catalog.ByDownloads, Limit: 50},
		"downloads of a category": {Category: "C3", Order: catalog.ByDownloads, Now: now, Limit: 50},
		"search common, new":      {Search: "manual", Order: catalog.ByNew, Limit: 50}, "search rare, new": {Search: "099999", Order: catalog.ByNew, Limit: 50},
		"search few, new": {Search: "number 77", Order: catalog.ByNew, Limit: 50}, "search few": {Search: "number 77", Limit: 50},
		"search common": {Search: "manual", Now: now, Limit: 50}, "search rare": {Search: "099999", Now: now, Limit: 50},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Page(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("categories", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.Categories(b.Context(), now); err != nil || len(all) != 1110 {
				b.Fatal(len(all), err)
			}
		}
	})
}
