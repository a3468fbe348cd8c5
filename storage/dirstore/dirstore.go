// Package dirstore keeps objects as the files of one directory. A key is a
// file's path below it, with slashes.
//
// Nothing outside the directory is ever opened, whatever the keys and however
// files are swapped for links meanwhile: every name is resolved by an [os.Root].
// Symbolic links that lead to a file inside are followed, absolute ones too.
package dirstore

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var (
	_ storage.Driver   = (*Store)(nil)
	_ storage.Locator  = (*Store)(nil)
	_ storage.Resolver = (*Store)(nil)
)

// Store is a directory as a [storage.Driver]. It is safe for concurrent use.
type Store struct {
	root   *os.Root
	direct direct
	dir    string // absolute
}

// Open returns the store of the files below dir. It holds on to the directory
// that dir names now: one that takes its name later is seen after the next Open
// only.
func Open(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open directory %q: %w", dir, err)
	}
	// os.OpenRoot would wait for a writer if this were a FIFO.
	if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("open directory %q: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open directory %q: not a directory", dir)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("open directory %q: %w", dir, err)
	}
	return &Store{root: root, direct: newDirect(root), dir: abs}, nil
}

// Close lets go of the directory. Objects that are open stay so.
func (s *Store) Close() error {
	s.direct.close()
	return s.root.Close()
}

// LocalPath is the absolute path of key's file: the directory as it was given to
// Open, and the key. With "" it is the directory.
func (s *Store) LocalPath(key string) string {
	return filepath.Join(s.dir, filepath.FromSlash(key))
}

// Stat returns the metadata of the regular file at key without opening it. That
// this process may read the file is not checked.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := check(ctx, key); err != nil {
		return core.Metadata{}, err
	}
	if m, ok := s.direct.stat(key); ok {
		return m, nil
	}
	info, err := s.stat(key)
	if err != nil {
		return core.Metadata{}, classify(err)
	}
	if !info.Mode().IsRegular() {
		return core.Metadata{}, notRegular(info.Mode())
	}
	return metadata(info.ModTime(), info.Size()), nil
}

// stat describes what is at key, through links that lead to a file inside.
func (s *Store) stat(key string) (fs.FileInfo, error) {
	info, err := s.root.Stat(key)
	if inside, ok := s.within(key, err); ok {
		return s.root.Stat(inside)
	}
	return info, err
}

// metadata carries nginx's own form of entity-tag, so that this process and
// nginx answer alike for the same file.
func metadata(modified time.Time, size int64) core.Metadata {
	var tag [40]byte
	return core.Metadata{
		Size:         size,
		ETag:         string(core.AppendFileETag(tag[:0], modified, size)),
		LastModified: modified,
	}
}
