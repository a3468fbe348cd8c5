package storage

import (
	"context"
	"io"

	"github.com/downlink-go/downlink/core"
)

// Answer is a product's answer to a request for a span, on its way.
type Answer interface {
	io.ReadCloser
	// Covers reports whether Read gives the span's first byte next, and all of it.
	Covers(span core.Span) bool
}

// Underway is the sections of an Object whose product is asked for each by a request of
// its own. It holds at most one answer, and asks for what that does not go on with.
type Underway struct {
	// Ask asks for a span, of the version that the object is of.
	Ask    func(ctx context.Context, span core.Span) (Answer, error)
	Answer Answer // nil if nothing is on its way
}

var _ Preparer = (*Underway)(nil)

// Section returns the answer that is on its way if it comes to the span next, else that to
// a request for the span.
func (u *Underway) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := u.Prepare(ctx, span); err != nil {
		return nil, err
	}
	if u.Answer == nil {
		return nothing{}, nil
	}
	return u.Answer, nil
}

// Prepare asks for the span unless it is next on its way.
func (u *Underway) Prepare(ctx context.Context, span core.Span) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if span.Length == 0 || u.Answer != nil && u.Answer.Covers(span) {
		return nil
	}
	u.Close()
	answer, err := u.Ask(ctx, span)
	if err == nil {
		u.Answer = answer
	}
	return err
}

// Close gives up what is on its way: that need not end well.
func (u *Underway) Close() error {
	if u.Answer != nil {
		u.Answer.Close()
		u.Answer = nil
	}
	return nil
}

// nothing is a section of no bytes.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
