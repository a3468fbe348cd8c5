package sqlcat

import (
	"context"
	"database/sql"
	"errors"

	"github.com/downlink-go/downlink/catalog"
)

const (
	fields     = "slug, title, name, store, key, category, visible, inline, media_type"
	selectItem = "SELECT " + fields + " FROM items WHERE slug = ?"
)

// Item returns the item called slug. It waits for no writer.
func (s *Store) Item(ctx context.Context, slug string) (catalog.Item, error) {
	st, err := s.statements(ctx)
	if err != nil {
		return catalog.Item{}, failed(ctx, err)
	}
	it, err := scan(st.item.QueryRowContext(ctx, slug))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return catalog.Item{}, catalog.ErrNotFound
	case err != nil:
		return catalog.Item{}, failed(ctx, err)
	}
	return it, nil
}

// scan reads a row of fields.
func scan(row interface{ Scan(...any) error }) (it catalog.Item, err error) {
	err = row.Scan(&it.Slug, &it.Title, &it.Name, &it.Store, &it.Key, &it.Category, &it.Visible, &it.Inline, &it.MediaType)
	return it, err
}
