package sqlcat

import (
	"context"
	"database/sql"
	"fmt"
	"syscall/js"
	"time"

	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/d1"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/internal/promise"
)

// D1 is a catalogue in a D1 database, inside a Worker. The tables are made by
// `wrangler d1 migrations apply`.
type D1 struct {
	db    *sql.DB
	bound js.Value
}

var _ catalog.Driver = (*D1)(nil)

// OpenD1 returns the catalogue in the database that wrangler.toml binds to the
// name binding. It asks the database nothing. It is good for the request in
// which it was opened.
func OpenD1(binding string) (*D1, error) {
	connector, err := d1.OpenConnector(binding)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: no D1 database is bound to %q in wrangler.toml: %w", binding, err)
	}
	return &D1{db: sql.OpenDB(connector), bound: cloudflare.GetBinding(binding)}, nil
}

// Item returns the item called slug.
func (d *D1) Item(ctx context.Context, slug string) (catalog.Item, error) {
	rows, err := d.db.QueryContext(ctx, selectItem, slug)
	return found(ctx, rows, err)
}

// List hands out the items after a slug, in order.
func (d *D1) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	return list(ctx, func(after string) (*sql.Rows, error) {
		return d.db.QueryContext(ctx, selectPage, after, pageSize)
	}, after, yield)
}

// Put puts the items in one batch, which is D1's transaction. What was sent is
// waited for whatever becomes of ctx: nobody could say whether it was done.
func (d *D1) Put(ctx context.Context, items []catalog.Item) error {
	prepared := map[string]js.Value{}
	batch := []any{}
	for i := range items {
		for _, st := range puts(&items[i]) {
			if _, ok := prepared[st.text]; !ok {
				prepared[st.text] = d.bound.Call("prepare", st.text)
			}
			batch = append(batch, bind(prepared[st.text], st.args))
		}
	}
	// Time stands still in a Worker until it has waited for something.
	if err := d.wake(ctx); err != nil || len(batch) == 0 {
		return err
	}
	if _, err := promise.Call(d.bound, "batch", batch); err != nil {
		return failed(context.Background(), err)
	}
	return nil
}

// Counts sums what was counted.
func (d *D1) Counts(ctx context.Context, q catalog.CountQuery) ([]catalog.Sum, error) {
	return sums(ctx, d.db, &q)
}

// wake waits for the database to answer, and says whether there is time left. The
// timer of ctx may be late.
func (d *D1) wake(ctx context.Context) error {
	var one int
	if err := d.db.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return failed(ctx, err)
	}
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// bind is a prepared statement with its arguments.
func bind(prepared js.Value, args []any) js.Value {
	values := make([]any, len(args))
	for i, arg := range args {
		if b, ok := arg.([]byte); ok {
			arg = promise.Bytes(b)
		}
		values[i] = arg
	}
	return prepared.Call("bind", values...)
}

// Close has later calls answer catalog.ErrUnavailable. The database is not
// the Worker's to close.
func (d *D1) Close() error { return d.db.Close() }
