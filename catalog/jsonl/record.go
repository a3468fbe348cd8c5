package jsonl

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
)

// keys are those of an item, in the order in which Write writes them; from
// "encoding" on only where they say something. fileKeys are those of a further
// file, versionKeys those of an older version.
var (
	keys = []string{
		"slug", "title", "name", "store", "key", "category", "visible", "inline", "media_type",
		"encoding", "charset", "modified", "size", "etag", "sha256", "files", "categories", "draft", "publish", "expires",
		"version", "versions", "max_downloads", "limit_rate", "created",
	}
	fileKeys    = []string{"name", "store", "key", "media_type", "encoding", "charset", "modified", "size", "etag", "sha256"}
	versionKeys = append([]string{"version", "added"}, fileKeys...)
)

// mustKeys is how many of the keys of an item are written whatever they say.
const mustKeys = 9

// itemField is the part of an item that key names: a *string, *bool, *time.Time,
// *int64, *map[string]catalog.File, *[]string or *[]catalog.Version, or nil.
func itemField(it *catalog.Item, key string) any {
	switch key {
	case "slug":
		return &it.Slug
	case "title":
		return &it.Title
	case "name":
		return &it.Name
	case "store":
		return &it.Store
	case "key":
		return &it.Key
	case "category":
		return &it.Category
	case "visible":
		return &it.Visible
	case "inline":
		return &it.Inline
	case "media_type":
		return &it.MediaType
	case "encoding":
		return &it.Encoding
	case "charset":
		return &it.Charset
	case "modified":
		return &it.Modified
	case "size":
		return &it.Size
	case "etag":
		return &it.ETag
	case "sha256":
		return &it.SHA256
	case "files":
		return &it.Files
	}
	return offerField(it, key)
}

// offerField is the part of an item that says where and when it is offered.
func offerField(it *catalog.Item, key string) any {
	switch key {
	case "categories":
		return &it.Categories
	case "draft":
		return &it.Draft
	case "publish":
		return &it.Publish
	case "expires":
		return &it.Expires
	case "version":
		return &it.Version
	case "versions":
		return &it.Versions
	case "max_downloads":
		return &it.MaxDownloads
	case "limit_rate":
		return &it.LimitRate
	case "created":
		return &it.Created
	}
	return nil
}

// versionField is the part of an older version that key names.
func versionField(v *catalog.Version, key string) any {
	switch key {
	case "version":
		return &v.Name
	case "added":
		return &v.Added
	}
	return fileField(&v.File, key)
}

// fileField is the part of a further file that key names, likewise.
func fileField(f *catalog.File, key string) any {
	switch key {
	case "name":
		return &f.Name
	case "store":
		return &f.Store
	case "key":
		return &f.Key
	case "media_type":
		return &f.MediaType
	case "encoding":
		return &f.Encoding
	case "charset":
		return &f.Charset
	case "modified":
		return &f.Modified
	case "size":
		return &f.Size
	case "etag":
		return &f.ETag
	case "sha256":
		return &f.SHA256
	}
	return nil
}

// units are those of the numbers, where they have one.
var units = map[string]string{"size": " of bytes", "limit_rate": " of bytes a second"}

// record is what is read of one line.
type record struct {
	item     catalog.Item
	problems []string
	unread   []string // where a value was of the wrong type: "slug", "files.thumb.key"
}

func (rec *record) fault(format string, args ...any) {
	rec.problems = append(rec.problems, fmt.Sprintf(format, args...))
}

// parse reads a line as far as it goes; stores are the names of those known, usual is
// the one of an item that names none, "" if it has to.
func parse(line []byte, stores []string, usual string) *record {
	rec := &record{item: catalog.Item{Visible: true}}
	list, problem := members(line)
	if problem != "" {
		rec.problems = []string{problem}
		rec.unread = keys
		return rec
	}
	rec.object("", list, keys, func(key string) any { return itemField(&rec.item, key) })
	rec.item.Store = cmp.Or(rec.item.Store, usual)
	rec.checkStore("", rec.item.Store, stores)
	for _, field := range slices.Sorted(maps.Keys(rec.item.Files)) {
		f := rec.item.Files[field]
		rec.resolveBeside(within(field), &f.Store, stores)
		rec.item.Files[field] = f
	}
	for i := range rec.item.Versions {
		rec.resolveBeside(withinVersion(i), &rec.item.Versions[i].Store, stores)
	}
	rec.check()
	return rec
}

// resolveBeside fills in the store of a file, which is beside the item's own unless it
// says otherwise, and reports one that is not.
func (rec *record) resolveBeside(at string, name *string, stores []string) {
	if *name == "" {
		*name = rec.item.Store
		return
	}
	rec.checkStore(at, *name, stores)
}

// label is the name of a key as it can stand in a sentence: in quotes if there is
// more in it than letters, digits and points.
func label(name string) string {
	if core.ValidToken(name) {
		return name
	}
	return fmt.Sprintf("%.80q", name)
}

// within is what the names of a further file's keys begin with.
func within(field string) string { return "files." + field + "." }

// withinVersion is likewise of the version at index i.
func withinVersion(i int) string { return fmt.Sprintf("versions.%d.", i+1) }

// object reads the members of an object into what target gives for their keys.
// at is what the names of its keys begin with.
func (rec *record) object(at string, list []member, known []string, target func(key string) any) {
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.key] {
			rec.fault("%.80q is written twice: remove one", at+m.key)
			continue
		}
		seen[m.key] = true
		if to := target(m.key); to != nil {
			rec.set(at, m, to)
		} else {
			rec.fault("unknown key %.80q: %s", at+m.key, suggest(m.key, known))
		}
	}
}

