package sqlcat

import (
	"context"
	"database/sql"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// The columns of an item, those of a further file, and an item with its further
// files: a row for each of them, one without any if there is none.
const (
	fields     = "slug, title, name, store, key, category, visible, inline, media_type, encoding, charset, modified, size, etag"
	fileFields = "slug, field, name, store, key, media_type, encoding, charset, modified, size, etag"
	joined     = "SELECT i.slug, i.title, i.name, i.store, i.key, i.category, i.visible, i.inline, i.media_type," +
		" i.encoding, i.charset, i.modified, i.size, i.etag," +
		" f.field, f.name, f.store, f.key, f.media_type, f.encoding, f.charset, f.modified, f.size, f.etag" +
		" FROM %s i LEFT JOIN files f ON f.slug = i.slug"
)

// found is the item that rows hold, or catalog.ErrNotFound.
func found(ctx context.Context, rows *sql.Rows, err error) (catalog.Item, error) {
	if err != nil {
		return catalog.Item{}, failed(ctx, err)
	}
	items, err := collect(rows)
	switch {
	case err != nil:
		return catalog.Item{}, failed(ctx, err)
	case len(items) == 0:
		return catalog.Item{}, catalog.ErrNotFound
	}
	return items[0], nil
}

// collect reads the rows of joined; those of one item follow each other.
func collect(rows *sql.Rows) (items []catalog.Item, err error) {
	defer rows.Close()
	var r row // one for all, so that they cost one allocation
	for rows.Next() {
		if err := r.scan(rows); err != nil {
			return nil, err
		}
		if n := len(items); n == 0 || items[n-1].Slug != r.item.Slug {
			items = append(items, r.item)
		}
		if !r.field.Valid {
			continue
		}
		last := &items[len(items)-1]
		if last.Files == nil {
			last.Files = map[string]catalog.File{}
		}
		last.Files[r.field.String] = r.file()
	}
	return items, rows.Err()
}

// row is a row of joined: an item, and one of its further files if field is not NULL.
type row struct {
	item           catalog.Item
	modified, size int64

	field, name, store, key, mediaType, encoding, charset, etag sql.NullString
	fileModified, fileSize                                      sql.NullInt64
}

func (r *row) scan(rows *sql.Rows) error {
	it := &r.item
	err := rows.Scan(&it.Slug, &it.Title, &it.Name, &it.Store, &it.Key, &it.Category, &it.Visible, &it.Inline, &it.MediaType,
		&it.Encoding, &it.Charset, &r.modified, &r.size, &it.ETag,
		&r.field, &r.name, &r.store, &r.key, &r.mediaType, &r.encoding, &r.charset, &r.fileModified, &r.fileSize, &r.etag)
	it.Modified, it.Size = timeOf(r.modified), max(r.size, 0)
	return err
}

func (r *row) file() catalog.File {
	return catalog.File{
		Name: r.name.String, Store: r.store.String, Key: r.key.String, MediaType: r.mediaType.String, Encoding: r.encoding.String,
		Charset: r.charset.String, Modified: timeOf(r.fileModified.Int64), Size: max(r.fileSize.Int64, 0), ETag: r.etag.String,
	}
}

// timeOf is a number of milliseconds since 1970 as a time; 0 says nothing.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// msOf is the inverse of timeOf.
func msOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// sizeOf is a size as the table has it: -1 says nothing.
func sizeOf(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}
