package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/downlink-go/downlink/storage"
)

// check refuses a key that is not a plain name below the directory, and says
// when nobody waits for the answer any more.
func check(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !filepath.IsLocal(key) || isPart(key) || runtime.GOOS == "windows" && aliased(key) {
		return fmt.Errorf("%w: key names nothing below the directory", storage.ErrNotFound)
	}
	return nil
}

func notRegular(mode fs.FileMode) error {
	return fmt.Errorf("%w: not a regular file but %s", storage.ErrNotFound, mode.Type())
}

// classify makes a failure to reach a name ErrNotFound if it is for what is, or
// is not, at that name. What is for the state of this machine (no descriptors
// left, an I/O error) stays as it is.
func classify(err error) error {
	if missing(err) {
		return fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	return err
}

func missing(err error) bool {
	var at *fs.PathError
	if !errors.As(err, &at) {
		return false
	}
	var number syscall.Errno
	if !errors.As(at, &number) {
		return escapes(err)
	}
	switch number {
	case syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP, syscall.ENAMETOOLONG,
		syscall.EINVAL, syscall.EILSEQ, // bytes that no name here can have
		syscall.ENXIO, syscall.ENODEV, syscall.EOPNOTSUPP: // a socket, a device without driver
		return true
	}
	// A file that this process may not read is, to a client, not there: waiting
	// will not help (so not 503), and to say more would tell what exists.
	return errors.Is(number, fs.ErrNotExist) || errors.Is(number, fs.ErrPermission)
}
