// Package catalog is what is offered for download under a name of its own:
// items with a slug, a title and the file behind them. A Catalog checks items
// once, over a small Driver per database.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// The errors that a caller tells apart; drivers wrap them.
var (
	ErrNotFound    = errors.New("no such item")
	ErrUnavailable = errors.New("catalogue unavailable")
	// ErrGone: the item was offered and has expired.
	ErrGone = errors.New("item expired")
	// ErrUnsupported: the driver has not got the optional ability asked for.
	ErrUnsupported = errors.New("this catalogue cannot do that")
)

// Driver is a database that keeps items. Errors wrap one of this package's or
// mean ErrUnavailable.
type Driver interface {
	// Item returns the item with exactly this slug and all its files, or
	// ErrNotFound. It asks the database once.
	Item(ctx context.Context, slug string) (Item, error)
	// Put inserts the items, or replaces those with the same slug: all of them
	// or, on an error, none. Of two with the same slug the later one stays.
	Put(ctx context.Context, items []Item) error
	// List calls yield for the items in the bytewise order of their slugs, from
	// the first slug greater than after, until yield returns false. It holds
	// nothing while yield runs, which may so use the driver and take its time;
	// an item put meanwhile is seen or not.
	List(ctx context.Context, after string, yield func(Item) bool) error
	Close() error
}

// Catalog is the items of a site.
type Catalog struct {
	driver      Driver
	deleter     Deleter     // nil if the driver cannot delete
	lister      Lister      // nil if the driver lists only by slug
	categorizer Categorizer // nil if the driver keeps no categories
	changes     atomic.Uint64
}

// New returns the catalogue over driver, which is asked once for its abilities.
func New(driver Driver) *Catalog {
	deleter, _ := driver.(Deleter)
	lister, _ := driver.(Lister)
	categorizer, _ := driver.(Categorizer)
	return &Catalog{driver: driver, deleter: deleter, lister: lister, categorizer: categorizer}
}

// Item returns the item called slug. Errors: ErrNotFound, ErrUnavailable.
func (c *Catalog) Item(ctx context.Context, slug string) (Item, error) {
	if CheckSlug(slug) != nil {
		return Item{}, fmt.Errorf("item %q: %w", slug, ErrNotFound)
	}
	it, err := c.driver.Item(ctx, slug)
	if err != nil {
		return Item{}, wrap(fmt.Sprintf("item %q", slug), err)
	}
	return it, nil
}

// Put inserts or replaces items: all of them, or none on an error.
func (c *Catalog) Put(ctx context.Context, items []Item) error {
	for i := range items {
		if err := items[i].Check(); err != nil {
			return fmt.Errorf("put item %q: %w", items[i].Slug, err)
		}
	}
	defer c.changes.Add(1)
	return wrap("put items", c.driver.Put(ctx, items))
}

// Changes is another number after every Put and Delete of this Catalog. What others do
// to the database is not known here.
func (c *Catalog) Changes() uint64 { return c.changes.Load() }

// List calls yield for every item in the bytewise order of slugs after the
// given one, "" from the first, until yield returns false. yield may use the
// catalogue; what it puts is seen if it comes later in that order, or not.
func (c *Catalog) List(ctx context.Context, after string, yield func(Item) bool) error {
	return wrap("list items", c.driver.List(ctx, after, yield))
}

// Close lets go of the database.
func (c *Catalog) Close() error { return c.driver.Close() }

func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrUnavailable), errors.Is(err, ErrUnsupported),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
}
