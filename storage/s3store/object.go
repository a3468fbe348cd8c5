package s3store

import (
	"context"
	"errors"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// object is one version of an object.
type object struct {
	storage.Underway
	store    *Store
	key      string // in the bucket
	metadata core.Metadata
}

// object returns the version at a key of the bucket that an answer told of: its body if
// that is on its way, nil if not.
func (s *Store) object(key string, m core.Metadata, b *body) *object {
	o := &object{store: s, key: key, metadata: m}
	o.Ask = o.ask
	if b != nil {
		o.Answer = b
	}
	return o
}

func (o *object) Metadata() core.Metadata { return o.metadata }

// ask asks for a span of the same version.
func (o *object) ask(ctx context.Context, span core.Span) (storage.Answer, error) {
	_, b, err := o.store.get(ctx, o.key, span, o.metadata)
	if errors.Is(err, errRange) || errors.Is(err, storage.ErrNotFound) {
		err = storage.ErrChanged // it was there, and had such bytes
	}
	return b, err
}

// Covers reports whether the span is next on its way.
func (b *body) Covers(span core.Span) bool {
	return b.next == span.Start && b.end >= span.Start+span.Length
}
