// Package storage is where files are kept: a Store that checks every key and
// every result once, over a small Driver per product.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/downlink-go/downlink/core"
)

// The errors that a caller tells apart; drivers wrap them.
var (
	// ErrNotFound: there is no such object, or nothing there that may be sent
	// (a directory, a FIFO, a link that leads out of the store).
	ErrNotFound = errors.New("no such object")
	// ErrChanged: the object is not the version that was opened any more.
	ErrChanged = errors.New("object changed while it was read")
	// ErrUnavailable: the store cannot answer now.
	ErrUnavailable = errors.New("store unavailable")
)

// Driver is a product that keeps objects. Keys passed to it have passed
// core.CheckKey. Errors wrap one of this package's or mean ErrUnavailable.
type Driver interface {
	// Stat returns the metadata of the object's current version.
	Stat(ctx context.Context, key string) (core.Metadata, error)
	// Open returns a handle on the object's current version.
	Open(ctx context.Context, key string) (Object, error)
	// List calls yield for the objects whose keys start with prefix, in any
	// order, until yield returns false. What it cannot read it leaves out.
	List(ctx context.Context, prefix string, yield func(Entry) bool) error
}

// Object is a handle on one version of an object. It is used by one goroutine.
type Object interface {
	// Metadata is of exactly the version that Section reads.
	Metadata() core.Metadata
	// Section returns a reader at the first byte of span. It may go on past the
	// span's end: the caller reads span.Length bytes. It is valid until the next
	// call or Close. A local file returns its *os.File, so that sendfile(2)
	// works.
	Section(ctx context.Context, span core.Span) (io.Reader, error)
	Close() error
}

// RangeLimiter is an optional ability of an Object: it says how many ranges of it
// one answer may hold. An object without it gives any section at any time.
type RangeLimiter interface {
	// MaxRanges is 0 if the object is read once, from front to end; 1 if Section
	// can be called once, for any span.
	MaxRanges() int
}

// Entry is one object in a list.
type Entry struct {
	Key string
	core.Metadata
}

// Locator is an optional ability of a driver: its objects are local files.
type Locator interface {
	// LocalPath is the absolute path of key's file. It does not say that the
	// file exists. With "" it is the root of the store.
	LocalPath(key string) string
}

// Starter is an optional ability of a driver: one request to the product looks at an
// object and begins to read it.
type Starter interface {
	// OpenAt is Open for a caller who will most likely read first before anything
	// else. A Length of -1 goes to the object's end; 0 says that only metadata are
	// wanted. Whatever first is, the handle gives every section.
	OpenAt(ctx context.Context, key string, first core.Span) (Object, error)
}

// Preparer is an optional ability of an Object: it can be asked for a section ahead,
// so that a product that cannot give it is known before the answer has begun.
type Preparer interface {
	// Prepare makes sure that the next Section for this span finds its bytes on the
	// way. Errors as Section's.
	Prepare(ctx context.Context, span core.Span) error
}

// Resolver is an optional ability of a driver: it follows links.
type Resolver interface {
	// Resolve is Stat, and the key at which the object is reached through no link.
	Resolve(ctx context.Context, key string) (string, core.Metadata, error)
}

// Store is a named set of objects by key: relative paths of plain segments.
type Store struct {
	name    string
	driver  Driver
	locator Locator  // nil if the driver has no local files
	links   Resolver // nil if the driver has no links
	starter Starter  // nil if the driver looks first, then reads
	baseURL string
	// elsewhere is where clients may be sent for the objects.
	elsewhere Elsewhere
}

// New returns the store called name over driver.
func New(name string, driver Driver) *Store {
	locator, _ := driver.(Locator)
	links, _ := driver.(Resolver)
	starter, _ := driver.(Starter)
	return &Store{name: name, driver: driver, locator: locator, links: links, starter: starter}
}

// WithBaseURL returns the store with a URL prefix for its objects, decoded, as
// offload rules with a source URL match it.
func (s *Store) WithBaseURL(prefix string) *Store {
	t := *s
	t.baseURL = prefix
	return &t
}

// URL is the decoded URL of key's object, and whether the store has URLs.
func (s *Store) URL(key string) (string, bool) {
	return s.baseURL + key, s.baseURL != ""
}

// Name is the name the store has in the configuration.
func (s *Store) Name() string { return s.name }

// Stat returns the metadata of the object at key. Errors: ErrNotFound,
// ErrUnavailable.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := s.check(key); err != nil {
		return core.Metadata{}, err
	}
	m, err := s.driver.Stat(ctx, key)
	return m, s.wrap("stat", key, err)
}

// Resolve is Stat, and the key at which the object is reached through no link: what
// to tell a server that opens the file by name again. Errors as Stat's.
func (s *Store) Resolve(ctx context.Context, key string) (string, core.Metadata, error) {
	if s.links == nil {
		m, err := s.Stat(ctx, key)
		return key, m, err
	}
	if err := s.check(key); err != nil {
		return "", core.Metadata{}, err
	}
	resolved, m, err := s.links.Resolve(ctx, key)
	return resolved, m, s.wrap("resolve", key, err)
}

// Open returns a handle on the object at key. Errors: ErrNotFound,
// ErrUnavailable.
func (s *Store) Open(ctx context.Context, key string) (Object, error) {
	if err := s.check(key); err != nil {
		return nil, err
	}
	o, err := s.driver.Open(ctx, key)
	if err != nil {
		return nil, s.wrap("open", key, err)
	}
	return o, nil
}

// OpenAt is Open for a caller who will most likely read first before anything else,
// as Starter says; it costs no more than Open. Errors as Open's.
func (s *Store) OpenAt(ctx context.Context, key string, first core.Span) (Object, error) {
	if s.starter == nil {
		return s.Open(ctx, key)
	}
	if err := s.check(key); err != nil {
		return nil, err
	}
	o, err := s.starter.OpenAt(ctx, key, first)
	if err != nil {
		return nil, s.wrap("open", key, err)
	}
	return o, nil
}

// List calls yield for the objects whose keys start with prefix, until yield
// returns false. Keys that Open would refuse are left out.
func (s *Store) List(ctx context.Context, prefix string, yield func(Entry) bool) error {
	err := s.driver.List(ctx, prefix, func(e Entry) bool {
		if core.CheckKey(e.Key) != "" {
			return true
		}
		return yield(e)
	})
	return s.wrap("list", prefix, err)
}

// LocalPath is the absolute path of the file that holds key, and whether there
// is such a path: the store has local files, and key is not one that Open would
// refuse. With "" it is the store's root.
func (s *Store) LocalPath(key string) (string, bool) {
	if s.locator == nil || key != "" && core.CheckKey(key) != "" {
		return "", false
	}
	return s.locator.LocalPath(key), true
}

func (s *Store) check(key string) error {
	if fault := core.CheckKey(key); fault != "" {
		return fmt.Errorf("store %q: key %q: %s: %w", s.name, key, fault, ErrNotFound)
	}
	return nil
}

// wrap says what was attempted; an error of no known kind is ErrUnavailable.
func (s *Store) wrap(verb, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrChanged), errors.Is(err, ErrUnavailable),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("store %q: %s %q: %w", s.name, verb, key, err)
	}
	return fmt.Errorf("store %q: %s %q: %w: %w", s.name, verb, key, ErrUnavailable, err)
}
