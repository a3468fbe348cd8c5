//go:build !js

package sqlcat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// The statements of a batch. noteBatch changes no row for one that was counted.
const (
	noteBatch = "INSERT INTO writers (id, batch, hour) VALUES (?, ?, ?)" +
		" ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, hour = excluded.hour WHERE excluded.batch > writers.batch"
	addCount = "INSERT INTO counts (slug, hour, n, bots, completed, bytes) VALUES (?, ?, ?, ?, ?, ?)" +
		" ON CONFLICT (slug, hour) DO UPDATE SET n = counts.n + excluded.n, bots = counts.bots + excluded.bots," +
		" completed = counts.completed + excluded.completed, bytes = counts.bytes + excluded.bytes"
	await = "INSERT INTO awaited (id, item, hour, size, bot, until) VALUES (?, ?, ?, ?, ?, ?)" +
		" ON CONFLICT (id) DO NOTHING"
	takeAwaited   = "DELETE FROM awaited WHERE id = ? RETURNING item, hour, size, bot"
	forgetWriters = "DELETE FROM writers WHERE hour < ?"
	forgetAwaited = "DELETE FROM awaited WHERE until < ?"
)

// writerLife is for how many hours a writer without a batch is remembered.
const writerLife = 48

var _ catalog.Counter = (*Store)(nil)

// Count adds a batch in one transaction, unless it was added before.
func (s *Store) Count(ctx context.Context, b catalog.Batch) error {
	return s.inTransaction(ctx, func(tx *sql.Tx) error {
		noted, err := tx.ExecContext(ctx, noteBatch, b.Writer, b.Number, catalog.HourOf(b.Time))
		if err != nil {
			return err
		}
		if n, err := noted.RowsAffected(); n == 0 || err != nil {
			return err
		}
		if err := addCounts(ctx, tx, b.Counts); err != nil {
			return err
		}
		for _, a := range b.Awaited {
			if _, err := tx.ExecContext(ctx, await, a.ID, a.Item, a.Hour, a.Size, a.Bot, a.Until.Unix()); err != nil {
				return err
			}
		}
		if b.Number != 1 {
			return nil
		}
		return forget(ctx, tx, b.Time)
	})
}

// forget removes what nobody will ask for: each writer begins with it.
func forget(ctx context.Context, tx *sql.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, forgetWriters, catalog.HourOf(now)-writerLife); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, forgetAwaited, now.Unix())
	return err
}

// addCounts adds in the order of items and hours, so that two writers do not wait for
// each other in a circle.
func addCounts(ctx context.Context, tx *sql.Tx, counts []catalog.Count) error {
	counts = slices.Clone(counts)
	slices.SortFunc(counts, func(a, b catalog.Count) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Hour, b.Hour))
	})
	for _, c := range counts {
		if _, err := tx.ExecContext(ctx, addCount, c.Item, c.Hour, c.Downloads, c.Bots, c.Completed, c.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// Complete notes how awaited downloads ended, in one transaction.
func (s *Store) Complete(ctx context.Context, ended []catalog.Ended) (noted int, err error) {
	err = s.inTransaction(ctx, func(tx *sql.Tx) error {
		var counts []catalog.Count
		for _, e := range ended {
			c, err := take(ctx, tx, e)
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			default:
				counts = append(counts, c)
			}
		}
		noted = len(counts)
		return addCounts(ctx, tx, counts)
	})
	if err != nil {
		return 0, err
	}
	return noted, nil
}

// take is what the end of an awaited download adds to the counts; sql.ErrNoRows if it
// is not awaited.
func take(ctx context.Context, tx *sql.Tx, e catalog.Ended) (c catalog.Count, err error) {
	var size int64
	var bot bool
	if err := tx.QueryRowContext(ctx, takeAwaited, e.ID).Scan(&c.Item, &c.Hour, &size, &bot); err != nil {
		return c, err
	}
	c.Bytes = e.Bytes
	if !bot && e.Bytes >= size {
		c.Completed = 1
	}
	return c, nil
}

// inTransaction does all of do or nothing, when it is this call's turn.
func (s *Store) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	return s.write(ctx, func() error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if err := do(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// Counts sums what was counted.
func (s *Store) Counts(ctx context.Context, q catalog.CountQuery) ([]catalog.Sum, error) {
	if _, err := s.statements(ctx); err != nil {
		return nil, failed(ctx, err)
	}
	return sums(ctx, s.db, &q)
}
