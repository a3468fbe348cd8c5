package dirstore

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/downlink-go/downlink/core"
)

// Resolve is Stat, and the key at which the file is reached through no link. A link
// that is put in its place later is not followed by a server that is told this
// key and told to follow none.
func (s *Store) Resolve(ctx context.Context, key string) (string, core.Metadata, error) {
	if err := check(ctx, key); err != nil {
		return "", core.Metadata{}, err
	}
	if m, ok := s.direct.stat(key); ok {
		return key, m, nil // it goes through no link
	}
	info, err := s.root.Lstat(key)
	if escapes(err) || err == nil && (info.Mode().Type() == fs.ModeSymlink || strings.IndexByte(key, '/') > 0) {
		if resolved, ok := s.follow(key); ok {
			key = resolved
			info, err = s.root.Lstat(key)
		} else {
			info, err = s.stat(key) // says why it leads nowhere
		}
	}
	if err != nil {
		return "", core.Metadata{}, classify(err)
	}
	if !info.Mode().IsRegular() {
		return "", core.Metadata{}, notRegular(info.Mode())
	}
	return key, metadata(info.ModTime(), info.Size()), nil
}

// within returns the key of the file that key's links lead to, for a failure of
// os.Root that may only be an absolute link: it refuses those wherever they lead.
// The names on the way are looked at, nothing is opened; whoever uses the new key
// gives it to os.Root again, so that a link swapped meanwhile leads nowhere.
func (s *Store) within(key string, err error) (string, bool) {
	if !escapes(err) {
		return "", false
	}
	return s.follow(key)
}

// follow returns the key of the file that key's links lead to, and whether that
// is inside.
func (s *Store) follow(key string) (string, bool) {
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
