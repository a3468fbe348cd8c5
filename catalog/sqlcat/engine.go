package sqlcat

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// tables is the catalogue in a database, by the same statements in all of them.
type tables struct{ on engine }

// engine is what differs between the databases. Statements have ? for arguments,
// which are string, int64, bool and []byte.
type engine interface {
	// query runs a statement that reads, once the tables are up to date.
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	// change runs f in a transaction of its own: of two at once, the second waits. It
	// is undone if f fails.
	change(ctx context.Context, f func(transaction) error) error
	// note is change for what may happen beside others.
	note(ctx context.Context, f func(transaction) error) error
}

// transaction is one that has begun. It ends with the context that it began with.
type transaction interface {
	// run runs a statement and returns how many rows it changed. D1, which runs
	// it with the others at the end, says 0.
	run(text string, args ...any) (int64, error)
	query(text string, args ...any) (*sql.Rows, error)
}

// Item returns the item called slug. It waits for no writer.
func (t *tables) Item(ctx context.Context, slug string) (catalog.Item, error) {
	if catalog.CheckSlug(slug) != nil {
		return catalog.Item{}, catalog.ErrNotFound
	}
	rows, err := t.on.query(ctx, selectItem, slug)
	if err != nil {
		return catalog.Item{}, failed(ctx, err)
	}
	items, err := collect(rows, func() {})
	switch {
	case err != nil:
		return catalog.Item{}, failed(ctx, err)
	case len(items) == 0:
		return catalog.Item{}, catalog.ErrNotFound
	}
	return items[0], nil
}

// Put puts the items in one transaction, in the order in which they are counted. Created
// stays that of the first time.
func (t *tables) Put(ctx context.Context, items []catalog.Item) error {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b catalog.Item) int { return cmp.Compare(a.Slug, b.Slug) })
	return t.change(ctx, func(tx transaction) error {
		now := time.Now()
		for i := range items {
			if err := run(tx, puts(&items[i], now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Delete removes an item, its further files and versions.
func (t *tables) Delete(ctx context.Context, slug string) error {
	if _, err := t.Item(ctx, slug); err != nil {
		return err
	}
	return t.change(ctx, func(tx transaction) error { return run(tx, deletes(slug)) })
}

func (t *tables) change(ctx context.Context, f func(transaction) error) error {
	if err := t.on.change(ctx, f); err != nil {
		return failed(ctx, err)
	}
	return nil
}

// queuer is a transaction in which many statements, of which nobody wants to know how
// many rows they changed, are run on one way to the database.
type queuer interface {
	queue(text string, args []any) error
}

// run runs statements one after the other.
func run(tx transaction, all []statement) error {
	q, queues := tx.(queuer)
	for _, st := range all {
		if queues {
			if err := q.queue(st.text, st.args); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.run(st.text, st.args...); err != nil {
			return err
		}
	}
	return nil
}
