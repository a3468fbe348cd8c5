package catalog

import (
	"maps"
	"time"

	"github.com/downlink-go/downlink/core"
)

// OwnField is the name by which the field of an item's own file goes where a field
// has to be named.
const OwnField = "file"

// File is a stored file of an item, and what the item says of it in place of the
// store: the name, type, encoding, charset, modification time, size and entity-tag
// of django-downloadview's ObjectDownloadView. Zero values say nothing.
type File struct {
	Name      string // client-side, in place of the stored one: any bytes
	Store     string // name of the store that has the file
	Key       string // the file's key there
	MediaType string
	Encoding  string    // content coding of the stored bytes, which clients undo
	Charset   string    // of text types
	Modified  time.Time // in whole milliseconds
	// Size is in bytes. A file of another size is not the one that the item means,
	// and is not sent.
	Size int64
	// ETag is quoted, with W/ in front if it is weak. Whoever sets it changes it
	// whenever the file changes.
	ETag string
}

// own is the item's own file.
func (it *Item) own() File {
	return File{
		Name: it.Name, Store: it.Store, Key: it.Key, MediaType: it.MediaType, Encoding: it.Encoding,
		Charset: it.Charset, Modified: it.Modified, Size: it.Size, ETag: it.ETag,
	}
}

// File is the file in the item's field, and whether it has one; "" and OwnField
// are its own.
func (it *Item) File(field string) (File, bool) {
	if field == "" || field == OwnField {
		return it.own(), true
	}
	f, ok := it.Files[field]
	return f, ok
}

// Equal reports whether two items say the same.
func (it Item) Equal(other Item) bool {
	same := it.own().equal(other.own()) && maps.EqualFunc(it.Files, other.Files, File.equal)
	return same && it.Slug == other.Slug && it.Title == other.Title && it.Category == other.Category &&
		it.Visible == other.Visible && it.Inline == other.Inline
}

func (f File) equal(other File) bool {
	same := f.Modified.Equal(other.Modified)
	f.Modified, other.Modified = time.Time{}, time.Time{}
	return same && f == other
}

// Options are the view options that the file asks for.
func (f *File) Options(inline bool) core.Options {
	return core.Options{Inline: inline, Basename: f.Name, MediaType: f.MediaType, Encoding: f.Encoding, Charset: f.Charset}
}
