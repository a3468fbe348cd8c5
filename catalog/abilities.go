package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Deleter is an optional ability of a driver: it takes items out.
type Deleter interface {
	// Delete removes the item with exactly this slug and all that hangs on it but
	// its counts, or answers ErrNotFound. No file is touched.
	Delete(ctx context.Context, slug string) error
}

// Lister is an optional ability of a driver: it finds items other than by slug.
type Lister interface {
	// Page returns one page of what q asks for. Catalog has checked q and filled in
	// its Limit. An item put or deleted between two pages is seen or not; every
	// other one is on exactly one of them.
	Page(ctx context.Context, q Query) (Page, error)
}

// Categorizer is an optional ability of a driver: it keeps categories of their own,
// with or without items. Put makes those that its items are in, and the ones above.
type Categorizer interface {
	// Categories are all categories in the bytewise order of their paths, each
	// counted as lists show it at now, or with drafts and all at the zero time.
	Categories(ctx context.Context, now time.Time) ([]CategoryCount, error)
	// PutCategory inserts or replaces a category, and makes those above it.
	PutCategory(ctx context.Context, c Category) error
	// MoveCategory gives a category another path, with all categories below it and
	// their items. One that is there already, and does not move itself, takes them in
	// and keeps its title and position. ErrNotFound without such a category.
	MoveCategory(ctx context.Context, from, to string) error
	// DeleteCategory removes a category and those below it: items in one of them
	// stay, outside it. ErrNotFound without such a category.
	DeleteCategory(ctx context.Context, path string) error
}

// Category is a place of the tree in which items are.
type Category struct {
	Path     string // "A/B" is B inside A
	Title    string // for people; "" shows the last segment of the path
	Position int64  // among its siblings: lower ones go before, equal ones by title
}

// CategoryCount is a category and how many items are in it or below, each once.
type CategoryCount struct {
	Category
	Items int64
}

// Order is that of the items in a page.
type Order uint8

// The orders. Ties go by slug.
const (
	ByTitle     Order = iota // by title, or slug without one, whatever the case of letters
	ByNew                    // the ones created last go first
	ByDownloads              // the ones downloaded most go first
)

// MaxPage is the most items that a page has, DefaultPage how many it has unless
// asked. MaxWords is the most words that a search has.
const (
	MaxPage     = 200
	DefaultPage = 50
	MaxWords    = 30
)

// Query says which items a page has.
type Query struct {
	Category string // in it or below; "" is all
	// Search has words, at most MaxWords: each of them is in the title or the slug,
	// anywhere, whatever the case of letters.
	Search string
	Now    time.Time // items listed at this time; zero: all, drafts and unlisted ones too
	Order  Order
	After  string // Next of the page before, or Previous of the one after; "" is the first page
	Limit  int    // 1 to MaxPage items; 0 is DefaultPage
}

// Page is a part of a list.
type Page struct {
	Items []Listed
	Next  string // what goes on after it; "" if nothing does
	// Previous is the page before, with as many items; "" if this is the first one.
	Previous string
	Total    int64 // how many items all pages have
}

// Listed is an item with how often it was downloaded, bots not counted.
type Listed struct {
	Item
	Downloads int64
}

// Words are the words of the search, folded.
func (q *Query) Words() []string { return strings.Fields(Fold(q.Search)) }

// Delete removes an item. Errors: ErrNotFound, ErrUnavailable, ErrUnsupported.
func (c *Catalog) Delete(ctx context.Context, slug string) error {
	if CheckSlug(slug) != nil {
		return fmt.Errorf("delete item %q: %w", slug, ErrNotFound)
	}
	if c.deleter == nil {
		return fmt.Errorf("delete item %q: %w", slug, ErrUnsupported)
	}
	defer c.changes.Add(1)
	return wrap(fmt.Sprintf("delete item %q", slug), c.deleter.Delete(ctx, slug))
}

// Lists reports whether the catalogue can answer Page.
func (c *Catalog) Lists() bool { return c.lister != nil }

// Page returns a page of items. Errors: those of the query, ErrUnavailable,
// ErrUnsupported.
func (c *Catalog) Page(ctx context.Context, q Query) (Page, error) {
	if err := q.check(); err != nil {
		return Page{}, fmt.Errorf("list items: %w", err)
	}
	if c.lister == nil {
		return Page{}, fmt.Errorf("list items: %w", ErrUnsupported)
	}
	if q.Limit == 0 {
		q.Limit = DefaultPage
	}
	p, err := c.lister.Page(ctx, q)
	return p, wrap("list items", err)
}

// Categorizes reports whether the catalogue keeps categories of their own.
func (c *Catalog) Categorizes() bool { return c.categorizer != nil }

// Categories are all categories by path. Errors: ErrUnavailable, ErrUnsupported.
func (c *Catalog) Categories(ctx context.Context, now time.Time) ([]CategoryCount, error) {
	if c.categorizer == nil {
		return nil, fmt.Errorf("categories: %w", ErrUnsupported)
	}
	all, err := c.categorizer.Categories(ctx, now)
	return all, wrap("categories", err)
}

// PutCategory inserts or replaces a category. Errors: those of Category.Check,
// ErrUnavailable, ErrUnsupported.
func (c *Catalog) PutCategory(ctx context.Context, category Category) error {
	if err := category.Check(); err != nil {
		return fmt.Errorf("put category: %w", err)
	}
	if c.categorizer == nil {
		return fmt.Errorf("put category: %w", ErrUnsupported)
	}
	return wrap("put category", c.categorizer.PutCategory(ctx, category))
}

// MoveCategory moves a category to another path, with all that is in it. It cannot
// go below itself. Errors: ErrNotFound, ErrUnavailable, ErrUnsupported.
func (c *Catalog) MoveCategory(ctx context.Context, from, to string) error {
	if err := CheckCategory(to); err != nil {
		return fmt.Errorf("move category: %w", err)
	}
	if Below(to, from) {
		return fmt.Errorf("move category %.80q: %.80q is inside it: choose another place", from, to)
	}
	if c.categorizer == nil {
		return fmt.Errorf("move category: %w", ErrUnsupported)
	}
	return wrap(fmt.Sprintf("move category %.80q", from), c.categorizer.MoveCategory(ctx, from, to))
}

// DeleteCategory removes a category and those below it, but no item. Errors:
// ErrNotFound, ErrUnavailable, ErrUnsupported.
func (c *Catalog) DeleteCategory(ctx context.Context, path string) error {
	if c.categorizer == nil {
		return fmt.Errorf("delete category: %w", ErrUnsupported)
	}
	return wrap(fmt.Sprintf("delete category %.80q", path), c.categorizer.DeleteCategory(ctx, path))
}
