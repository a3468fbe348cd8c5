//go:build unix

package dynamocat_test

import (
	"context"
	"testing"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// BenchmarkLocal is against DynamoDB Local, whose own time is most of it.
func BenchmarkLocal(b *testing.B) {
	d := server.StartDynamoDB(b)
	s := open(b, options(b, d))
	many := make([]catalog.Item, 0, 10_000)
	for n := range 10 {
		for _, it := range items(1000, "A title of usual length") {
			it.Slug += string(rune('a' + n))
			it.Name, it.Visible = "Manual (English).pdf", true
			many = append(many, it)
		}
	}
	do := func(name string, f func(ctx context.Context, s *dynamocat.Store) error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(b.Context(), s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	do("put 10,000 items", func(ctx context.Context, s *dynamocat.Store) error { return s.Put(ctx, many) })
	do("item", func(ctx context.Context, s *dynamocat.Store) error { _, err := s.Item(ctx, "i500a"); return err })
	do("list 10,000 items", func(ctx context.Context, s *dynamocat.Store) error {
		return s.List(ctx, "", func(catalog.Item) bool { return true })
	})
	do("page of 10,000 items", func(ctx context.Context, s *dynamocat.Store) error {
		_, err := catalog.New(s).Page(ctx, catalog.Query{Search: "500"})
		return err
	})
	n := int64(0)
	do("count", func(ctx context.Context, s *dynamocat.Store) error {
		n++
		return s.Count(ctx, catalog.Batch{Writer: "w", Number: n, Counts: []catalog.Count{{Item: "a", Hour: 500_000, Tally: catalog.Tally{Downloads: 1}}}})
	})
}
