package sqlcat

import (
	"context"
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
func (t *tables) Use(ctx context.Context, u catalog.Use) (counted bool, err error) {
	err = t.note(ctx, func(tx transaction) error {
		changed, err := tx.run(countUse, u.Link, u.Expires.Unix(), u.Max)
		if counted = changed == 1; err != nil || !counted || u.Client == "" {
			return err
		}
		_, err = tx.run(allowResume, u.Link, u.Client, u.Until.Unix())
		return err
	})
	return counted && err == nil, err
}

// Begun reports whether Use counted a download by the link and client that may
// still be gone on with at u.Now. An unknown client has begun none.
func (t *tables) Begun(ctx context.Context, u catalog.Use) (bool, error) {
	if u.Client == "" {
		return false, nil
	}
	until, err := t.number(ctx, selectResume, u.Link, u.Client)
	return u.Now.Unix() < until, err
}

// Uses is how many downloads of the link were counted.
func (t *tables) Uses(ctx context.Context, link string) (int64, error) {
	return t.number(ctx, selectUses, link)
}

// ForgetUses forgets the uses of links that had expired by then, and who could go
// on with a download by them. They are refused without it.
func (t *tables) ForgetUses(ctx context.Context, then time.Time) error {
	return t.note(ctx, func(tx transaction) error {
		if _, err := tx.run(deleteUses, then.Unix()); err != nil {
			return err
		}
		_, err := tx.run(deleteResumes, then.Unix())
		return err
	})
}

func (t *tables) note(ctx context.Context, f func(transaction) error) error {
	if err := t.on.note(ctx, f); err != nil {
		return failed(ctx, err)
	}
	return nil
}
