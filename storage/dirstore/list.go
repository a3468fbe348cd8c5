package dirstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// batch is how many names of a directory are held in memory at a time.
const batch = 256

// List calls yield for the regular files and the links to such whose keys start
// with prefix. It goes into no directory through a link, so it ends and lists
// every file under one directory once. It holds one directory open at a time.
func (s *Store) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	w := walk{store: s, prefix: prefix, yield: yield}
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		if plain, err := s.plainDirectory(ctx, prefix[:i]); err != nil || !plain {
			return err
		}
		w.pending = append(w.pending, prefix[:i])
	} else {
		w.pending = append(w.pending, "")
	}
	for len(w.pending) > 0 && !w.stopped {
		last := len(w.pending) - 1
		dir := w.pending[last]
		w.pending = w.pending[:last]
		if err := w.directory(ctx, dir); err != nil && !missing(err) {
			return err
		}
	}
	return nil
}

// plainDirectory reports whether dir is a directory that a walk from the root
// would come to: not through a link.
func (s *Store) plainDirectory(ctx context.Context, dir string) (bool, error) {
	if core.CheckKey(dir) != "" || check(ctx, dir) != nil {
		return false, ctx.Err()
	}
	for i := 0; i <= len(dir); i++ {
		if i < len(dir) && dir[i] != '/' {
			continue
		}
		info, err := s.root.Lstat(dir[:i])
		if err != nil && !missing(err) {
			return false, err
		}
		if err != nil || !info.IsDir() {
			return false, nil
		}
	}
	return true, nil
}

// walk is a list being made.
type walk struct {
	store   *Store
	prefix  string
	yield   func(storage.Entry) bool
	pending []string // directories still to be read
	stopped bool     // yield returned false
}

// directory lists the files in dir and adds the directories in it to pending.
func (w *walk) directory(ctx context.Context, dir string) error {
	name, parent := dir, dir+"/"
	if dir == "" {
		name, parent = ".", ""
	}
	f, err := w.store.root.OpenFile(name, openFlags, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := f.ReadDir(batch)
		for _, e := range entries {
			key := parent + e.Name()
			if !strings.HasPrefix(key, w.prefix) {
				continue
			}
			if err := w.entry(key, e); err != nil || w.stopped {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (w *walk) entry(key string, e fs.DirEntry) error {
	var info fs.FileInfo
	var err error
	if strings.HasPrefix(e.Name(), partPrefix) {
		return nil
	}
	switch e.Type() {
	case fs.ModeDir:
		w.pending = append(w.pending, key)
		return nil
	case 0:
		info, err = e.Info()
	case fs.ModeSymlink:
		info, err = w.store.stat(key)
	default:
		return nil
	}
	switch {
	case err != nil && missing(err):
		return nil
	case err != nil:
		return err
	case info.Mode().IsRegular():
		w.stopped = !w.yield(storage.Entry{Key: key, Metadata: metadata(info.ModTime(), info.Size())})
	}
	return nil
}
