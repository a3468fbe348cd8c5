// Package memstore keeps objects in memory: for tests, and for files that a
// program makes itself.
package memstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var (
	_ storage.Driver = (*Store)(nil)
	_ storage.Writer = (*Store)(nil)
)

// Store is a set of objects as a [storage.Driver]. It is safe for concurrent
// use.
type Store struct {
	mu      sync.RWMutex
	objects map[string]version
}

// version is one version of an object. It never changes.
type version struct {
	data     []byte
	metadata core.Metadata
}

// Options describe an object. The zero value is of unknown modification time,
// and of the media type that goes with its name.
type Options struct {
	Modified  time.Time
	MediaType string
}

// New returns a store without objects.
func New() *Store { return &Store{objects: make(map[string]version)} }

// Put makes a copy of data the object at key, in place of any before it. Its
// entity-tag is strong: the SHA-256 of data in hexadecimal. At most one Options
// is looked at. A key that [core.CheckKey] refuses can be put, but a
// [storage.Store] will not give it out.
func (s *Store) Put(key string, data []byte, options ...Options) {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	v := newVersion(bytes.Clone(data), o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = v
}

func newVersion(data []byte, o Options) version {
	sum := sha256.Sum256(data)
	return version{data, core.Metadata{
		Size:         int64(len(data)),
		ETag:         `"` + hex.EncodeToString(sum[:]) + `"`,
		LastModified: o.Modified,
		MediaType:    o.MediaType,
	}}
}

// Delete removes the object at key, if there is one. Who has it open keeps it.
func (s *Store) Delete(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
}

// Save makes what r gives the object at key, modified now.
func (s *Store) Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error) {
	data, err := io.ReadAll(r)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return core.Metadata{}, err
	}
	v := newVersion(data, Options{Modified: time.Now()})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = v
	return v.metadata, nil
}

// Remove removes the object at key, as Delete, and says if there is none.
func (s *Store) Remove(ctx context.Context, key string) error {
	if _, err := s.get(ctx, key); err != nil {
		return err
	}
	s.Delete(key)
	return nil
}

// Stat returns the metadata of the object at key.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	v, err := s.get(ctx, key)
	return v.metadata, err
}

// Open returns a handle that keeps the object's current version.
func (s *Store) Open(ctx context.Context, key string) (storage.Object, error) {
	v, err := s.get(ctx, key)
	if err != nil {
		return nil, err
	}
	return &object{metadata: v.metadata, reader: bytes.NewReader(v.data)}, nil
}

// List calls yield for the objects of this moment in the order of their keys.
func (s *Store) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	s.mu.RLock()
	objects := maps.Clone(s.objects)
	s.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if strings.HasPrefix(key, prefix) && !yield(storage.Entry{Key: key, Metadata: objects[key].metadata}) {
			return nil
		}
	}
	return ctx.Err()
}

func (s *Store) get(ctx context.Context, key string) (version, error) {
	if err := ctx.Err(); err != nil {
		return version{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.objects[key]
	if !ok {
		return version{}, storage.ErrNotFound
	}
	return v, nil
}

// object is one version that is being read.
type object struct {
	metadata core.Metadata
	reader   *bytes.Reader
}

func (o *object) Metadata() core.Metadata { return o.metadata }

func (o *object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := o.reader.Seek(span.Start, io.SeekStart); err != nil {
		return nil, err
	}
	return o.reader, nil
}

func (o *object) Close() error { return nil }
