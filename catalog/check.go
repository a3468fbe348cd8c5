package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

// The longest that the fields of an item may be, in bytes. A name this long is
// cut when it is sent; the limits keep an item below 4 MiB in any form.
const (
	maxText       = 64 << 10 // title, name
	maxPath       = 1 << 10  // category; key is limited by core.CheckKey
	maxSymbol     = 255      // store, media_type, encoding, charset, etag
	maxName       = 1 << 10  // name of a further file
	maxFiles      = 16       // further files
	maxField      = 64       // name of a field or a version
	maxCategories = 16       // further categories
	maxVersions   = 64       // older versions
)

// Check reports everything that is wrong with the item, joined; nil if nothing
// is. It does not ask whether the store or the file exist. Name and Key may
// hold any bytes; the other fields are UTF-8 without NUL.
func (it *Item) Check() error {
	own := it.own()
	faults := []error{CheckSlug(it.Slug), checkText("title", it.Title, maxText)}
	faults = append(faults, own.check(maxText)...)
	faults = append(faults, checkCategory(it.Category))
	faults = append(faults, it.checkFiles()...)
	faults = append(faults, it.checkCategories()...)
	faults = append(faults, it.checkVersions()...)
	faults = append(faults, checkTime("publish", it.Publish), checkTime("expires", it.Expires), checkTime("created", it.Created),
		it.checkPeriod(), checkCount("max_downloads", it.MaxDownloads), checkCount("limit_rate", it.LimitRate))
	return errors.Join(faults...)
}

func (it *Item) checkFiles() (faults []error) {
	if len(it.Files) > maxFiles {
		faults = append(faults, fmt.Errorf("files are %d: an item has at most %d beside its own", len(it.Files), maxFiles))
	}
	for _, field := range slices.Sorted(maps.Keys(it.Files)) {
		f := it.Files[field]
		for _, fault := range append([]error{checkField(field)}, f.check(maxName)...) {
			if fault != nil {
				faults = append(faults, fmt.Errorf("files %.80q: %w", field, fault))
			}
		}
	}
	return faults
}

func (it *Item) checkCategories() (faults []error) {
	if len(it.Categories) > maxCategories {
		faults = append(faults, fmt.Errorf("categories are %d: an item has at most %d beside its own", len(it.Categories), maxCategories))
	}
	for i, category := range it.Categories {
		switch err := CheckCategory(category); {
		case err != nil:
			faults = append(faults, fmt.Errorf("categories: %w", err))
		case category == it.Category || slices.Contains(it.Categories[:i], category):
			faults = append(faults, fmt.Errorf("categories: %.80q is there twice: remove one", category))
		}
	}
	return faults
}

func (it *Item) checkVersions() (faults []error) {
	if it.Version != "" {
		faults = append(faults, checkSign("version", it.Version))
	}
	if len(it.Versions) > maxVersions {
		faults = append(faults, fmt.Errorf("versions are %d: an item has at most %d older ones", len(it.Versions), maxVersions))
	}
	seen := map[string]bool{it.Version: true}
	for i := range it.Versions {
		v := &it.Versions[i]
		all := append([]error{checkSign("version", v.Name), checkTime("added", v.Added)}, v.File.check(maxName)...)
		if seen[v.Name] && v.Name != "" {
			all = append(all, errors.New("it is there twice: remove one"))
		}
		seen[v.Name] = true
		for _, fault := range all {
			if fault != nil {
				faults = append(faults, fmt.Errorf("versions %.80q: %w", v.Name, fault))
			}
		}
	}
	return faults
}

// checkPeriod wants an item to be there before it is gone.
func (it *Item) checkPeriod() error {
	if !it.Expires.IsZero() && !it.Publish.Before(it.Expires) {
		return fmt.Errorf("expires %s: write a time after publish, %s", it.Expires.Format(time.RFC3339), it.Publish.Format(time.RFC3339))
	}
	return nil
}

func checkCount(name string, n int64) error {
	if n < 0 {
		return fmt.Errorf("%s %d: write a number above 0, or 0 for no limit", name, n)
	}
	return nil
}

func (f *File) check(longestName int) []error {
	return []error{
		checkLength("name", f.Name, longestName),
		checkStore(f.Store),
		checkKey(f.Key),
		checkMediaType(f.MediaType),
		checkToken("encoding", f.Encoding, "gzip"),
		checkToken("charset", f.Charset, "utf-8"),
		checkTime("modified", f.Modified),
		checkSize(f.Size),
		checkETag(f.ETag),
		checkSHA256(f.SHA256),
	}
}

// checkField accepts what can stand in a URL and in no way mean an item's own
// file.
func checkField(field string) error {
	if field == OwnField {
		return fmt.Errorf("field %q is the item's own file: choose another name", field)
	}
	return checkSign("field", field)
}

// checkSign accepts a short name that can stand in a URL.
func checkSign(what, name string) error {
	if len(name) > maxField || CheckSlug(name) != nil {
		return fmt.Errorf("%s %.80q: write 1 to %d ASCII letters, digits, %q, %q and %q, the first a letter or a digit", what, name, maxField, "-", "_", ".")
	}
	return nil
}

