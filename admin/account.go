package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Database keeps the admin's own tables, those of infra/migrations whose names begin
// with admin_. Arguments stand at "?".
type Database interface {
	// Exec runs a statement and returns how many rows it changed.
	Exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
	// Rows calls row for each row that a query finds, until it returns an error.
	Rows(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error
}

// Accounts are the people who log in with a password, and the links by which they
// choose it.
type Accounts struct{ db Database }

// NewAccounts returns the accounts in a database.
func NewAccounts(db Database) *Accounts { return &Accounts{db} }

// ErrNoAccount: nobody has this name.
var ErrNoAccount = errors.New("there is no account of this name")

// errLink: a link that was used, has expired or was never made.
var errLink = errors.New("this link has been used or has expired: make another with `downlink admin link NAME`")

const longestName = 100 // bytes of a name

// CheckName says what is wrong with the name of an account.
func CheckName(name string) error {
	if name == "" || len(name) > longestName {
		return fmt.Errorf("write a name of 1 to %d characters", longestName)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("name %q: use ASCII letters, digits and punctuation, without spaces", name)
		}
	}
	return nil
}

// Names are the names of all accounts, in order.
func (a *Accounts) Names(ctx context.Context) (names []string, err error) {
	err = a.db.Rows(ctx, "SELECT name FROM admin_users ORDER BY name", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}

// Remove removes an account. Its sessions end with their next request. Errors:
// ErrNoAccount.
func (a *Accounts) Remove(ctx context.Context, name string) error {
	if _, err := a.db.Exec(ctx, "DELETE FROM admin_links WHERE name = ?", name); err != nil {
		return err
	}
	changed, err := a.db.Exec(ctx, "DELETE FROM admin_users WHERE name = ?", name)
	if err == nil && changed == 0 {
		err = ErrNoAccount
	}
	return err
}

// Link returns a token with which somebody chooses a password for the account
// called name, once and until expires. "" is for a site without accounts: the name is
// chosen too. The account is made if there is none.
func (a *Accounts) Link(ctx context.Context, name string, expires time.Time) (token string, err error) {
	if _, err := a.db.Exec(ctx, "DELETE FROM admin_links WHERE expires < ?", time.Now().Unix()); err != nil {
		return "", err
	}
	token = rand.Text()
	_, err = a.db.Exec(ctx, "INSERT INTO admin_links (token, name, expires) VALUES (?, ?, ?)", digest(token), name, expires.Unix())
	return token, err
}

// good is which links can be used. One that is for no name sets a site up: it is good
// as long as there is no account, however the first one was made.
const good = "token = ? AND expires >= ? AND (name <> '' OR NOT EXISTS (SELECT 1 FROM admin_users))"

// linked is whose password a token is for. Errors: errLink.
func (a *Accounts) linked(ctx context.Context, token string) (name string, err error) {
	err = errLink
	failed := a.db.Rows(ctx, "SELECT name FROM admin_links WHERE "+good, []any{digest(token), time.Now().Unix()}, func(scan func(...any) error) error {
		err = scan(&name)
		return err
	})
	return name, errors.Join(failed, err)
}

// redeem uses a token up that is linked to a name or to "", and sets the password of
// an account. All other links of that name are void then. Errors: errLink.
func (a *Accounts) redeem(ctx context.Context, token, linked, name, password string) error {
	hash := hashPassword(password) // takes its time: before the link is gone
	changed, err := a.db.Exec(ctx, "DELETE FROM admin_links WHERE "+good, digest(token), time.Now().Unix())
	if err == nil && changed == 0 {
		err = errLink
	}
	if err != nil {
		return err
	}
	if _, err := a.db.Exec(ctx, "DELETE FROM admin_links WHERE name = ?", linked); err != nil {
		return err
	}
	return a.put(ctx, name, hash)
}

func (a *Accounts) put(ctx context.Context, name, hash string) error {
	_, err := a.db.Exec(ctx, "INSERT INTO admin_users (name, password) VALUES (?, ?)"+
		" ON CONFLICT (name) DO UPDATE SET password = excluded.password", name, hash)
	return err
}

// hash is the hash of an account's password. Errors: ErrNoAccount.
func (a *Accounts) hash(ctx context.Context, name string) (hash string, err error) {
	err = ErrNoAccount
	failed := a.db.Rows(ctx, "SELECT password FROM admin_users WHERE name = ?", []any{name}, func(scan func(...any) error) error {
		err = scan(&hash)
		return err
	})
	if failed != nil {
		return "", failed
	}
	return hash, err
}

// verify returns the hash of the account if the password is its own, else "". It
// takes as long for a name that is unknown.
func (a *Accounts) verify(ctx context.Context, name, password string) (hash string, err error) {
	hash, err = a.hash(ctx, name)
	unknown := errors.Is(err, ErrNoAccount)
	if err != nil && !unknown {
		return "", err
	}
	if unknown {
		hash = nobody
	}
	same, err := samePassword(password, hash)
	if err != nil || !same || unknown {
		return "", err
	}
	return hash, nil
}

// digest is what the database keeps of a secret: who reads it cannot use it.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
