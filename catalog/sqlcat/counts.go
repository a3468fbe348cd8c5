//go:build !js

package sqlcat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
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
	addTotal = "INSERT INTO totals (slug, rank) VALUES (?, ?) ON CONFLICT (slug) DO UPDATE SET rank = totals.rank + excluded.rank"
	await    = "INSERT INTO awaited (id, item, hour, size, bot, until) VALUES (?, ?, ?, ?, ?, ?)" +
		" ON CONFLICT (id) DO NOTHING"
	takeAwaited   = "DELETE FROM awaited WHERE id = ? RETURNING item, hour, size, bot"
	forgetWriters = "DELETE FROM writers WHERE hour < ?"
	forgetAwaited = "DELETE FROM awaited WHERE until < ?"
)

// writerLife is for how many hours a writer without a batch is remembered.
const writerLife = 48

var _ catalog.Counter = (*Store)(nil)

// Count adds a batch in one transaction, unless it was added before.
func (t *tables) Count(ctx context.Context, b catalog.Batch) error {
	return t.note(ctx, func(tx transaction) error {
		if n, err := tx.run(noteBatch, b.Writer, b.Number, catalog.HourOf(b.Time)); n == 0 || err != nil {
			return err
		}
		if err := addCounts(tx, b.Counts); err != nil {
			return err
		}
		for _, a := range b.Awaited {
			if _, err := tx.run(await, a.ID, a.Item, a.Hour, a.Size, a.Bot, a.Until.Unix()); err != nil {
				return err
			}
		}
		if b.Number%forgetAgain != 1 {
			return nil
		}
		return forget(tx, b.Time)
	})
}

// forgetAgain is after how many batches a writer removes what nobody will ask for; it
// begins with it, too.
const forgetAgain = 5000

// forget removes what nobody will ask for.
func forget(tx transaction, now time.Time) error {
	if _, err := tx.run(forgetWriters, catalog.HourOf(now)-writerLife); err != nil {
		return err
	}
	_, err := tx.run(forgetAwaited, now.Unix())
	return err
}

// addCounts adds in the order of items and hours, and then to their totals in that of
// items, so that two writers do not wait for each other in a circle.
func addCounts(tx transaction, counts []catalog.Count) error {
	counts = slices.Clone(counts)
	slices.SortFunc(counts, func(a, b catalog.Count) int {
		return cmp.Or(cmp.Compare(a.Item, b.Item), cmp.Compare(a.Hour, b.Hour))
	})
	var all []statement
	for _, c := range counts {
		all = append(all, statement{addCount, []any{c.Item, c.Hour, c.Downloads, c.Bots, c.Completed, c.Bytes}})
	}
	for _, c := range counts {
		if c.Downloads != 0 && !strings.Contains(c.Item, "/") { // of an item, as 00009_totals.sql has them
			all = append(all, statement{addTotal, []any{c.Item, -c.Downloads}})
		}
	}
	return run(tx, all)
}

// Complete notes how awaited downloads ended, in one transaction, and in an order that
// keeps two who tell of the same ones out of a circle.
func (t *tables) Complete(ctx context.Context, ended []catalog.Ended) (noted int, err error) {
	ended = slices.Clone(ended)
	slices.SortStableFunc(ended, func(a, b catalog.Ended) int { return cmp.Compare(a.ID, b.ID) })
	err = t.note(ctx, func(tx transaction) error {
		var counts []catalog.Count
		for _, e := range ended {
			c, err := take(tx, e)
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			default:
				counts = append(counts, c)
			}
		}
		noted = len(counts)
		return addCounts(tx, counts)
	})
	if err != nil {
		return 0, err
	}
	return noted, nil
}

// take is what the end of an awaited download adds to the counts; sql.ErrNoRows if it
// is not awaited.
func take(tx transaction, e catalog.Ended) (c catalog.Count, err error) {
	var size int64
	var bot bool
	rows, err := tx.query(takeAwaited, e.ID)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	if !rows.Next() {
		return c, cmp.Or(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(&c.Item, &c.Hour, &size, &bot); err != nil {
		return c, err
	}
	c.Bytes = e.Bytes
	if !bot && e.Bytes >= size {
		c.Completed = 1
	}
	return c, nil
}