func (rec *record) set(at string, m member, target any) {
	switch to := target.(type) {
	case *string:
		if m.value[0] != '"' {
			rec.wrongType(at, m, "a string in double quotes")
			return
		}
		*to = unquote(m.value)
	case *bool:
		if c := m.value[0]; c != 't' && c != 'f' {
			rec.wrongType(at, m, "true or false, without quotes")
			return
		}
		*to = m.value[0] == 't'
	case *int64:
		n, err := strconv.ParseInt(string(m.value), 10, 64)
		if err != nil {
			rec.wrongType(at, m, "a whole number"+units[m.key]+", without quotes")
			return
		}
		*to = n
	case *time.Time:
		rec.setTime(at, m, to)
	case *map[string]catalog.File:
		rec.setFiles(m, to)
	case *[]string:
		rec.setTexts(at, m, to)
	case *[]catalog.Version:
		rec.setVersions(m, to)
	}
}

// elements are those of an array. The problem of a value that is none was noted.
func (rec *record) elements(at string, m member, want string) (list []json.RawMessage) {
	if m.value[0] != '[' {
		rec.wrongType(at, m, want)
		return nil
	}
	if err := json.Unmarshal(m.value, &list); err != nil {
		rec.fault("%s: %v", label(at+m.key), err)
	}
	return list
}

func (rec *record) setTexts(at string, m member, to *[]string) {
	const form = `an array of strings such as ["A/B", "C"]`
	for _, value := range rec.elements(at, m, form) {
		if value[0] != '"' {
			rec.wrongType(at, m, form)
			return
		}
		*to = append(*to, unquote(value))
	}
}

// setVersions reads an array of objects: the older versions in their order.
func (rec *record) setVersions(m member, to *[]catalog.Version) {
	const form = `an array of objects such as [{"version": "1.0", "key": "a-1.0.pdf"}]`
	for i, value := range rec.elements("", m, form) {
		if value[0] != '{' {
			rec.wrongType("", m, form)
			return
		}
		var v catalog.Version
		if list, problem := members(value); problem != "" {
			rec.fault("versions: %s", problem)
		} else {
			rec.object(withinVersion(i), list, versionKeys, func(key string) any { return versionField(&v, key) })
		}
		*to = append(*to, v)
	}
}

func (rec *record) setTime(at string, m member, to *time.Time) {
	const form = `a time such as "2024-01-02T03:04:05Z"`
	if m.value[0] != '"' {
		rec.wrongType(at, m, form)
		return
	}
	text := unquote(m.value)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil && text != "" {
		rec.fault("%s %.80q: write %s", label(at+m.key), text, form)
		return
	}
	*to = t.UTC()
}

// setFiles reads an object of objects: the further files by field.
func (rec *record) setFiles(m member, to *map[string]catalog.File) {
	if m.value[0] != '{' {
		rec.wrongType("", m, `an object such as {"thumb": {"key": "a.png"}}`)
		return
	}
	list, problem := members(m.value)
	if problem != "" {
		rec.fault("files: %s", problem)
		return
	}
	files := map[string]catalog.File{}
	for _, field := range list {
		if _, twice := files[field.key]; twice {
			rec.fault("%.80q is written twice: remove one", "files."+field.key)
			continue
		}
		f := catalog.File{}
		if field.value[0] != '{' {
			rec.wrongType("files.", field, `an object such as {"key": "a.png"}`)
			rec.unread = append(rec.unread, within(field.key)+"key")
		} else if inner, problem := members(field.value); problem != "" {
			rec.fault("%s: %s", label("files."+field.key), problem)
		} else {
			rec.object(within(field.key), inner, fileKeys, func(key string) any { return fileField(&f, key) })
		}
		files[field.key] = f
	}
	if len(files) > 0 {
		*to = files
	}
}

func (rec *record) wrongType(at string, m member, want string) {
	rec.fault("%s is %s: write %s", label(at+m.key), kind(m.value), want)
	rec.unread = append(rec.unread, at+m.key)
}

// checkStore reports a store that is not there.
func (rec *record) checkStore(at, name string, stores []string) {
	switch {
	case slices.Contains(rec.unread, at+"store") || slices.Contains(stores, name):
		return
	case len(stores) == 0:
		rec.fault("%s %.80q: no store is configured", label(at+"store"), name)
	case name == "":
		rec.fault("%s is missing: use %s", label(at+"store"), quotedList(stores))
	default:
		rec.fault("%s %.80q is not configured: %s", label(at+"store"), name, suggest(name, stores))
	}
	rec.unread = append(rec.unread, at+"store") // one fault is enough
}

// check adds what the catalogue would refuse. What could not be read is not
// reported again as missing.
func (rec *record) check() {
	it := rec.item
	rec.stand("", func(key string) any { return itemField(&it, key) })
	it.Files = maps.Clone(it.Files)
	for field, f := range it.Files {
		rec.stand(within(field), func(key string) any { return fileField(&f, key) })
		if slices.Contains(rec.unread, "store") {
			f.Store = "x"
		}
		it.Files[field] = f
	}
	it.Versions = slices.Clone(it.Versions)
	for i := range it.Versions {
		v := &it.Versions[i]
		rec.stand(withinVersion(i), func(key string) any { return versionField(v, key) })
		if slices.Contains(rec.unread, "store") {
			v.Store = "x"
		}
	}
	if all, ok := it.Check().(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			rec.fault("%v", err)
		}
	}
}

// stand has a word stand in for each key that must be there and could not be read.
func (rec *record) stand(at string, target func(key string) any) {
	for _, key := range [...]string{"slug", "store", "key", "version"} {
		if text, ok := target(key).(*string); ok && slices.Contains(rec.unread, at+key) {
			*text = "x"
		}
	}
}
