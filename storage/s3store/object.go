package s3store

import (
	"context"
	"errors"
	"io"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// object is one version of an object. It holds at most one answer at a time.
type object struct {
	store    *Store
	key      string // in the bucket
	metadata core.Metadata
	body     *body // nil if nothing was asked for yet
}

var _ storage.Preparer = (*object)(nil)

func (o *object) Metadata() core.Metadata { return o.metadata }

// Section returns the answer that is already on its way if it comes to the span next,
// else asks for the span, of the same version.
func (o *object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := o.Prepare(ctx, span); err != nil {
		return nil, err
	}
	if o.body == nil {
		return nothing{}, nil
	}
	return o.body, nil
}

// Prepare asks for the span unless it is next on the way.
func (o *object) Prepare(ctx context.Context, span core.Span) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if span.Length == 0 || o.body != nil && o.body.next == span.Start && o.body.end >= span.Start+span.Length {
		return nil
	}
	if err := o.Close(); err != nil {
		return err
	}
	_, body, err := o.store.get(ctx, o.key, span, o.metadata)
	if errors.Is(err, errRange) || errors.Is(err, storage.ErrNotFound) {
		return storage.ErrChanged // it was there, and had such bytes
	}
	o.body = body // nil with an error
	return err
}

func (o *object) Close() error {
	if o.body != nil {
		o.body.Close() // what is given up need not end well
		o.body = nil
	}
	return nil
}

// nothing is a section of no bytes.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
