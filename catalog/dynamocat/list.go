package dynamocat

import (
	"context"

	"github.com/downlink-go/downlink/catalog"
)

// How many rows of a partition are read at once: few at first, for who wants few. A
// page ends at 1 MB in any case.
const (
	firstPage = 32
	laterPage = 1000
)

// List hands out the items after a slug, in order.
func (s *Store) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	return s.list(ctx, after, func(it catalog.Item, _ attributes) bool { return yield(it) })
}

// list hands out items and their documents: it merges what the partitions have.
func (s *Store) list(ctx context.Context, after string, yield func(catalog.Item, attributes) bool) error {
	var parts [partitions]*partition
	for n := range parts {
		parts[n] = &partition{store: s, pk: itemPartition(n), after: after, limit: firstPage}
	}
	err := each(ctx, partitions, partitions, func(ctx context.Context, n int) error { return parts[n].read(ctx) })
	if err != nil {
		return err
	}
	known := states{}
	for {
		first := least(parts[:])
		if first == nil {
			return nil
		}
		row := first.rows[0]
		first.rows = first.rows[1:]
		d, err := s.current(ctx, row, known)
		if err != nil {
			return err
		}
		if d != nil && !yield(itemOf(textOf(row[sortKey]), row[createdAttr], d), d) {
			return nil
		}
		if len(first.rows) == 0 && !first.done {
			clear(known) // what was pending may be no more
			if err := first.read(ctx); err != nil {
				return err
			}
		}
	}
}

// least is the partition whose next row has the least slug; nil if all are at their
// ends.
func least(parts []*partition) (first *partition) {
	for _, p := range parts {
		if len(p.rows) > 0 && (first == nil || textOf(p.rows[0][sortKey]) < textOf(first.rows[0][sortKey])) {
			first = p
		}
	}
	return first
}

// partition is the rows of a partition after a sort key.
type partition struct {
	store *Store
	pk    string
	after string
	limit int
	rows  []attributes
	done  bool
}

// read reads on until there are rows, or no more.
func (p *partition) read(ctx context.Context) error {
	for len(p.rows) == 0 && !p.done {
		in := &query{Limit: p.limit, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: attributes{":pk": text(p.pk)}}
		if p.after != "" {
			in.KeyConditionExpression = "pk = :pk AND sk > :after"
			in.ExpressionAttributeValues[":after"] = text(p.after)
		}
		out, err := p.store.query(ctx, in)
		if err != nil {
			return err
		}
		p.rows, p.done, p.limit = out.Items, out.LastEvaluatedKey == nil, laterPage
		if n := len(p.rows); n > 0 {
			p.after = textOf(p.rows[n-1][sortKey])
		}
	}
	return nil
}
