package catalog

import (
	"maps"
	"slices"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Item is one download of the catalogue. Times are in whole milliseconds.
type Item struct {
	Slug  string // its name in URLs: letters, digits, "-", "_" and "."; unique
	Title string // for people; "" shows the slug
	// Name is the client-side file name, in place of the stored one: any bytes.
	// "" keeps the stored name.
	Name      string
	Store     string // name of the store that has the file
	Key       string // the file's key there
	Category  string // the primary one: "A/B" is B inside A; "" is none
	Visible   bool   // listed; an item that is not is reachable all the same
	Inline    bool   // shown rather than saved
	MediaType string // "" goes by the file
	// What the item says of its file beyond that: see File.
	Encoding, Charset string
	Modified          time.Time
	Size              int64
	ETag              string
	SHA256            string
	// Files are further files of the item by the name of their field, such as
	// "thumbnail"; nil without any. The one at ImageField is its picture.
	Files map[string]File

	Categories []string // further ones, none of them Category; in any order

	Draft   bool      // not offered yet: as if it were not there
	Publish time.Time // as if it were not there before; zero: from the start
	Expires time.Time // gone from then on; zero: never

	Version  string    // name of the file's version; "" has none
	Versions []Version // the older ones, in the order in which they are shown

	MaxDownloads int64 // gone after so many downloads; 0: no limit
	LimitRate    int64 // bytes per second of each download; 0: no limit

	// Created and Updated are kept by the driver: when an item was put first, and
	// last. An item that is put for the first time may bring its own Created.
	Created, Updated time.Time
}

// Version is an older version of an item's file. Its name is a part of its URL.
type Version struct {
	Name string // such as "1.0"; File.Name is the client-side file name
	File
	Added time.Time // when it became the latest; zero: not known
}

// ImageField is the field that has an item's picture.
const ImageField = "image"

// Offered is nil if the item may be had at this time, ErrNotFound for a draft and
// before it is published, ErrGone once it has expired.
func (it *Item) Offered(now time.Time) error {
	switch (core.Offer{Draft: it.Draft, Publish: it.Publish, Expires: it.Expires}).Status(now) {
	case 404:
		return ErrNotFound
	case 410:
		return ErrGone
	}
	return nil
}

// Listed reports whether lists have the item at this time.
func (it *Item) Listed(now time.Time) bool { return it.Visible && it.Offered(now) == nil }

// AllCategories are the item's categories, the primary one first.
func (it *Item) AllCategories() []string {
	if it.Category == "" {
		return it.Categories
	}
	return append([]string{it.Category}, it.Categories...)
}

// SetCategories puts the item into other categories, the first is the primary one.
func (it *Item) SetCategories(all []string) {
	it.Category, it.Categories = "", nil
	if len(all) > 0 {
		it.Category = all[0]
	}
	if len(all) > 1 {
		it.Categories = all[1:]
	}
}

// Options are the view options that the item asks for.
func (it *Item) Options() core.Options {
	f := it.own()
	return f.Options(it.Inline)
}

// Equal reports whether two items say the same; Created and Updated, which the
// driver keeps, are not looked at.
func (it Item) Equal(other Item) bool {
	return it.own().equal(other.own()) && maps.EqualFunc(it.Files, other.Files, File.equal) &&
		slices.EqualFunc(it.Versions, other.Versions, Version.equal) && slices.Equal(it.Categories, other.Categories) &&
		it.Slug == other.Slug && it.Title == other.Title && it.Category == other.Category &&
		it.Visible == other.Visible && it.Inline == other.Inline && it.Version == other.Version &&
		it.Draft == other.Draft && it.Publish.Equal(other.Publish) && it.Expires.Equal(other.Expires) &&
		it.MaxDownloads == other.MaxDownloads && it.LimitRate == other.LimitRate
}

func (v Version) equal(other Version) bool {
	return v.Name == other.Name && v.File.equal(other.File) && v.Added.Equal(other.Added)
}
