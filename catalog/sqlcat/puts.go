package sqlcat

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

const (
	upsert = "INSERT INTO items (" + fields + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" +
		" ON CONFLICT (slug) DO UPDATE SET title = excluded.title, name = excluded.name," +
		" store = excluded.store, key = excluded.key, category = excluded.category," +
		" visible = excluded.visible, inline = excluded.inline, media_type = excluded.media_type," +
		" encoding = excluded.encoding, charset = excluded.charset, modified = excluded.modified," +
		" size = excluded.size, etag = excluded.etag, sha256 = excluded.sha256, categories = excluded.categories," +
		" draft = excluded.draft, publish = excluded.publish, expires = excluded.expires, version = excluded.version," +
		" max_downloads = excluded.max_downloads, limit_rate = excluded.limit_rate, updated = excluded.updated"
	deleteItem  = "DELETE FROM items WHERE slug = ?"
	deleteFiles = "DELETE FROM files WHERE slug = ?"
	insertFile  = "INSERT INTO files (" + fileFields + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

// statement is one to run. Its arguments are string, int64, bool and []byte.
type statement struct {
	text string
	args []any
}

// puts are the statements that put an item, in order. They belong into one
// transaction.
func puts(it *catalog.Item, now time.Time) []statement {
	created := it.Created
	if created.IsZero() {
		created = now
	}
	all := []statement{
		{upsert, []any{
			it.Slug, it.Title, []byte(it.Name), it.Store, []byte(it.Key), it.Category, it.Visible, it.Inline,
			it.MediaType, it.Encoding, it.Charset, msOf(it.Modified), sizeOf(it.Size), it.ETag,
			it.SHA256, strings.Join(it.Categories, "\n"), it.Draft, msOf(it.Publish), msOf(it.Expires), it.Version,
			it.MaxDownloads, it.LimitRate, msOf(created), msOf(now),
		}},
		{deleteFiles, []any{it.Slug}},
	}
	for _, field := range slices.Sorted(maps.Keys(it.Files)) {
		f := it.Files[field]
		all = append(all, putFile(it.Slug, field, &f, 0, time.Time{}))
	}
	for i := range it.Versions {
		v := &it.Versions[i]
		all = append(all, putFile(it.Slug, catalog.VersionField(v.Name), &v.File, int64(i+1), v.Added))
	}
	return append(all, place(it)...)
}

func putFile(slug, field string, f *catalog.File, place int64, added time.Time) statement {
	return statement{insertFile, []any{
		slug, field, []byte(f.Name), f.Store, []byte(f.Key), f.MediaType, f.Encoding, f.Charset,
		msOf(f.Modified), sizeOf(f.Size), f.ETag, f.SHA256, place, msOf(added),
	}}
}

// deletes are the statements that take an item out, likewise.
func deletes(slug string) []statement {
	all := displace(slug)
	return append(all, statement{deleteFiles, []any{slug}}, statement{deleteItem, []any{slug}})
}
