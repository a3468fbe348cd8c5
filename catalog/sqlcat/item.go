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
	for rows.Next() {
		it, field, f, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if n := len(items); n == 0 || items[n-1].Slug != it.Slug {
			items = append(items, it)
		}
		if !field.Valid {
			continue
		}
		last := &items[len(items)-1]
		if last.Files == nil {
			last.Files = map[string]catalog.File{}
		}
		last.Files[field.String] = f
	}
	return items, rows.Err()
}

// scan reads a row of joined: an item, and one of its further files if field is
// not NULL.
func scan(row *sql.Rows) (it catalog.Item, field sql.NullString, f catalog.File, err error) {
	var modified, size int64
	var name, store, key, mediaType, encoding, charset, etag sql.NullString
	var fileModified, fileSize sql.NullInt64
	err = row.Scan(&it.Slug, &it.Title, &it.Name, &it.Store, &it.Key, &it.Category, &it.Visible, &it.Inline, &it.MediaType,
		&it.Encoding, &it.Charset, &modified, &size, &it.ETag,
		&field, &name, &store, &key, &mediaType, &encoding, &charset, &fileModified, &fileSize, &etag)
	it.Modified, it.Size = timeOf(modified), max(size, 0)
	f = catalog.File{
		Name: name.String, Store: store.String, Key: key.String, MediaType: mediaType.String, Encoding: encoding.String,
		Charset: charset.String, Modified: timeOf(fileModified.Int64), Size: max(fileSize.Int64, 0), ETag: etag.String,
	}
	return it, field, f, err
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
