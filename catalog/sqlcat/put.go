package sqlcat

import (
	"context"

	"github.com/downlink-go/downlink/catalog"
)

const upsert = "INSERT INTO items (" + fields + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" +
	" ON CONFLICT (slug) DO UPDATE SET title = excluded.title, name = excluded.name," +
	" store = excluded.store, key = excluded.key, category = excluded.category," +
	" visible = excluded.visible, inline = excluded.inline, media_type = excluded.media_type"

// Put puts the items in one transaction. Calls in this process queue for as
// long as their contexts allow; another process is waited for as lockWait says.
func (s *Store) Put(ctx context.Context, items []catalog.Item) error {
	if _, err := s.statements(ctx); err != nil {
		return failed(ctx, err)
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.put(ctx, items); err != nil {
		return failed(ctx, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, items []catalog.Item) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stmt, err := tx.PrepareContext(ctx, upsert)
	if err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		// The context rolls tx back when it ends; watching it in every
		// statement too would double their cost.
		_, err := stmt.Exec(it.Slug, it.Title, []byte(it.Name), it.Store, []byte(it.Key),
			it.Category, it.Visible, it.Inline, it.MediaType)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}
