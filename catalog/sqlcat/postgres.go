//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// PostgresOptions are the limits of a catalogue in PostgreSQL. The zero value is
// usable.
type PostgresOptions struct {
	MaxConnections int           // of this process; 0 is 10
	LockWait       time.Duration // how long a statement waits for a lock; 0 is 3 s
	StatementWait  time.Duration // how long a statement may take; 0 is 10 s
}

// postgres is a PostgreSQL database.
type postgres struct {
	db       *sql.DB
	migrator *sql.DB // without limits; unused after the first use
	opening  chan struct{}
	ready    atomic.Bool
	words    sync.Map // statements in PostgreSQL's words, by their text
}

// changing is the advisory lock of who changes items: updates of tallies would
// otherwise meet in any order. migrating is that of who makes the tables.
const (
	changing  = 0x646f776e6c696e6b
	migrating = changing + 1
)

// OpenPostgres returns the catalogue in a PostgreSQL database, of version 13 or later,
// by a URL such as "postgres://user:password@host/name". It asks nothing: the first
// use connects, and makes the tables or brings them up to date, which any number of
// processes may do at the same time. The tables are in the first schema of search_path,
// which the catalogue wants for its own. A database that does not answer is
// catalog.ErrUnavailable; later calls try again.
func OpenPostgres(url string, o PostgresOptions) (*Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err) // without the password
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 3 * time.Second
	}
	migrator := stdlib.OpenDB(*config.Copy())
	migrator.SetMaxIdleConns(0)
	limit(config, "lock_timeout", or(o.LockWait, lockWait))
	limit(config, "statement_timeout", or(o.StatementWait, 10*time.Second))
	db := stdlib.OpenDB(*config)
	connections := or(o.MaxConnections, 10)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	p := &postgres{db: db, migrator: migrator, opening: make(chan struct{}, 1)}
	return &Store{tables{p}, db}, nil
}

func or[T int | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// limit sets a time limit unless the URL has one.
func limit(config *pgx.ConnConfig, name string, wait time.Duration) {
	if config.RuntimeParams[name] == "" {
		config.RuntimeParams[name] = strconv.FormatInt(wait.Milliseconds(), 10)
	}
}

func (p *postgres) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	return p.db.QueryContext(ctx, p.translate(text), args...)
}

// change runs a transaction when it is this call's turn among all processes.
func (p *postgres) change(ctx context.Context, do func(transaction) error) error {
	return p.note(ctx, func(tx transaction) error {
		if _, err := tx.run("SELECT pg_advisory_xact_lock(" + strconv.Itoa(changing) + ")"); err != nil {
			return err
		}
		return do(tx)
	})
}

// commitWait is how long the end of a transaction may take: whether it was carried out
// is told to a call whose time is up meanwhile, too.
const commitWait = 5 * time.Second

func (p *postgres) note(ctx context.Context, do func(transaction) error) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	until := context.AfterFunc(ctx, cancel)
	tx, err := conn.BeginTx(whole, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	b := &begun{ctx: ctx, on: p, conn: conn, tx: tx}
	if err := do(b); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	if !until() {
		return ctx.Err()
	}
	defer time.AfterFunc(commitWait, cancel).Stop()
	return tx.Commit()
}

// begun is a transaction that has begun.
type begun struct {
	ctx    context.Context // of the call, which the transaction does not outlive
	on     *postgres
	conn   *sql.Conn
	tx     *sql.Tx // on conn
	queued pgx.Batch
}

// longestQueue is how many statements wait to go to the database together.
const longestQueue = 1000

func (b *begun) queue(text string, args []any) error {
	b.queued.Queue(b.on.translate(text), args...)
	if b.queued.Len() < longestQueue {
		return nil
	}
	return b.flush()
}

// flush runs what waits.
func (b *begun) flush() error {
	if b.queued.Len() == 0 {
		return nil
	}
	queued := b.queued
	b.queued = pgx.Batch{}
	return b.conn.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(b.ctx, &queued).Close()
	})
}

func (b *begun) run(text string, args ...any) (int64, error) {
	if err := b.flush(); err != nil {
		return 0, err
	}
	result, err := b.tx.ExecContext(b.ctx, b.on.translate(text), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (b *begun) query(text string, args ...any) (*sql.Rows, error) {
	if err := b.flush(); err != nil {
		return nil, err
	}
	return b.tx.QueryContext(b.ctx, b.on.translate(text), args...)
}

// translate puts a statement into PostgreSQL's words: $1 for the first ?.
func (p *postgres) translate(text string) string {
	if known, ok := p.words.Load(text); ok {
		return known.(string)
	}
	var b strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(text, "instr(", "strpos("), "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	p.words.Store(text, b.String())
	return b.String()
}
