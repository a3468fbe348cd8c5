package generate

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/downlink-go/downlink/storage"
)

// Create writes a file. See Recipe.
type Create = func(ctx context.Context, w io.Writer) error

// write makes a file under a random name, and gives it its own when all of it is on
// the disk. Whatever fails leaves nothing.
func (c *Cache) write(ctx context.Context, key string, create Create) error {
	name := making + "/" + rand.Text()
	file, err := c.start(name)
	if err != nil {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	w := &writer{ctx: ctx, file: file, index: c.index}
	kept := false
	defer func() { // also if create panics
		file.Close()
		if !kept {
			c.root.Remove(name)
			c.index.release(w.reserved)
		}
	}()
	if err := w.fill(create); err != nil {
		return err
	}
	if err := c.finish(file, name, key); err != nil {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	kept = true
	c.index.add(key, w.reserved, time.Now())
	return nil
}

// start makes an empty file that is marked as being made.
func (c *Cache) start(name string) (*os.File, error) {
	c.begin.RLock()
	defer c.begin.RUnlock()
	file, err := c.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		return nil, errors.Join(err, file.Close(), c.root.Remove(name))
	}
	return file, nil
}

// finish puts a written file in its place.
func (c *Cache) finish(file *os.File, name, key string) error {
	if err := file.Sync(); err != nil {
		return err
	}
	if err := c.root.Rename(name, finished+"/"+key); err != nil {
		return err
	}
	dir, err := c.root.Open(finished)
	if err != nil {
		return nil // the file is there, if perhaps not after a power cut
	}
	defer dir.Close()
	_ = dir.Sync() // likewise; some file systems cannot
	return nil
}

// block is what files are counted in: what most file systems give out.
const block = 4 << 10

// writer writes a file within the cache's bound.
type writer struct {
	ctx      context.Context
	file     *os.File
	index    *index
	size     int64
	reserved int64
	err      error // of the cache, not of the generator
}

// fill has create write the file.
func (w *writer) fill(create Create) error {
	if err := w.reserve(block); err != nil { // an empty file takes one too
		return err
	}
	const buffer = 64 << 10
	b := bufio.NewWriterSize(w, buffer)
	err := create(w.ctx, b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = w.ctx.Err()
	}
	if w.err != nil && !errors.Is(err, w.err) {
		err = errors.Join(w.err, err) // whatever the generator made of it
	}
	return err
}

// Write fails when the time is up or the cache is full.
func (w *writer) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.reserve((w.size + int64(len(p)) + block - 1) / block * block)
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.file.Write(p)
	w.size += int64(n)
	if err != nil {
		w.err = fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	return n, w.err
}

// reserve gets room for size bytes in all, and waits if files have to be kept for
// a moment still.
func (w *writer) reserve(size int64) error {
	for n := size - w.reserved; n > 0; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		wait, err := w.index.reserve(n)
		if err != nil {
			return err
		}
		if wait == 0 {
			w.reserved = size
			return nil
		}
		select {
		case <-time.After(wait):
		case <-w.ctx.Done():
		}
	}
	return nil
}
