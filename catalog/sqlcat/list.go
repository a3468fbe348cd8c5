package sqlcat

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

const pageSize = 256

var (
	selectItem = fmt.Sprintf(joined, "items") + " WHERE i.slug = ?"
	selectPage = fmt.Sprintf(joined, "(SELECT * FROM items WHERE slug > ? ORDER BY slug LIMIT ?)") + " ORDER BY i.slug"
)

// List reads a page of items at a time and hands them out when no statement is
// running and no lock is held: yield may take its time and may use the store.
func (s *Store) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	for {
		page, err := s.page(ctx, after)
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

func (s *Store) page(ctx context.Context, after string) ([]catalog.Item, error) {
	st, err := s.statements(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := st.list.QueryContext(ctx, after, pageSize)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}
