package dynamocat

import (
	"context"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Item returns the item called slug, by one strongly consistent GetItem; by two while
// many items are put, and it is one of them.
func (s *Store) Item(ctx context.Context, slug string) (catalog.Item, error) {
	if slug == "" { // DynamoDB has no empty keys
		return catalog.Item{}, catalog.ErrNotFound
	}
	row, err := s.get(ctx, itemKey(slug))
	if err != nil {
		return catalog.Item{}, err
	}
	d, err := s.current(ctx, row, states{})
	if err != nil {
		return catalog.Item{}, err
	}
	if d == nil {
		return catalog.Item{}, catalog.ErrNotFound
	}
	return itemOf(slug, row[createdAttr], d), nil
}

// get is a row as it is now; nil if there is none.
func (s *Store) get(ctx context.Context, key attributes) (row attributes, err error) {
	var out struct{ Item attributes }
	err = s.ask(ctx, "GetItem", &operation{TableName: s.opts.Table, Key: key, ConsistentRead: true}, &out)
	return out.Item, err
}

// now is the time of a put.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }
