package sqlcat

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
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
	tables
	on *binding
}

// binding is a database that a Worker is bound to.
type binding struct {
	db    *sql.DB
	bound js.Value
}

var (
	_ catalog.Driver      = (*D1)(nil)
	_ catalog.Deleter     = (*D1)(nil)
	_ catalog.Lister      = (*D1)(nil)
	_ catalog.Categorizer = (*D1)(nil)
)

// OpenD1 returns the catalogue in the database that wrangler.toml binds to
// name. It asks the database nothing. It is good for the request in
// which it was opened.
func OpenD1(name string) (*D1, error) {
	connector, err := d1.OpenConnector(name)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: no D1 database is bound to %q in wrangler.toml: %w", name, err)
	}
	b := &binding{db: sql.OpenDB(connector), bound: cloudflare.GetBinding(name)}
	return &D1{tables{b}, b}, nil
}

func (b *binding) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return b.db.QueryContext(ctx, text, args...)
}

// change runs the statements of f in one batch, which is D1's transaction; what f
// reads it reads before. What was sent is waited for whatever becomes of ctx: nobody
// could say whether it was done.
func (b *binding) change(ctx context.Context, f func(transaction) error) error {
	batch := &batch{ctx: ctx, binding: b, prepared: map[string]js.Value{}}
	if err := f(batch); err != nil {
		return err
	}
	// Time stands still in a Worker until it has waited for something.
	if err := b.wake(ctx); err != nil || len(batch.all) == 0 {
		return err
	}
	_, err := promise.Call(b.bound, "batch", batch.all)
	if err != nil && strings.Contains(err.Error(), refusal) {
		return errMeanwhile
	}
	return err
}

func (b *binding) note(ctx context.Context, f func(transaction) error) error { return b.change(ctx, f) }

// batch is statements that are run together later.
type batch struct {
	*binding
	ctx      context.Context // of the call that makes the batch
	prepared map[string]js.Value
	all      []any
}

func (b *batch) run(text string, args ...any) (int64, error) {
	if _, ok := b.prepared[text]; !ok {
		b.prepared[text] = b.bound.Call("prepare", text)
	}
	b.all = append(b.all, bind(b.prepared[text], args))
	return 0, nil
}

func (b *batch) query(text string, args ...any) (*sql.Rows, error) {
	return b.binding.query(b.ctx, text, args...)
}

// wake waits for the database to answer, and says whether there is time left. The
// timer of ctx may be late.
func (b *binding) wake(ctx context.Context) error {
	var one int
	if err := b.db.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return err
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
func (d *D1) Close() error { return d.on.db.Close() }
