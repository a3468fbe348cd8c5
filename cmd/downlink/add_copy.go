package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// copy copies the file of a new item into the store: all of it, and what was read
// before. The item gets a key that no other file has; what is there by the item's own
// key and has its content was left by an add that was interrupted.
func (f *folder) copy(ctx context.Context, file *os.File, it *catalog.Item) error {
	for _, dir := range []string{it.Slug, it.Slug + "-" + it.SHA256[:16]} {
		it.Key = path.Join(dir, core.CleanName(it.Name))
		if f.used[it.Key] {
			continue
		}
		there, same, err := f.look(ctx, it)
		switch {
		case err != nil || same:
			return err
		case !there:
			return f.save(ctx, file, it.Key, it.SHA256)
		}
	}
	return fmt.Errorf("the store has another file at %q, and add replaces none: rename yours", it.Key)
}

// look reports whether the store has a file at the item's key, and whether that has the
// item's content.
func (f *folder) look(ctx context.Context, it *catalog.Item) (there, same bool, err error) {
	o, err := f.store.Open(ctx, it.Key)
	if err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			err = nil
		}
		return false, false, err
	}
	defer o.Close()
	if o.Metadata().Size != it.Size {
		return true, false, nil
	}
	sum, err := sumOf(ctx, o, it.Size)
	return true, sum == it.SHA256, err
}

// sumOf is the SHA-256 of an object of so many bytes.
func sumOf(ctx context.Context, o storage.Object, size int64) (string, error) {
	hash := sha256.New()
	if size > 0 { // a span has a byte at least
		r, err := o.Section(ctx, core.Span{Length: size})
		if err != nil {
			return "", err
		}
		if _, err := io.CopyN(hash, heeding{ctx, r}, size); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// save copies a file into the store: all of it, and what was read before.
func (f *folder) save(ctx context.Context, file *os.File, key, sum string) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := f.store.Save(ctx, key, &summed{r: heeding{ctx, file}, hash: sha256.New(), want: sum})
	return err
}

// heeding gives what r gives until ctx ends: a large file would keep an interrupted add
// for minutes.
type heeding struct {
	ctx context.Context // of the one call that reads
	r   io.Reader
}

func (h heeding) Read(b []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	return h.r.Read(b)
}

// summed gives what r gives, and an error in place of the end if that is not what was
// read before.
type summed struct {
	r    io.Reader
	hash hash.Hash
	want string
}

func (s *summed) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.hash.Write(b[:n])
	if err == io.EOF && hex.EncodeToString(s.hash.Sum(nil)) != s.want {
		err = errors.New("the file changed while it was copied: add it again")
	}
	return n, err
}
