// Package catalog is what is offered for download under a name of its own:
// items with a slug, a title and the file behind them. A Catalog checks items
// once, over a small Driver per database.
package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/core"
)

// The errors that a caller tells apart; drivers wrap them.
var (
	ErrNotFound    = errors.New("no such item")
	ErrUnavailable = errors.New("catalogue unavailable")
)

// Item is one download of the catalogue.
type Item struct {
	Slug  string // its name in URLs: letters, digits, "-", "_" and "."; unique
	Title string // for people; "" shows the slug
	// Name is the client-side file name, in place of the stored one: any bytes.
	// "" keeps the stored name.
	Name      string
	Store     string // name of the store that has the file
	Key       string // the file's key there
	Category  string // "A/B" is B inside A; "" is none
	Visible   bool   // listed; an item that is not is reachable all the same
	Inline    bool   // shown rather than saved
	MediaType string // "" goes by the file
}

// Options are the view options that the item asks for.
func (it *Item) Options() core.Options {
	return core.Options{Inline: it.Inline, Basename: it.Name, MediaType: it.MediaType}
}

// Driver is a database that keeps items. Errors wrap one of this package's or
// mean ErrUnavailable.
type Driver interface {
	// Item returns the item with exactly this slug, or ErrNotFound.
	Item(ctx context.Context, slug string) (Item, error)
	// Put inserts the items, or replaces those with the same slug: all of them
	// or, on an error, none.
	Put(ctx context.Context, items []Item) error
	// List calls yield for the items in the order of their slugs, from the first
	// slug greater than after, until yield returns false.
	List(ctx context.Context, after string, yield func(Item) bool) error
	Close() error
}

// Catalog is the items of a site.
type Catalog struct{ driver Driver }

// New returns the catalogue over driver.
func New(driver Driver) *Catalog { return &Catalog{driver} }

// Item returns the item called slug. Errors: ErrNotFound, ErrUnavailable.
func (c *Catalog) Item(ctx context.Context, slug string) (Item, error) {
	if CheckSlug(slug) != nil {
		return Item{}, fmt.Errorf("item %q: %w", slug, ErrNotFound)
	}
	it, err := c.driver.Item(ctx, slug)
	return it, wrap(fmt.Sprintf("item %q", slug), err)
}

// Put inserts or replaces items: all of them, or none on an error.
func (c *Catalog) Put(ctx context.Context, items []Item) error {
	for i := range items {
		if err := items[i].Check(); err != nil {
			return err
		}
	}
	return wrap("put items", c.driver.Put(ctx, items))
}

// List calls yield for every item in the order of slugs after the given one,
// until yield returns false.
func (c *Catalog) List(ctx context.Context, after string, yield func(Item) bool) error {
	return wrap("list items", c.driver.List(ctx, after, yield))
}

// Close lets go of the database.
func (c *Catalog) Close() error { return c.driver.Close() }

func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrUnavailable),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
}

const maxSlug = 200 // characters

// CheckSlug says what is wrong with a slug: it is 1 to 200 ASCII letters,
// digits, "-", "_" and ".", and starts with a letter or a digit.
func CheckSlug(slug string) error {
	if slug == "" || len(slug) > maxSlug {
		return fmt.Errorf("slug %q: a slug has 1 to %d characters", slug, maxSlug)
	}
	for i := 0; i < len(slug); i++ {
		c := slug[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '-' && c != '_' && c != '.') {
			return fmt.Errorf("slug %q: a slug is ASCII letters, digits, %q, %q and %q, and starts with a letter or a digit", slug, "-", "_", ".")
		}
	}
	return nil
}
