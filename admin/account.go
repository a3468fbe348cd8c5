package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Accounts are the people who log in with a password, and the links by which they
// choose it.
type Accounts struct{ records Records }

// NewAccounts returns the accounts that are in records.
func NewAccounts(r Records) *Accounts { return &Accounts{r} }

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
	err = a.records.EachRecord(ctx, userRecords, func(name, _ string) bool { names = append(names, name); return true })
	return names, err
}

// Remove removes an account. Its sessions end with their next request. Errors:
// ErrNoAccount.
func (a *Accounts) Remove(ctx context.Context, name string) error {
	if err := a.voidLinks(ctx, name); err != nil {
		return err
	}
	ok, err := a.records.TakeRecord(ctx, userRecords, name)
	if err == nil && !ok {
		err = ErrNoAccount
	}
	return err
}

// Link returns a token with which somebody chooses a password for the account
// called name, once and until expires. "" is for a site without accounts: the name is
// chosen too. The account is made if there is none.
func (a *Accounts) Link(ctx context.Context, name string, expires time.Time) (token string, err error) {
	token = rand.Text()
	return token, a.records.PutRecord(ctx, linkRecords, digest(token), name, expires)
}

// linked is whose password a token is for. One that is for no name sets a site up: it is
// good as long as there is no account, however the first one was made. Errors: errLink.
func (a *Accounts) linked(ctx context.Context, token string) (name string, err error) {
	name, ok, err := a.records.Record(ctx, linkRecords, digest(token))
	if err == nil && ok && name == "" {
		var names []string
		names, err = a.Names(ctx)
		ok = len(names) == 0
	}
	if err == nil && !ok {
		err = errLink
	}
	return name, err
}

// redeem uses a token up that is linked to a name or to "", and sets the password of
// an account. All other links of that name are void then. Errors: errLink.
func (a *Accounts) redeem(ctx context.Context, token, linked, name, password string) error {
	hash, err := hashPassword(password) // takes its time: before the link is gone
	if err != nil {
		return err
	}
	if now, err := a.linked(ctx, token); err != nil || now != linked {
		return cmp.Or(err, errLink)
	}
	ok, err := a.records.TakeRecord(ctx, linkRecords, digest(token))
	if err == nil && !ok { // somebody else was faster
		err = errLink
	}
	if err != nil {
		return err
	}
	if err := a.voidLinks(ctx, linked); err != nil {
		return err
	}
	return a.put(ctx, name, hash)
}

// voidLinks has all links of a name be of no use.
func (a *Accounts) voidLinks(ctx context.Context, name string) error {
	var links []string
	err := a.records.EachRecord(ctx, linkRecords, func(link, of string) bool {
		if of == name {
			links = append(links, link)
		}
		return true
	})
	for _, link := range links {
		if err == nil {
			_, err = a.records.TakeRecord(ctx, linkRecords, link)
		}
	}
	return err
}

func (a *Accounts) put(ctx context.Context, name, hash string) error {
	return a.records.PutRecord(ctx, userRecords, name, hash, time.Time{})
}

// hash is the hash of an account's password. Errors: ErrNoAccount.
func (a *Accounts) hash(ctx context.Context, name string) (hash string, err error) {
	hash, ok, err := a.records.Record(ctx, userRecords, name)
	if err == nil && !ok {
		err = ErrNoAccount
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
