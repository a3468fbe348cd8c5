package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/downlink-go/downlink/core"
)

// ErrReadOnly: the product, or this driver for it, only gives objects out.
var ErrReadOnly = errors.New("the store cannot be written to")

// Writer is an optional ability of a driver: objects can be put there and removed.
type Writer interface {
	// Save makes what r gives the object at key, in place of any before it, at once:
	// until then, and after any error, what was there is there, and nobody sees a
	// part. Two at the same time leave one of them whole. It returns the metadata of
	// what it saved. An error of r is returned wrapped.
	Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error)
	// Remove removes the object at key. Who has it open keeps it, or gets ErrChanged.
	// Errors: ErrNotFound.
	Remove(ctx context.Context, key string) error
}

// Times are when something happened to an object; zero is unknown.
type Times struct{ Modified, Accessed, Created time.Time }

// Timekeeper is an optional ability of a driver: it knows more times than the last
// modification.
type Timekeeper interface {
	Times(ctx context.Context, key string) (Times, error)
}

// Save makes what r gives the object at key, as Writer says. Errors: ErrReadOnly,
// ErrNotFound for a key that can be none, r's own, ErrUnavailable.
func (s *Store) Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error) {
	w, ok := s.driver.(Writer)
	if !ok {
		return core.Metadata{}, fmt.Errorf("store %q: save %q: %w", s.name, key, ErrReadOnly)
	}
	if err := s.check(key); err != nil {
		return core.Metadata{}, err
	}
	m, err := w.Save(ctx, key, r)
	return m, s.wrap("save", key, err)
}

// Delete removes the object at key. Errors: ErrReadOnly, ErrNotFound, ErrUnavailable.
func (s *Store) Delete(ctx context.Context, key string) error {
	w, ok := s.driver.(Writer)
	if !ok {
		return fmt.Errorf("store %q: delete %q: %w", s.name, key, ErrReadOnly)
	}
	if err := s.check(key); err != nil {
		return err
	}
	return s.wrap("delete", key, w.Remove(ctx, key))
}

// Writable reports whether objects can be saved and deleted.
func (s *Store) Writable() bool {
	_, ok := s.driver.(Writer)
	return ok
}

// Exists reports whether there is an object at key. Errors: ErrUnavailable.
func (s *Store) Exists(ctx context.Context, key string) (bool, error) {
	_, err := s.Stat(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Times are when something happened to the object at key, as far as the store knows.
// Errors as Stat's.
func (s *Store) Times(ctx context.Context, key string) (Times, error) {
	t, ok := s.driver.(Timekeeper)
	if !ok {
		m, err := s.Stat(ctx, key)
		return Times{Modified: m.LastModified}, err
	}
	if err := s.check(key); err != nil {
		return Times{}, err
	}
	times, err := t.Times(ctx, key)
	return times, s.wrap("look at", key, err)
}
