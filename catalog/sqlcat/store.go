//go:build !js

package sqlcat

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"modernc.org/sqlite"
)

// lockWait is how long one statement waits for another process to let go of
// the database before the answer is catalog.ErrUnavailable. A context that ends
// earlier ends the wait. Readers wait for no writer: the file is in WAL mode.
const lockWait = 3 * time.Second

// Store is a catalogue in SQLite or PostgreSQL.
type Store struct {
	tables
	db *sql.DB
}

// file is a SQLite file.
type file struct {
	path    string
	wait    time.Duration
	db      *sql.DB
	opening chan struct{} // one place: who prepares the file
	writing chan struct{} // one place: who puts, so that this process never waits for itself by polling
	ready   atomic.Pointer[statements]
}

var (
	_ catalog.Driver      = (*Store)(nil)
	_ catalog.Deleter     = (*Store)(nil)
	_ catalog.Lister      = (*Store)(nil)
	_ catalog.Categorizer = (*Store)(nil)
)

// Open returns the catalogue in the SQLite file at path. It touches nothing: the file
// (mode 0600), its folder (0700) and its tables are made or brought up to date
// by the first use, which any number of processes may do at the same time. The
// folder must allow files beside the database, as WAL mode needs them.
func Open(path string) (*Store, error) { return open(path, lockWait) }

func open(path string, wait time.Duration) (*Store, error) {
	if path == "" {
		return nil, errors.New("open catalogue: no path given")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	connector, err := sqlite.NewConnector(dsn(path, wait))
	if err != nil {
		return nil, fmt.Errorf("open catalogue %q: %w", path, err)
	}
	db := sql.OpenDB(connector)
	connections := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	f := &file{
		path: path, wait: wait, db: db,
		opening: make(chan struct{}, 1), writing: make(chan struct{}, 1),
	}
	return &Store{tables{f}, db}, nil
}

// Close closes the database; later calls answer catalog.ErrUnavailable.
func (s *Store) Close() error { return s.db.Close() }
