package catalog

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
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
	// SHA256 is of the file's bytes in lower-case hexadecimal; "" if unknown. Where
	// there is no ETag, it makes one.
	SHA256 string
}

// own is the item's own file.
func (it *Item) own() File {
	return File{
		Name: it.Name, Store: it.Store, Key: it.Key, MediaType: it.MediaType, Encoding: it.Encoding,
		Charset: it.Charset, Modified: it.Modified, Size: it.Size, ETag: it.ETag, SHA256: it.SHA256,
	}
}

// VersionField is the field of a version: a sign no other field begins with, and the
// version's name. It is for the latest one too, so that a version keeps its field
// when it is replaced.
func VersionField(version string) string { return versionSign + version }

const versionSign = "@"

// File is the file in the item's field, and whether it has one; "" and OwnField
// are its own, and VersionField those of its versions.
func (it *Item) File(field string) (File, bool) {
	if field == "" || field == OwnField {
		return it.own(), true
	}
	if version, ok := strings.CutPrefix(field, versionSign); ok {
		return it.version(version)
	}
	f, ok := it.Files[field]
	return f, ok
}

// AllFiles are the item's own file, its further ones and its older versions.
func (it *Item) AllFiles() []File {
	all := []File{it.own()}
	for _, f := range it.Files {
		all = append(all, f)
	}
	for _, v := range it.Versions {
		all = append(all, v.File)
	}
	return all
}

func (it *Item) version(name string) (File, bool) {
	if name != "" && name == it.Version {
		return it.own(), true
	}
	for i := range it.Versions {
		if it.Versions[i].Name == name {
			return it.Versions[i].File, true
		}
	}
	return File{}, false
}

func (f File) equal(other File) bool {
	same := f.Modified.Equal(other.Modified)
	f.Modified, other.Modified = time.Time{}, time.Time{}
	return same && f == other
}

// Tag is the file's entity-tag: ETag, or the one that SHA256 makes; "" without both.
func (f *File) Tag() string {
	if f.ETag == "" && f.SHA256 != "" {
		return `"` + f.SHA256 + `"`
	}
	return f.ETag
}

// Digest is the value of Repr-Digest (RFC 9530) that SHA256 makes; "" without one.
func (f *File) Digest() string {
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil || f.SHA256 == "" {
		return ""
	}
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// Options are the view options that the file asks for.
func (f *File) Options(inline bool) core.Options {
	return core.Options{Inline: inline, Basename: f.Name, MediaType: f.MediaType, Encoding: f.Encoding, Charset: f.Charset}
}
