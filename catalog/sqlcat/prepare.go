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

// statements are those of the reading paths, prepared once.
type statements struct{ item, list *sql.Stmt }

// statements makes the file ready on the first call. A failure is not kept: the
// next call tries again.
func (s *Store) statements(ctx context.Context) (*statements, error) {
	if st := s.ready.Load(); st != nil {
		return st, nil
	}
	select {
	case s.opening <- struct{}{}:
		defer func() { <-s.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if st := s.ready.Load(); st != nil {
		return st, nil
	}
	st, err := s.prepare(ctx)
	if err != nil {
		return nil, err
	}
	s.ready.Store(st)
	return st, nil
}

func (s *Store) prepare(ctx context.Context) (*statements, error) {
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, err
	}
	item, err := s.db.PrepareContext(ctx, selectItem)
	if err != nil {
		return nil, err
	}
	list, err := s.db.PrepareContext(ctx, selectPage)
	if err != nil {
		item.Close()
		return nil, err
	}
	return &statements{item, list}, nil
}

// bringUpToDate makes the file and its tables, if that is still to be done. Of
// processes that come at the same time one does it; the others wait.
func (s *Store) bringUpToDate(ctx context.Context) error {
	latest, err := migrations.Latest()
	if err != nil {
		return err
	}
	if err := createFile(s.path); err != nil {
		return err
	}
	// The change to WAL mode does not always wait for a lock: it is tried again.
	for deadline := time.Now().Add(s.wait); ; {
		err := s.migrateTo(ctx, latest)
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

func (s *Store) migrateTo(ctx context.Context, latest int) error {
	var version int
	var mode string
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if err := s.db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if version >= latest && mode == "wal" {
		return nil
	}
	return migrate(ctx, s.db, dsn(s.path, s.wait), latest)
}

// busy reports that another connection holds the lock that was needed.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
