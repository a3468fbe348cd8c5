package dirstore

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
)

// within returns the key of the file that key's links lead to, for a failure of
// os.Root that may only be an absolute link: it refuses those wherever they lead.
// The names on the way are looked at, nothing is opened; whoever uses the new key
// gives it to os.Root again, so that a link swapped meanwhile leads nowhere.
func (s *Store) within(key string, err error) (string, bool) {
	if !escapes(err) {
		return "", false
	}
	dir, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		return "", false
	}
	file, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(key)))
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(dir, file)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// escapes reports os.Root's own error for a path that leads out of it, for which
// it has no sentinel: a fs.PathError with neither an errno nor fs.ErrClosed.
func escapes(err error) bool {
	var at *fs.PathError
	var number syscall.Errno
	return errors.As(err, &at) && !errors.As(at, &number) && !errors.Is(at, fs.ErrClosed)
}
