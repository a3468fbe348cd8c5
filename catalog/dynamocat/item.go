package dynamocat

import (
	"fmt"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// document is an item, but for its slug and when it was made, as an attribute of its
// row. What an item does not say is left out. Names and keys of files are binary: they
// are any bytes.
func document(it *catalog.Item) attributes {
	d := fileDocument(&catalog.File{
		Name: it.Name, Store: it.Store, Key: it.Key, MediaType: it.MediaType, Encoding: it.Encoding,
		Charset: it.Charset, Modified: it.Modified, Size: it.Size, ETag: it.ETag, SHA256: it.SHA256,
	})
	putText(d, "title", it.Title)
	putText(d, "category", it.Category)
	putText(d, "version", it.Version)
	putFlag(d, "visible", it.Visible)
	putFlag(d, "inline", it.Inline)
	putFlag(d, "draft", it.Draft)
	putTime(d, "publish", it.Publish)
	putTime(d, "expires", it.Expires)
	putTime(d, "updated", it.Updated)
	putNumber(d, "max_downloads", it.MaxDownloads)
	putNumber(d, "limit_rate", it.LimitRate)
	if len(it.Categories) > 0 {
		var list []value
		for _, c := range it.Categories {
			list = append(list, text(c))
		}
		d["categories"] = value{L: list}
	}
	if len(it.Files) > 0 {
		files := attributes{}
		for field, f := range it.Files {
			files[field] = value{M: fileDocument(&f)}
		}
		d["files"] = value{M: files}
	}
	if len(it.Versions) > 0 {
		d["versions"] = value{L: versionList(it.Versions)}
	}
	return d
}

func versionList(versions []catalog.Version) (list []value) {
	for i := range versions {
		v := fileDocument(&versions[i].File)
		putText(v, "version", versions[i].Name)
		putTime(v, "added", versions[i].Added)
		list = append(list, value{M: v})
	}
	return list
}

func fileDocument(f *catalog.File) attributes {
	d := attributes{}
	putBytes(d, "name", f.Name)
	putText(d, "store", f.Store)
	putBytes(d, "key", f.Key)
	putText(d, "media_type", f.MediaType)
	putText(d, "encoding", f.Encoding)
	putText(d, "charset", f.Charset)
	putTime(d, "modified", f.Modified)
	putNumber(d, "size", f.Size)
	putText(d, "etag", f.ETag)
	putText(d, "sha256", f.SHA256)
	return d
}

// itemOf is the item of a document and of what its row says beside it.
func itemOf(slug string, created value, d attributes) catalog.Item {
	f := fileOf(d)
	it := catalog.Item{
		Slug: slug, Title: textOf(d["title"]), Name: f.Name, Store: f.Store, Key: f.Key, Category: textOf(d["category"]),
		Visible: flagOf(d["visible"]), Inline: flagOf(d["inline"]), MediaType: f.MediaType, Encoding: f.Encoding, Charset: f.Charset,
		Modified: f.Modified, Size: f.Size, ETag: f.ETag, SHA256: f.SHA256,
		Draft: flagOf(d["draft"]), Publish: timeOf(d["publish"]), Expires: timeOf(d["expires"]), Version: textOf(d["version"]),
		MaxDownloads: numberOf(d["max_downloads"]), LimitRate: numberOf(d["limit_rate"]),
		Created: timeOf(created), Updated: timeOf(d["updated"]),
	}
	for _, c := range d["categories"].L {
		it.Categories = append(it.Categories, textOf(c))
	}
	for field, f := range d["files"].M {
		if it.Files == nil {
			it.Files = map[string]catalog.File{}
		}
		it.Files[field] = fileOf(f.M)
	}
	for _, v := range d["versions"].L {
		it.Versions = append(it.Versions, catalog.Version{Name: textOf(v.M["version"]), File: fileOf(v.M), Added: timeOf(v.M["added"])})
	}
	return it
}

func fileOf(d attributes) catalog.File {
	return catalog.File{
		Name: string(d["name"].B), Store: textOf(d["store"]), Key: string(d["key"].B), MediaType: textOf(d["media_type"]),
		Encoding: textOf(d["encoding"]), Charset: textOf(d["charset"]), Modified: timeOf(d["modified"]),
		Size: numberOf(d["size"]), ETag: textOf(d["etag"]), SHA256: textOf(d["sha256"]),
	}
}

func putText(d attributes, name, v string) {
	if v != "" {
		d[name] = text(v)
	}
}

func putBytes(d attributes, name, v string) {
	if v != "" {
		d[name] = value{B: []byte(v)}
	}
}

func putFlag(d attributes, name string, v bool) {
	if v {
		d[name] = flag(true)
	}
}

func putNumber(d attributes, name string, n int64) {
	if n != 0 {
		d[name] = number(n)
	}
}

// putTime keeps milliseconds since 1970.
func putTime(d attributes, name string, t time.Time) {
	if !t.IsZero() {
		d[name] = number(t.UnixMilli())
	}
}

// timeOf is zero if the attribute is not there or something else.
func timeOf(v value) time.Time {
	if v.N == "" {
		return time.Time{}
	}
	return time.UnixMilli(numberOf(v)).UTC()
}

// largest is how many bytes a document may have: a row of 400 kB holds an item twice
// while many are put.
const largest = 190_000

func checkSize(slug string, d attributes) error {
	if n := sizeOf(value{M: d}); n > largest {
		return fmt.Errorf("item %q: it takes %d bytes, and DynamoDB at most %d: shorten its title and names, or drop old versions", slug, n, largest)
	}
	return nil
}

// sizeOf is what DynamoDB takes an attribute to be in bytes, or a little more.
func sizeOf(v value) int {
	switch {
	case v.S != nil:
		return len(*v.S)
	case v.B != nil:
		return len(v.B)
	case v.L != nil:
		n := 3
		for _, e := range v.L {
			n += 1 + sizeOf(e)
		}
		return n
	case v.M != nil:
		n := 3
		for name, e := range v.M {
			n += 1 + len(name) + sizeOf(e)
		}
		return n
	}
	return 21 // a number, at most
}
