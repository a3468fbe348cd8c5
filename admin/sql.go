package admin

import (
	"context"
	"time"
)

// Database has the admin's own tables, those of infra/migrations whose names begin with
// admin_. Arguments stand at "?".
type Database interface {
	// Exec runs a statement and returns how many rows it changed.
	Exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
	// Rows calls row for each row that a query finds, until it returns an error.
	Rows(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error
}

// SQL keeps records in a database.
func SQL(db Database) Records { return tables{db} }

type tables struct{ db Database }

// table is where records of a kind are.
type table struct {
	name, key, text string
	bytes           bool   // text is of any bytes
	good            string // condition that a record has not expired; its one argument is the time
}

const unexpired = " AND expires >= ?"

var tableOf = map[string]table{
	userRecords:    {"admin_users", "name", "password", false, ""},
	linkRecords:    {"admin_links", "token", "name", false, unexpired},
	sessionRecords: {"admin_sessions", "token", "data", true, unexpired},
}

// args are arguments of a condition, and the time if records expire.
func (t table) args(args ...any) []any {
	if t.good != "" {
		args = append(args, time.Now().Unix())
	}
	return args
}

// Record is the text under a key.
func (s tables) Record(ctx context.Context, kind, key string) (text string, ok bool, err error) {
	t := tableOf[kind]
	query := "SELECT " + t.text + " FROM " + t.name + " WHERE " + t.key + " = ?" + t.good
	err = s.db.Rows(ctx, query, t.args(key), func(scan func(...any) error) error {
		ok = true
		return t.scan(scan, &text)
	})
	return text, ok, err
}

// scan reads columns of which the last is the text.
func (t table) scan(scan func(...any) error, text *string, before ...any) error {
	if !t.bytes {
		return scan(append(before, text)...)
	}
	var data []byte
	err := scan(append(before, &data)...)
	*text = string(data)
	return err
}

// PutRecord puts a text, and forgets records of its kind that have expired.
func (s tables) PutRecord(ctx context.Context, kind, key, text string, expires time.Time) error {
	t := tableOf[kind]
	columns, places, update, args := t.key+", "+t.text, "?, ?", t.text+" = excluded."+t.text, []any{key, any(text)}
	if t.bytes {
		args[1] = []byte(text)
	}
	if t.good != "" {
		if _, err := s.db.Exec(ctx, "DELETE FROM "+t.name+" WHERE expires < ?", time.Now().Unix()); err != nil {
			return err
		}
		columns, places, update, args = columns+", expires", places+", ?", update+", expires = excluded.expires", append(args, expires.Unix())
	}
	_, err := s.db.Exec(ctx, "INSERT INTO "+t.name+" ("+columns+") VALUES ("+places+") ON CONFLICT ("+t.key+") DO UPDATE SET "+update, args...)
	return err
}

// TakeRecord removes what is under a key.
func (s tables) TakeRecord(ctx context.Context, kind, key string) (ok bool, err error) {
	t := tableOf[kind]
	changed, err := s.db.Exec(ctx, "DELETE FROM "+t.name+" WHERE "+t.key+" = ?"+t.good, t.args(key)...)
	return changed > 0, err
}

// EachRecord calls yield for all of a kind. They are few: all are read first.
func (s tables) EachRecord(ctx context.Context, kind string, yield func(key, text string) bool) error {
	t := tableOf[kind]
	type record struct{ key, text string }
	var all []record
	query := "SELECT " + t.key + ", " + t.text + " FROM " + t.name + " WHERE 1 = 1" + t.good + " ORDER BY " + t.key
	err := s.db.Rows(ctx, query, t.args(), func(scan func(...any) error) error {
		var r record
		err := t.scan(scan, &r.text, &r.key)
		all = append(all, r)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		if !yield(r.key, r.text) {
			return nil
		}
	}
	return nil
}
