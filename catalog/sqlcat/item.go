package sqlcat

import (
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// The columns of an item, those of a further file or version, and those of an item
// i with its files: a row for each of them, one without any if there is none.
const (
	fields = "slug, title, name, store, key, category, visible, inline, media_type, encoding, charset, modified, size, etag," +
		" sha256, categories, draft, publish, expires, version, max_downloads, limit_rate, created, updated"
	fileFields = "slug, field, name, store, key, media_type, encoding, charset, modified, size, etag, sha256, place, added"
	columns    = "i.slug, i.title, i.name, i.store, i.key, i.category, i.visible, i.inline, i.media_type," +
		" i.encoding, i.charset, i.modified, i.size, i.etag," +
		" i.sha256, i.categories, i.draft, i.publish, i.expires, i.version, i.max_downloads, i.limit_rate, i.created, i.updated," +
		" f.field, f.name, f.store, f.key, f.media_type, f.encoding, f.charset, f.modified, f.size, f.etag, f.sha256, f.place, f.added"
	withFiles = " LEFT JOIN files f ON f.slug = i.slug"
)

// collect reads rows of columns; those of one item follow each other, in the order of
// place. before is where to put what stands before the columns; each is called once
// for every item, after its first row.
func collect(rows *sql.Rows, each func(), before ...any) (items []catalog.Item, err error) {
	defer rows.Close()
	var r row // one for all, so that they cost one allocation
	for rows.Next() {
		if err := r.scan(rows, before); err != nil {
			return nil, err
		}
		if n := len(items); n == 0 || items[n-1].Slug != r.item.Slug {
			items = append(items, r.item)
			each()
		}
		if r.field.Valid {
			r.addTo(&items[len(items)-1])
		}
	}
	return items, rows.Err()
}

// row is one of them: an item, and one of its files if field is not NULL.
type row struct {
	item                                 catalog.Item
	modified, size                       int64
	categories                           string
	publish, expires, created, updated   int64
	field, name, store, key, mediaType   sql.NullString
	encoding, charset, etag, sha256      sql.NullString
	fileModified, fileSize, place, added sql.NullInt64
}

func (r *row) scan(rows *sql.Rows, before []any) error {
	it := &r.item
	err := rows.Scan(append(slices.Clip(before),
		&it.Slug, &it.Title, &it.Name, &it.Store, &it.Key, &it.Category, &it.Visible, &it.Inline, &it.MediaType,
		&it.Encoding, &it.Charset, &r.modified, &r.size, &it.ETag,
		&it.SHA256, &r.categories, &it.Draft, &r.publish, &r.expires, &it.Version, &it.MaxDownloads, &it.LimitRate, &r.created, &r.updated,
		&r.field, &r.name, &r.store, &r.key, &r.mediaType, &r.encoding, &r.charset, &r.fileModified, &r.fileSize, &r.etag,
		&r.sha256, &r.place, &r.added)...)
	it.Modified, it.Size = timeOf(r.modified), max(r.size, 0)
	it.Publish, it.Expires, it.Created, it.Updated = timeOf(r.publish), timeOf(r.expires), timeOf(r.created), timeOf(r.updated)
	it.Categories = nil
	if r.categories != "" {
		it.Categories = strings.Split(r.categories, "\n")
	}
	return err
}

// addTo adds the row's file to its item.
func (r *row) addTo(it *catalog.Item) {
	if r.place.Int64 > 0 {
		name := strings.TrimPrefix(r.field.String, catalog.VersionField(""))
		it.Versions = append(it.Versions, catalog.Version{Name: name, File: r.file(), Added: timeOf(r.added.Int64)})
		return
	}
	if it.Files == nil {
		it.Files = map[string]catalog.File{}
	}
	it.Files[r.field.String] = r.file()
}

func (r *row) file() catalog.File {
	return catalog.File{
		Name: r.name.String, Store: r.store.String, Key: r.key.String, MediaType: r.mediaType.String, Encoding: r.encoding.String,
		Charset: r.charset.String, Modified: timeOf(r.fileModified.Int64), Size: max(r.fileSize.Int64, 0), ETag: r.etag.String,
		SHA256: r.sha256.String,
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
