package generate

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"time"
)

// tidyUntil cleans up from time to time.
func (c *Cache) tidyUntil(ctx context.Context) {
	ticker := time.NewTicker(max(min(c.opts.MaxAge/2, tidying), time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = c.tidy() // what cannot be removed now is tried again
		case <-ctx.Done():
			return
		}
	}
}

// tidy removes what is too old, what is too much and what nobody will finish. It
// takes in files that others have put into the directory.
func (c *Cache) tidy() error {
	return errors.Join(c.each(making, c.sweep), c.each(finished, c.takeIn), c.index.expire(c.opts.MaxAge))
}

// each calls do for the regular files of a folder.
func (c *Cache) each(folder string, do func(path string, info fs.FileInfo)) error {
	dir, err := c.root.Open(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	const some = 1000
	for {
		entries, err := dir.ReadDir(some)
		for _, e := range entries {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				do(folder+"/"+e.Name(), info)
			}
		}
		if err != nil || len(entries) == 0 {
			return nil // the rest is for the next time
		}
	}
}

// sweep removes a file in the making whose process is gone: nobody holds its lock.
func (c *Cache) sweep(path string, info fs.FileInfo) {
	c.begin.Lock()
	defer c.begin.Unlock()
	file, err := c.root.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	if abandoned(file, info) {
		_ = c.root.Remove(path)
	}
}

// takeIn adds a finished file to the index. Files that are none of this cache's are
// left alone.
func (c *Cache) takeIn(path string, info fs.FileInfo) {
	name := path[len(finished)+1:]
	if isKey(name) {
		c.index.found(name, max(1, (info.Size()+block-1)/block)*block, info.ModTime())
	}
}

// isKey reports a name that Recipe.File gives.
func isKey(name string) bool {
	const digits = 2 * sha256.Size
	if len(name) < digits || len(name) > digits && !isExt(name[digits:]) {
		return false
	}
	for _, c := range []byte(name[:digits]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
