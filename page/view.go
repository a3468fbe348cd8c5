package page

import "time"

// View is what a page shows, for the built-in page or a theme. Texts are free of what
// would not be seen and could make a name read as another; URLs are relative to the
// site's root and ready for an attribute.
type View struct {
	// Where the page is: the categories from the outermost, the words that were
	// searched for, and the order, "title", "new" or "downloads".
	Path   []Category
	Search string
	Order  string
	Orders []Choice // the orders there are; the chosen one has no URL

	Categories []Category // those inside, that have items, with those inside them
	Items      []Item
	Total      int64  // how many items all pages have
	First      string // URL of the first page; "" if this is it
	Previous   string // URL of the page before this; "" if there is none
	Next       string // URL of the page after this; "" if there is none
	NoItems    bool   // the catalogue could not be read

	Stores []Store // on the first page of everything only
	Feed   string  // URL of the Atom feed

	catalog bool
}

// Category is a category with items.
type Category struct {
	Path     string // "A/B" is B inside A
	Title    string
	URL      string
	Items    int64 // in it or below
	Children []Category

	path string // as it is stored
}

// Choice is one of several.
type Choice struct{ Name, Title, URL string }

// Item is one download.
type Item struct {
	Slug, Title, URL string
	Image            string // URL of its picture; "" without one
	Category         string // path of the primary one; "" is none
	Version          string
	Size             int64 // bytes; -1 if unknown
	Downloads        int64
	Created, Updated time.Time
}

// Store is a store whose files are listed, by name.
type Store struct {
	Name   string
	Files  []File
	More   bool // there are more than the page shows
	Failed bool // what there is could not be read
}

// File is a file of a store.
type File struct {
	Folder, Name, URL string
	Size              int64 // bytes; negative if unknown
	Modified          time.Time

	name string // any bytes, with the folder
}

// failed reports whether something could not be read.
func (v *View) failed() bool {
	for _, s := range v.Stores {
		if s.Failed {
			return true
		}
	}
	return v.NoItems
}
