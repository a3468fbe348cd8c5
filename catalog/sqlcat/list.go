package sqlcat

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

const pageSize = 256

var (
	selectItem = fmt.Sprintf(joined, "items") + " WHERE i.slug = ?"
	selectPage = fmt.Sprintf(joined, "(SELECT * FROM items WHERE slug > ? ORDER BY slug LIMIT ?)") + " ORDER BY i.slug"
)

// list reads a page of items at a time and hands them out when no statement is
// running and no lock is held: yield may take its time and may use the store.
func list(ctx context.Context, query func(after string) (*sql.Rows, error), after string, yield func(catalog.Item) bool) error {
	for {
		rows, err := query(after)
		if err != nil {
			return failed(ctx, err)
		}
		page, err := collect(rows)
		if err != nil {
			return failed(ctx, err)
		}
		for _, it := range page {
			if !yield(it) {
				return nil
			}
		}
		if len(page) < pageSize {
			return nil
		}
		after = page[len(page)-1].Slug
	}
}
