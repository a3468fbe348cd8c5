package page

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/storage"
)

// maxRows is how many items and how many files of a store one page lists.
const maxRows = 1000

// offer is what a site offers, for a page to show. Its texts are as they were
// stored, any bytes in names of files.
type offer struct {
	Categories []category // by path; those without an item are not there
	MoreItems  bool       // there are more than the page shows
	NoItems    bool       // what there is could not be read
	Stores     []listed
}

// category has the items of one category, by slug.
type category struct {
	Path  []string // from the outermost; empty for items without one
	Items []item
}

type item struct{ Slug, Title, URL string }

// listed is a store and its files, by name.
type listed struct {
	Name   string
	Files  []file
	More   bool // there are more than the page shows
	Failed bool // what there is could not be read
}

type file struct {
	Folder, Name, URL string
	Size              int64 // in bytes, negative if it is not known
	Modified          time.Time
}

// failed reports whether something could not be read.
func (o *offer) failed() bool {
	return o.NoItems || slices.ContainsFunc(o.Stores, func(l listed) bool { return l.Failed })
}

func (x *Index) offer(ctx context.Context) *offer {
	o := &offer{}
	if err := x.items(ctx, o); err != nil {
		x.log().Error("list items", "cause", err)
		*o = offer{NoItems: true}
	}
	for _, l := range x.Files {
		s, err := files(ctx, l)
		if err != nil {
			x.log().Error("list files", "cause", err)
			s = listed{Failed: true}
		}
		s.Name = l.Store.Name()
		o.Stores = append(o.Stores, s)
	}
	return o
}

// items puts the first maxRows visible items into their categories.
func (x *Index) items(ctx context.Context, o *offer) error {
	if x.Catalog == nil {
		return nil
	}
	byPath, n := map[string][]item{}, 0
	err := x.Catalog.List(ctx, "", func(it catalog.Item) bool {
		url, ok := x.Item.URL(it.Slug)
		if !it.Visible || !ok {
			return true
		}
		if o.MoreItems = n == maxRows; o.MoreItems {
			return false
		}
		byPath[it.Category] = append(byPath[it.Category], item{it.Slug, cmp.Or(it.Title, it.Slug), url})
		n++
		return true
	})
	for path, items := range byPath {
		c := category{Items: items}
		if path != "" {
			c.Path = strings.Split(path, "/")
		}
		o.Categories = append(o.Categories, c)
	}
	slices.SortFunc(o.Categories, func(a, b category) int { return slices.Compare(a.Path, b.Path) })
	return err
}

// files lists a store: the first maxRows that the driver gives.
func files(ctx context.Context, l Listing) (listed, error) {
	var s listed
	err := l.Store.List(ctx, l.Prefix, func(e storage.Entry) bool {
		if s.More = len(s.Files) == maxRows; s.More {
			return false
		}
		name := strings.TrimPrefix(e.Key, l.Prefix)
		if url, ok := l.Pattern.URL(name); ok {
			at := strings.LastIndexByte(name, '/') + 1
			s.Files = append(s.Files, file{name[:at], name[at:], url, e.Size, e.LastModified})
		}
		return true
	})
	slices.SortFunc(s.Files, func(a, b file) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Folder), strings.ToLower(b.Folder)),
			strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.URL, b.URL))
	})
	return s, err
}
