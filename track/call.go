package track

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

// Call returns a receiver that calls f for each download: with its item, the zero Item
// for a file that is none or is no longer in the catalogue, and with the event, whose
// Request is the request. f runs when the download is on its way or over; one call
// follows the other, in the order of the downloads. What f returns and whether it
// panics is logged. items may be nil: then Item has no more than its slug.
func Call(name string, items *catalog.Catalog, f func(ctx context.Context, item catalog.Item, e Event) error) Receiver {
	return &call{name, items, f}
}

type call struct {
	name  string
	items *catalog.Catalog
	f     func(ctx context.Context, item catalog.Item, e Event) error
}

func (c *call) Name() string { return c.name }

// atOnce has each download fail alone.
func (c *call) atOnce() int { return 1 }

// Receive calls f.
func (c *call) Receive(ctx context.Context, events []Event) error {
	for _, e := range events {
		item, err := c.item(ctx, e.Item)
		if err == nil {
			err = c.f(ctx, item, e)
		}
		if err != nil {
			return fmt.Errorf("download %s: %w", e.ID, err)
		}
	}
	return nil
}

func (c *call) item(ctx context.Context, slug string) (catalog.Item, error) {
	if slug == "" || c.items == nil {
		return catalog.Item{Slug: slug}, nil
	}
	item, err := c.items.Item(ctx, slug)
	if errors.Is(err, catalog.ErrNotFound) {
		return catalog.Item{}, nil
	}
	return item, err
}
