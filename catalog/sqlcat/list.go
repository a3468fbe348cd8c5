package sqlcat

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

const pageSize = 256

const (
	selectItem = "SELECT " + columns + " FROM items i" + withFiles + " WHERE i.slug = ? ORDER BY f.place"
	selectPage = "SELECT " + columns + " FROM (SELECT * FROM items WHERE slug > ?%s ORDER BY slug LIMIT ?) i" + withFiles + " ORDER BY i.slug, f.place"
)

var (
	selectAll = fmt.Sprintf(selectPage, "")
	selectIn  = fmt.Sprintf(selectPage, " AND slug IN (SELECT slug FROM places WHERE category = ?)")
)

// List hands out the items after a slug, in order. It reads a page of items at a time
// and hands them out when no statement is running and no lock is held: yield may take
// its time and may use the store.
func (t *tables) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	for {
		rows, err := t.on.query(ctx, selectAll, after, int64(pageSize))
		if err != nil {
			return failed(ctx, err)
		}
		page, err := collect(rows, func() {})
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
