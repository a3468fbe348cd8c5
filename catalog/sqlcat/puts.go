package sqlcat

import (
	"maps"
	"slices"

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

// statement is one to run. Its arguments are string, int64, bool and []byte.
type statement struct {
	text string
	args []any
}

// puts are the statements that put an item, in order. They belong into one
// transaction.
func puts(it *catalog.Item) []statement {
	all := []statement{
		{upsert, []any{
			it.Slug, it.Title, []byte(it.Name), it.Store, []byte(it.Key), it.Category, it.Visible, it.Inline,
			it.MediaType, it.Encoding, it.Charset, msOf(it.Modified), sizeOf(it.Size), it.ETag,
		}},
		{deleteFiles, []any{it.Slug}},
	}
	for _, field := range slices.Sorted(maps.Keys(it.Files)) {
		f := it.Files[field]
		all = append(all, statement{insertFile, []any{
			it.Slug, field, []byte(f.Name), f.Store, []byte(f.Key), f.MediaType, f.Encoding, f.Charset,
			msOf(f.Modified), sizeOf(f.Size), f.ETag,
		}})
	}
	return all
}
