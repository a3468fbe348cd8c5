//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// countUse is the whole of the limit: the database runs it for one call after the
// other, and it changes a row as often as the link has uses.
const (
	countUse = "INSERT INTO uses (link, n, expires) VALUES (?, 1, ?)" +
		" ON CONFLICT (link) DO UPDATE SET n = uses.n + 1, expires = excluded.expires WHERE uses.n < ?"
	allowResume = "INSERT INTO resumes (link, client, until) VALUES (?, ?, ?)" +
		" ON CONFLICT (link, client) DO UPDATE SET until = excluded.until"
	selectResume  = "SELECT until FROM resumes WHERE link = ? AND client = ?"
	selectUses    = "SELECT n FROM uses WHERE link = ?"
	deleteUses    = "DELETE FROM uses WHERE expires < ?"
	deleteResumes = "DELETE FROM resumes WHERE until < ?"
)

// Use counts a download by a link, unless it had u.Max already, and reports
// whether it did. Until u.Until Begun is true for the client. An error may mean
// that it was counted all the same.
func (s *Store) Use(ctx context.Context, u catalog.Use) (counted bool, err error) {
	err = s.write(ctx, func() error {
		changed, err := s.exec(ctx, countUse, u.Link, u.Expires.Unix(), u.Max)
		if counted = changed == 1; err != nil || !counted || u.Client == "" {
			return err
		}
		_, err = s.exec(ctx, allowResume, u.Link, u.Client, u.Until.Unix())
		return err
	})
	return counted && err == nil, err
}

// Begun reports whether Use counted a download by the link and client that may
// still be gone on with at u.Now. An unknown client has begun none.
func (s *Store) Begun(ctx context.Context, u catalog.Use) (bool, error) {
	if u.Client == "" {
		return false, nil
	}
	until, err := s.number(ctx, selectResume, u.Link, u.Client)
	return u.Now.Unix() < until, err
}

// Uses is how many downloads of the link were counted.
func (s *Store) Uses(ctx context.Context, link string) (int64, error) {
	return s.number(ctx, selectUses, link)
}

// ForgetUses forgets the uses of links that had expired by then, and who could go
// on with a download by them. They are refused without it.
func (s *Store) ForgetUses(ctx context.Context, then time.Time) error {
	return s.write(ctx, func() error {
		if _, err := s.exec(ctx, deleteUses, then.Unix()); err != nil {
			return err
		}
		_, err := s.exec(ctx, deleteResumes, then.Unix())
		return err
	})
}

// number is the one number that a query finds, 0 if it finds none.
func (s *Store) number(ctx context.Context, query string, args ...any) (n int64, err error) {
	if _, err := s.statements(ctx); err != nil {
		return 0, failed(ctx, err)
	}
	err = s.db.QueryRowContext(ctx, query, args...).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, failed(ctx, err)
	}
	return n, nil
}

// exec runs a statement and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// write does what changes the database, when it is this call's turn in this process.
func (s *Store) write(ctx context.Context, do func() error) error {
	if _, err := s.statements(ctx); err != nil {
		return failed(ctx, err)
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := do(); err != nil {
		return failed(ctx, err)
	}
	return nil
}
