package admin

import (
	"context"
	"time"
)

// Records keep what the admin has beside the catalogue: accounts, links and sessions.
// Each is a text, of any bytes, under a key of its kind. What was written is read from
// then on, by whichever process: who is logged out, is.
type Records interface {
	// Record is the text under a key; ok is false if there is none or it has expired.
	Record(ctx context.Context, kind, key string) (text string, ok bool, err error)
	// PutRecord puts a text under a key, in place of any before it, until it expires: in
	// seconds, never if that is zero.
	PutRecord(ctx context.Context, kind, key, text string, expires time.Time) error
	// TakeRecord removes what is under a key, and reports whether it was there and had
	// not expired. Of several that take it at the same time one is told so.
	TakeRecord(ctx context.Context, kind, key string) (ok bool, err error)
	// EachRecord calls yield for all of a kind that have not expired, by their keys, until
	// it returns false.
	EachRecord(ctx context.Context, kind string, yield func(key, text string) bool) error
}

// The kinds of records.
const (
	userRecords    = "users"    // hash of the password, by name
	linkRecords    = "links"    // name of the account, by digest of the token
	sessionRecords = "sessions" // what scs keeps, by digest of the token
)

// Limiter is an optional ability of Records: attempts are counted for all processes
// together.
type Limiter interface {
	// Attempt counts an attempt, and reports whether it is one of the first most with this
	// key in the part of time, within long, that it falls into.
	Attempt(ctx context.Context, key string, most int64, within time.Duration) (ok bool, err error)
}
