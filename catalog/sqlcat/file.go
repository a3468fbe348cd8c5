//go:build !js

package sqlcat

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dsn names the file at an absolute path and the settings of each connection.
// Transactions take the write lock when they begin: one that began by reading
// could not wait for it later.
func dsn(path string, wait time.Duration) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a drive letter
		path = "/" + path
	}
	file := url.URL{Scheme: "file", Path: path}
	return fmt.Sprintf("%s?_busy_timeout=%d&_foreign_keys=on&_txlock=immediate", &file, wait.Milliseconds())
}

// named is err with the file's path, and what to do about it where an operator has to.
// Even who only reads must be able to write: WAL mode has files beside the database
// that all who read keep.
func (f *file) named(err error) error {
	var e *sqlite.Error
	code := 0
	if errors.As(err, &e) {
		code = e.Code() & 0xff // without what SQLite says more exactly
	}
	switch {
	case err == nil:
		return nil
	case code == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s: %w: name another file, or move this one away", f.path, err)
	case code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_CANTOPEN || errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: let %s write it and its folder, or copy it to where that may", f.path, err, whoRuns())
	}
	return fmt.Errorf("%s: %w", f.path, err)
}

// whoRuns is the user of this process in a sentence; Windows has no number for it.
func whoRuns() string {
	if id := os.Geteuid(); id >= 0 {
		return fmt.Sprintf("the user %d, as whom this runs,", id)
	}
	return "the user as whom this runs"
}

// createFile makes an empty file that only its owner can read, unless there is
// one already; SQLite would use the umask, and gives the files it puts beside
// it the same mode. The file is made under another name and linked: closing a
// descriptor of a file that SQLite has open would drop SQLite's locks on it.
// Where links are not to be had, that is risked for the moment it takes.
func createFile(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err == nil {
			err = f.Close()
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
