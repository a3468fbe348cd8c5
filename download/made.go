package download

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// virtual is an open content: seekable, or read once.
type virtual struct {
	size     int64 // -1 if unknown
	etag     string
	metadata core.Metadata
	seeker   io.ReadSeeker // nil if it is read once
	run      *run          // nil if it is seekable
	stop     func()        // ends the run
	closer   io.Closer     // nil if there is nothing to close
}

// as is the content as an object of the abilities that it has.
func (v *virtual) as() storage.Object {
	if v.run != nil {
		return &oneRun{virtual: v}
	}
	return v
}

func (v *virtual) Metadata() core.Metadata { return v.metadata }

func (v *virtual) Section(_ context.Context, span core.Span) (io.Reader, error) {
	_, err := v.seeker.Seek(span.Start, io.SeekStart)
	return v.seeker, err
}

func (v *virtual) Close() error {
	if v.stop != nil {
		v.stop()
	}
	if v.closer != nil {
		return v.closer.Close()
	}
	return nil
}

// oneRun is a content that is read once.
type oneRun struct{ *virtual }

var (
	_ storage.Preparer     = (*oneRun)(nil)
	_ storage.RangeLimiter = (*oneRun)(nil)
)

// MaxRanges is none: nothing of it is there before it was made.
func (o *oneRun) MaxRanges() int { return 0 }

// Prepare makes the first bytes, so that a failure before them is a 500. An empty
// content is made to its end.
func (o *oneRun) Prepare(context.Context, core.Span) error {
	if err := o.run.fill(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("make a virtual file: %w", err)
	}
	return nil
}

// Section is the whole content; it is asked for once.
func (o *oneRun) Section(context.Context, core.Span) (io.Reader, error) { return o.run, nil }

// run reads what next gives until io.EOF. If a length was announced, it gives the last
// byte only when there is nothing behind it: more than announced is an error that
// comes before the answer looks complete.
type run struct {
	next  func() ([]byte, error)
	left  int64  // announced bytes still to come; -1 if none were announced
	chunk []byte // what is left of the last that came
	err   error
}

var errTooLong = errors.New("there is more than was announced")

// fill makes sure that there is a chunk, or an error.
func (r *run) fill() error {
	for tries := 0; len(r.chunk) == 0 && r.err == nil; tries++ {
		if r.chunk, r.err = r.next(); tries == 1000 && r.err == nil {
			r.err = io.ErrNoProgress
		}
	}
	switch {
	case len(r.chunk) > 0:
		if r.left >= 0 && int64(len(r.chunk)) > r.left {
			r.chunk, r.err = nil, errTooLong
		}
	case errors.Is(r.err, io.EOF) && r.left > 0:
		r.err = io.ErrUnexpectedEOF
	}
	if len(r.chunk) > 0 {
		return nil
	}
	return r.err
}

func (r *run) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.fill(); err != nil {
		return 0, err
	}
	if r.left == 1 {
		return r.last(p)
	}
	n := min(len(p), len(r.chunk))
	if r.left >= 0 && int64(n) == r.left {
		n--
	}
	copy(p, r.chunk[:n])
	r.chunk = r.chunk[n:]
	if r.left > 0 {
		r.left -= int64(n)
	}
	return n, nil
}

// last gives the last byte that was announced if nothing comes behind it.
func (r *run) last(p []byte) (int, error) {
	b := r.chunk[0]
	r.chunk, r.left = r.chunk[1:], 0
	if err := r.fill(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errTooLong
		}
		r.err = err
		return 0, err
	}
	p[0] = b
	return 1, nil
}
