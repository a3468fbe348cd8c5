package generate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/downlink-go/downlink/internal/flight"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// Options are the limits of a Cache. The zero value is usable.
type Options struct {
	// MaxBytes bounds what the finished files and those in the making take together,
	// each in whole blocks of 4 KiB; those unused for longest go first. 0 is 1 GiB.
	MaxBytes int64
	// MaxAge is how long after it was made a file is served; then it is made anew.
	// 0 is 24 hours.
	MaxAge time.Duration
	// Timeout is how long making a file may take. 0 is 30 seconds.
	Timeout time.Duration
	// Parallel is how many files are made at once; 0 is one for each processor.
	Parallel int
}

const (
	// hold is how long a file is kept at least after it was asked for: a front
	// server opens it a moment after it was told to.
	hold = 5 * time.Second
	// patience is how long a request waits until its file can be begun.
	patience = 5 * time.Second
	// tidying is the longest time between two clean-ups.
	tidying = time.Minute
)

// The folders of a cache. What is in the making is not where a front server, or a
// view of the store, could see it.
const (
	finished = "files"
	making   = "making"
)

// FilesBelow is the folder of the finished files of a cache in dir: the root of its
// store.
func FilesBelow(dir string) string { return filepath.Join(dir, finished) }

var (
	// ErrFull: there is no room for the file within the cache's bound.
	ErrFull = fmt.Errorf("the cache of generated files is full: %w", storage.ErrUnavailable)
	// ErrBusy: too many files are being made.
	ErrBusy = fmt.Errorf("too many files are being generated: %w", storage.ErrUnavailable)
)

// Cache keeps generated files in a directory. It is safe for concurrent use.
//
// One process should use a directory: others see its files and it theirs, but each
// bounds what it knows of.
type Cache struct {
	opts    Options
	root    *os.Root
	driver  *dirstore.Store
	store   *storage.Store
	index   *index
	flights flight.Group[struct{}]
	slots   chan struct{}
	begin   sync.RWMutex // a file in the making has its lock when this is free
	stop    context.CancelFunc
	tidied  sync.WaitGroup
}

// OpenCache opens the cache in dir, a directory that exists. Its store is called
// name. Files that an earlier process left unfinished are removed.
func OpenCache(dir, name string, o Options) (*Cache, error) {
	c := &Cache{opts: o.orDefaults()}
	c.slots = make(chan struct{}, c.opts.Parallel)
	if err := c.open(dir, name); err != nil {
		return nil, errors.Join(fmt.Errorf("cache of generated files: %w", err), c.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.tidied.Go(func() { c.tidyUntil(ctx) })
	return c, nil
}

func (o Options) orDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	if o.MaxAge == 0 {
		o.MaxAge = 24 * time.Hour
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	return o
}

func (c *Cache) open(dir, name string) (err error) {
	if c.root, err = os.OpenRoot(dir); err != nil {
		return err
	}
	for _, sub := range [...]string{finished, making} {
		if err := c.root.Mkdir(sub, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if c.driver, err = dirstore.Open(FilesBelow(dir)); err != nil {
		return err
	}
	c.store = storage.New(name, c.driver)
	c.index = newIndex(c.opts.MaxBytes, func(key string) error {
		if err := c.root.Remove(finished + "/" + key); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	return c.tidy()
}

// Close ends the clean-ups and lets go of the directory: files in the making are
// not finished.
func (c *Cache) Close() error {
	if c.stop != nil {
		c.stop()
		c.tidied.Wait()
	}
	var errs []error
	if c.driver != nil {
		errs = append(errs, c.driver.Close())
	}
	if c.root != nil {
		errs = append(errs, c.root.Close())
	}
	return errors.Join(errs...)
}

// Store is the store of the finished files: where they are served from, and what
// offload rules name.
func (c *Cache) Store() *storage.Store { return c.store }

// Used is how many bytes the cache takes now, those of files in the making among
// them.
func (c *Cache) Used() int64 { return c.index.total() }

// Parallel is how many files are made at once.
func (c *Cache) Parallel() int { return cap(c.slots) }

// Make returns when the file at key, as Recipe.File says it, is in the cache: made
// by create if it is not there or too old, once for all that wait for it. Who goes
// leaves the others their file. The errors are create's, ErrFull, ErrBusy and
// context.DeadlineExceeded.
func (c *Cache) Make(ctx context.Context, key string, create Create) error {
	if c.has(key) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience+c.opts.Timeout)
	defer cancel()
	_, err := c.flights.Do(ctx, key, func(ctx context.Context) (struct{}, error) {
		if c.has(key) { // made between the first look and this
			return struct{}{}, nil
		}
		return struct{}{}, c.inTurn(ctx, key, create)
	})
	if err != nil {
		return fmt.Errorf("generate file: %w", err)
	}
	return nil
}

// inTurn makes a file when there is a slot.
func (c *Cache) inTurn(ctx context.Context, key string, create Create) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case c.slots <- struct{}{}:
	case <-late.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.slots }()
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	return c.write(ctx, key, create)
}

// has reports whether the file is there and may still be served. Then it is kept
// for a moment.
func (c *Cache) has(key string) bool {
	if !c.index.use(key, c.opts.MaxAge) {
		return false
	}
	if _, err := c.root.Lstat(finished + "/" + key); err != nil {
		c.index.forget(key) // somebody else removed it
		return false
	}
	return true
}
