package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var (
	_ storage.Writer     = (*Store)(nil)
	_ storage.Timekeeper = (*Store)(nil)
)

// partPrefix begins the names of files that are being written. No key has a segment
// that begins so: they can neither be asked for nor listed.
const partPrefix = ".downlink-part-"

func isPart(key string) bool {
	return strings.HasPrefix(key, partPrefix) || strings.Contains(key, "/"+partPrefix)
}

// Save writes a file beside the one that it takes the place of, under a random name,
// then renames it: O_EXCL follows no link, and a link at key is replaced, not followed.
// File and directory are on disk before it returns. Directories on the way are made.
func (s *Store) Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error) {
	if err := check(ctx, key); err != nil {
		return core.Metadata{}, err
	}
	dir := path.Dir(key)
	if err := s.root.MkdirAll(dir, 0o755); err != nil {
		return core.Metadata{}, outside(err)
	}
	part := path.Join(dir, partPrefix+rand.Text())
	m, err := s.write(ctx, part, r)
	if err == nil {
		err = s.root.Rename(part, key)
	}
	if err != nil {
		_ = s.root.Remove(part)
		return core.Metadata{}, outside(err)
	}
	return m, s.sync(dir)
}

// outside makes the failure to reach a name that leads out of the directory
// ErrNotFound. Others are for the state of this machine, or for who may write.
func outside(err error) error {
	if escapes(err) {
		return fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	return err
}

func (s *Store) write(ctx context.Context, name string, r io.Reader) (core.Metadata, error) {
	file, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return core.Metadata{}, err
	}
	_, err = io.Copy(file, patient{ctx, r})
	err = errors.Join(err, ctx.Err())
	if err == nil {
		err = file.Sync()
	}
	info, statErr := file.Stat()
	if err = errors.Join(err, statErr, file.Close()); err != nil {
		return core.Metadata{}, fmt.Errorf("write: %w", err)
	}
	return metadata(info.ModTime(), info.Size()), nil
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// sync puts the names of a directory on disk.
func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// Remove removes the file or the link at key; a directory is none.
func (s *Store) Remove(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	info, err := s.root.Lstat(key)
	if err != nil {
		return classify(err)
	}
	if mode := info.Mode(); !mode.IsRegular() && mode.Type() != fs.ModeSymlink {
		return notRegular(mode)
	}
	return classify(s.root.Remove(key))
}

// RemoveParts removes what Save left behind when its process ended in the middle:
// files that were begun before the given time. It returns how many there were.
func (s *Store) RemoveParts(ctx context.Context, before time.Time) (n int, err error) {
	err = fs.WalkDir(s.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil || !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), partPrefix):
			return nil // what cannot be read is left
		}
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			return nil
		}
		if s.root.Remove(name) == nil {
			n++
		}
		return nil
	})
	return n, err
}

// Times are those that the file system keeps.
func (s *Store) Times(ctx context.Context, key string) (storage.Times, error) {
	o, err := s.Open(ctx, key)
	if err != nil {
		return storage.Times{}, err
	}
	defer o.Close()
	return timesOf(o.(*object).file)
}
