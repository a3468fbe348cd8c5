//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
)

// query runs a statement that reads. It waits for no writer.
func (f *file) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	prepared, err := f.statements(ctx)
	if err != nil {
		return nil, err
	}
	if st := prepared[text]; st != nil {
		return st.QueryContext(ctx, args...)
	}
	return f.db.QueryContext(ctx, text, args...)
}

// change runs a transaction when it is this call's turn in this process: calls queue
// for as long as their contexts allow. Another process is waited for as lockWait says.
func (f *file) change(ctx context.Context, do func(transaction) error) error {
	if _, err := f.statements(ctx); err != nil {
		return err
	}
	select {
	case f.writing <- struct{}{}:
		defer func() { <-f.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return f.named(transact(ctx, f.db, do))
}

// note is change: SQLite has one writer at a time.
func (f *file) note(ctx context.Context, do func(transaction) error) error { return f.change(ctx, do) }

// transact runs a transaction of statements, each prepared once.
func transact(ctx context.Context, db *sql.DB, do func(transaction) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(&running{ctx: ctx, tx: tx, prepared: statements{}}); err != nil {
		return err
	}
	return tx.Commit()
}

// running is a transaction that has begun.
type running struct {
	ctx      context.Context // of the call, which the transaction does not outlive
	tx       *sql.Tx
	prepared statements
}

func (r *running) statement(text string) (*sql.Stmt, error) {
	if st := r.prepared[text]; st != nil {
		return st, nil
	}
	st, err := r.tx.PrepareContext(r.ctx, text)
	r.prepared[text] = st
	return st, err
}

// run does not watch the context, which rolls the transaction back when it ends:
// watching it in every statement too would double their cost.
func (r *running) run(text string, args ...any) (int64, error) {
	st, err := r.statement(text)
	if err != nil {
		return 0, err
	}
	result, err := st.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (r *running) query(text string, args ...any) (*sql.Rows, error) {
	st, err := r.statement(text)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(r.ctx, args...)
}
