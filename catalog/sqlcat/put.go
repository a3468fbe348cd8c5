package sqlcat

import (
	"context"
	"database/sql"

	"github.com/downlink-go/downlink/catalog"
)

const (
	upsert = "INSERT INTO items (" + fields + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" +
		" ON CONFLICT (slug) DO UPDATE SET title = excluded.title, name = excluded.name," +
		" store = excluded.store, key = excluded.key, category = excluded.category," +
		" visible = excluded.visible, inline = excluded.inline, media_type = excluded.media_type," +
		" encoding = excluded.encoding, charset = excluded.charset, modified = excluded.modified," +
		" size = excluded.size, etag = excluded.etag"
	deleteFiles = "DELETE FROM files WHERE slug = ?"
	insertFile  = "INSERT INTO files (" + fileFields + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

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
	var p putting
	for _, prepare := range []struct {
		to   **sql.Stmt
		text string
	}{{&p.item, upsert}, {&p.clear, deleteFiles}, {&p.file, insertFile}} {
		if *prepare.to, err = tx.PrepareContext(ctx, prepare.text); err != nil {
			return err
		}
	}
	for i := range items {
		if err := p.put(&items[i]); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// putting are the statements of a transaction that puts items. Its context rolls it back when it
// ends; watching that in every statement too would double their cost.
type putting struct {
	item, clear, file *sql.Stmt
}

func (p *putting) put(it *catalog.Item) error {
	_, err := p.item.Exec(it.Slug, it.Title, []byte(it.Name), it.Store, []byte(it.Key), it.Category, it.Visible, it.Inline,
		it.MediaType, it.Encoding, it.Charset, msOf(it.Modified), sizeOf(it.Size), it.ETag)
	if err != nil {
		return err
	}
	if _, err := p.clear.Exec(it.Slug); err != nil {
		return err
	}
	for field, f := range it.Files {
		_, err := p.file.Exec(it.Slug, field, []byte(f.Name), f.Store, []byte(f.Key), f.MediaType, f.Encoding, f.Charset,
			msOf(f.Modified), sizeOf(f.Size), f.ETag)
		if err != nil {
			return err
		}
	}
	return nil
}
