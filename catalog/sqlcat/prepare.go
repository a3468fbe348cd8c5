//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/downlink-go/downlink/infra/migrations"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// statements are those of the reading paths, prepared once, by their text.
type statements map[string]*sql.Stmt

// statements makes the file ready on the first call. A failure is not kept: the
// next call tries again.
func (f *file) statements(ctx context.Context) (statements, error) {
	if st := f.ready.Load(); st != nil {
		return *st, nil
	}
	select {
	case f.opening <- struct{}{}:
		defer func() { <-f.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if st := f.ready.Load(); st != nil {
		return *st, nil
	}
	st, err := f.prepare(ctx)
	if err != nil {
		return nil, f.named(err)
	}
	f.ready.Store(&st)
	return st, nil
}

func (f *file) prepare(ctx context.Context) (statements, error) {
	if err := f.bringUpToDate(ctx); err != nil {
		return nil, err
	}
	prepared := statements{}
	for _, text := range [...]string{selectItem, selectAll} {
		var err error
		if prepared[text], err = f.db.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	return prepared, nil
}

// bringUpToDate makes the file and its tables, if that is still to be done. Of
// processes that come at the same time one does it; the others wait.
func (f *file) bringUpToDate(ctx context.Context) error {
	latest, err := migrations.Latest()
	if err != nil {
		return err
	}
	if err := createFile(f.path); err != nil {
		return err
	}
	// The change to WAL mode does not always wait for a lock: it is tried again.
	for deadline := time.Now().Add(f.wait); ; {
		err := f.migrateTo(ctx, latest)
		if !busy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *file) migrateTo(ctx context.Context, latest int) error {
	var version int
	var mode string
	if err := f.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := f.db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if version >= latest && mode == "wal" {
		return nil
	}
	return migrate(ctx, f.db, dsn(f.path, f.wait), latest)
}

// busy reports that another connection holds the lock that was needed.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
