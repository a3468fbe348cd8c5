package page

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/storage"
)

const (
	maxRows  = 1000 // how many files of a store a page lists
	pageRows = 50   // how many items
	feedRows = 50   // how many items the feed has
	shown    = 2    // how many levels of categories a page shows
)

// look gathers what a query asks for at a time. What cannot be read is said in the
// view; the error is of a query that nothing is at.
func (x *Index) look(ctx context.Context, q query, path string, now time.Time) (*View, error) {
	v := &View{Search: visible(q.search), Order: q.order, Feed: FeedPath, catalog: x.Catalog != nil}
	if x.Catalog != nil {
		if err := x.items(ctx, v, q, path, now); errors.Is(err, catalog.ErrUnavailable) || ctx.Err() != nil {
			x.log().Error("list items", "cause", err)
			*v = View{NoItems: true, Order: q.order, catalog: true}
		} else if err != nil {
			return nil, err
		}
	}
	if q.everything() {
		v.Stores = x.stores(ctx)
	}
	return v, nil
}

// items puts a page of the catalogue into the view.
func (x *Index) items(ctx context.Context, v *View, q query, path string, now time.Time) error {
	all, err := x.Catalog.Categories(ctx, now)
	if err != nil {
		return err
	}
	p, err := x.Catalog.Page(ctx, catalog.Query{Category: q.category, Search: q.search, Now: now, Order: q.by, After: q.after, Limit: pageRows})
	if err != nil {
		return err
	}
	place(v, all, q)
	if len(v.Path) == 0 && q.category != "" && p.Total == 0 && q.search == "" {
		return catalog.ErrNotFound
	}
	v.Total = p.Total
	for i := range p.Items {
		if it, ok := x.item(&p.Items[i]); ok {
			v.Items = append(v.Items, it)
		}
	}
	if q.after != "" {
		first := q
		first.after = ""
		v.First = first.url(path)
	}
	at := func(page string) string {
		if page == "" {
			return ""
		}
		q.after = page
		return q.url(path)
	}
	v.Previous, v.Next = at(p.Previous), at(p.Next)
	return nil
}

// place puts the categories above and below a query's into the view, and its orders.
func place(v *View, all []catalog.CategoryCount, q query) {
	named := map[string]Category{}
	children := map[string][]catalog.CategoryCount{}
	for _, c := range all {
		if c.Items == 0 {
			continue
		}
		at := query{category: c.Path, order: q.order}
		last := c.Path[strings.LastIndexByte(c.Path, '/')+1:]
		named[c.Path] = Category{Path: visible(c.Path), Title: visible(cmp.Or(c.Title, last)), URL: at.url(IndexPath), Items: c.Items, path: c.Path}
		above := strings.TrimSuffix(strings.TrimSuffix(c.Path, last), "/")
		children[above] = append(children[above], c)
	}
	for _, path := range catalog.Above(q.category) {
		if c, ok := named[path]; ok {
			v.Path = append(v.Path, c)
		}
	}
	if q.search == "" && q.after == "" {
		v.Categories = inside(q.category, named, children, shown)
	}
	for _, o := range orders {
		at := q
		at.order, at.after = o.Name, ""
		if o.URL = at.url(IndexPath); o.Name == q.order {
			o.URL = ""
		}
		v.Orders = append(v.Orders, o)
	}
}

// inside are the categories in one, and those in them, as many levels as said.
func inside(path string, named map[string]Category, children map[string][]catalog.CategoryCount, levels int) (all []Category) {
	if levels == 0 {
		return nil
	}
	list := children[path]
	slices.SortFunc(list, func(a, b catalog.CategoryCount) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position),
			strings.Compare(catalog.Fold(named[a.Path].Title), catalog.Fold(named[b.Path].Title)), strings.Compare(a.Path, b.Path))
	})
	for _, c := range list {
		n := named[c.Path]
		n.Children = inside(c.Path, named, children, levels-1)
		all = append(all, n)
	}
	return all
}

// item is how a page shows an item, unless no URL can have its slug.
func (x *Index) item(it *catalog.Listed) (Item, bool) {
	url, ok := x.Item.URL(it.Slug)
	v := Item{
		Slug: it.Slug, Title: visible(cmp.Or(it.Title, it.Slug)), URL: url, Category: visible(it.Category), Version: it.Version,
		Size: cmp.Or(it.Size, -1), Downloads: it.Downloads, Created: it.Created, Updated: it.Updated,
	}
	if _, has := it.Files[catalog.ImageField]; has {
		v.Image, _ = x.Image.URL(it.Slug)
	}
	return v, ok
}

// stores are the files of the listings.
func (x *Index) stores(ctx context.Context) (all []Store) {
	for _, l := range x.Files {
		s, err := files(ctx, l)
		if err != nil {
			x.log().Error("list files", "cause", err)
			s = Store{Failed: true}
		}
		s.Name = visible(l.Store.Name())
		all = append(all, s)
	}
	return all
}

// files lists a store: the first maxRows that the driver gives.
func files(ctx context.Context, l Listing) (Store, error) {
	var s Store
	err := l.Store.List(ctx, l.Prefix, func(e storage.Entry) bool {
		if s.More = len(s.Files) == maxRows; s.More {
			return false
		}
		name := strings.TrimPrefix(e.Key, l.Prefix)
		if url, ok := l.Pattern.URL(name); ok {
			at := strings.LastIndexByte(name, '/') + 1
			s.Files = append(s.Files, File{visible(name[:at]), visible(name[at:]), url, e.Size, e.LastModified, name})
		}
		return true
	})
	slices.SortFunc(s.Files, func(a, b File) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Folder), strings.ToLower(b.Folder)),
			strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.URL, b.URL))
	})
	return s, err
}
