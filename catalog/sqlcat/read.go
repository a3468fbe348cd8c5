//go:build !js

package sqlcat

import (
	"context"
	"database/sql"

	"github.com/downlink-go/downlink/catalog"
)

// Item returns the item called slug. It waits for no writer.
func (s *Store) Item(ctx context.Context, slug string) (catalog.Item, error) {
	st, err := s.statements(ctx)
	if err != nil {
		return catalog.Item{}, failed(ctx, err)
	}
	rows, err := st.item.QueryContext(ctx, slug)
	return found(ctx, rows, err)
}

// List hands out the items after a slug, in order.
func (s *Store) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	st, err := s.statements(ctx)
	if err != nil {
		return failed(ctx, err)
	}
	return list(ctx, func(after string) (*sql.Rows, error) {
		return st.list.QueryContext(ctx, after, pageSize)
	}, after, yield)
}