func checkToken(name, value, example string) error {
	if value != "" && !core.ValidToken(value) {
		return fmt.Errorf("%s %.80q: write one word, such as %q", name, value, example)
	}
	return checkLength(name, value, maxSymbol)
}

// checkTime accepts what goes out as a date (RFC 9110 §5.6.7).
func checkTime(name string, t time.Time) error {
	if y := t.UTC().Year(); !t.IsZero() && (y < 1 || y > 9999 || t.Nanosecond()%int(time.Millisecond) != 0) {
		return fmt.Errorf("%s %s: write a year up to 9999, and no more than milliseconds", name, t.Format(time.RFC3339Nano))
	}
	if !t.IsZero() && t.UnixMilli() == 0 {
		return fmt.Errorf("%s is the first moment of 1970, which stands for no time: leave it out", name)
	}
	return nil
}

func checkSize(n int64) error {
	if n < 0 {
		return fmt.Errorf("size %d: write the file's length in bytes, or 0 to say nothing", n)
	}
	return nil
}

func checkETag(tag string) error {
	if tag != "" && !core.ValidETag(tag) {
		return fmt.Errorf("etag %.80q: write an entity-tag with its quotes, such as %s", tag, `"v1"`)
	}
	return checkLength("etag", tag, maxSymbol)
}

func checkSHA256(sum string) error {
	if sum != "" && (len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "") {
		return fmt.Errorf("sha256 %.80q: write the 64 hexadecimal digits that sha256sum prints, in lower case", sum)
	}
	return nil
}

const maxSlug = 200 // characters

// CheckSlug says what is wrong with a slug: it is 1 to 200 ASCII letters,
// digits, "-", "_" and ".", and starts with a letter or a digit.
func CheckSlug(slug string) error {
	switch {
	case slug == "":
		return errors.New("slug is missing: write the item's name in URLs, such as \"printer-manual\"")
	case len(slug) > maxSlug:
		return fmt.Errorf("slug %.40q… is %d characters long: a slug has at most %d", slug, len(slug), maxSlug)
	}
	for i := 0; i < len(slug); i++ {
		if c := slug[i]; !alphanumeric(c) && (i == 0 || c != '-' && c != '_' && c != '.') {
			return fmt.Errorf("slug %q: a slug is ASCII letters, digits, %q, %q and %q, and starts with a letter or a digit", slug, "-", "_", ".")
		}
	}
	return nil
}

// check says what is wrong with a query.
func (q *Query) check() error {
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return fmt.Errorf("limit %d: a page has 1 to %d items", q.Limit, MaxPage)
	case q.Order > ByDownloads:
		return fmt.Errorf("order %d: there is no such order", q.Order)
	}
	return errors.Join(checkCategory(q.Category), checkText("search", q.Search, maxName), q.checkWords())
}

// checkWords allows as many words as the conditions of every database: D1 has
// expressions of a depth of at most 100.
func (q *Query) checkWords() error {
	if n := len(q.Words()); n > MaxWords {
		return fmt.Errorf("search has %d words: write at most %d", n, MaxWords)
	}
	return nil
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func checkLength(field, value string, longest int) error {
	if len(value) > longest {
		return fmt.Errorf("%s is %d bytes long: at most %d are kept", field, len(value), longest)
	}
	return nil
}

// checkText accepts what every database can hold as text.
func checkText(field, value string, longest int) error {
	switch {
	case !utf8.ValidString(value):
		return fmt.Errorf("%s %.40q is not UTF-8: only name and key may hold other bytes", field, value)
	case strings.Contains(value, "\x00"):
		return fmt.Errorf("%s %.40q has a NUL character in it: remove it", field, value)
	}
	return checkLength(field, value, longest)
}

func checkStore(store string) error {
	if store == "" {
		return errors.New("store is missing: name the store that has the file")
	}
	return checkText("store", store, maxSymbol)
}

func checkKey(key string) error {
	if key == "" {
		return errors.New("key is missing: write the file's path in the store, such as \"manuals/a.pdf\"")
	}
	if fault := core.CheckKey(key); fault != "" {
		return fmt.Errorf("key %.80q: %s: a key is a relative path such as %q", key, fault, "manuals/a.pdf")
	}
	return nil
}

func checkCategory(category string) error {
	if category == "" {
		return nil
	}
	if core.CheckKey(category) != "" {
		return fmt.Errorf("category %.80q: write names separated by %q, such as %q", category, "/", "Manuals/Printers")
	}
	return checkText("category", category, maxPath)
}

// checkMediaType accepts type "/" subtype, both tokens (RFC 9110 §8.3.1),
// without parameters.
func checkMediaType(mediaType string) error {
	if mediaType == "" {
		return nil
	}
	if !core.ValidMediaType(mediaType) {
		return fmt.Errorf("media_type %.80q: write type/subtype and no more, such as %q", mediaType, "application/pdf")
	}
	return checkLength("media_type", mediaType, maxSymbol)
}
