package storagetest

import (
	"context"
	"io"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Failing is a driver of which one call fails, whichever it is: tests count up Nth until
// none does. It is for one goroutine.
type Failing struct {
	storage.Driver
	Nth     int   // of Stat, List, Open, Section and Read together, from 1; 0: none fails
	Err     error // of that call
	MaxRead int   // bytes that a Read gives at most, so that there are many; 0: as many as it can

	calls, open int
}

// Failed reports whether the call was reached.
func (f *Failing) Failed() bool { return f.Nth > 0 && f.calls >= f.Nth }

// Left is how many objects were opened and not closed.
func (f *Failing) Left() int { return f.open }

func (f *Failing) call() error {
	if f.calls++; f.calls == f.Nth {
		return f.Err
	}
	return nil
}

// Stat is the driver's, unless it is its turn.
func (f *Failing) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := f.call(); err != nil {
		return core.Metadata{}, err
	}
	return f.Driver.Stat(ctx, key)
}

// List is the driver's, unless it is its turn.
func (f *Failing) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	if err := f.call(); err != nil {
		return err
	}
	return f.Driver.List(ctx, prefix, yield)
}

// Open is the driver's, unless it is its turn.
func (f *Failing) Open(ctx context.Context, key string) (storage.Object, error) {
	if err := f.call(); err != nil {
		return nil, err
	}
	o, err := f.Driver.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	f.open++
	return &failingObject{o, f}, nil
}

type failingObject struct {
	storage.Object
	f *Failing
}

func (o *failingObject) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := o.f.call(); err != nil {
		return nil, err
	}
	r, err := o.Object.Section(ctx, span)
	return failingReader{r, o.f}, err
}

func (o *failingObject) Close() error {
	o.f.open--
	return o.Object.Close()
}

type failingReader struct {
	io.Reader
	f *Failing
}

func (r failingReader) Read(p []byte) (int, error) {
	if err := r.f.call(); err != nil {
		return 0, err
	}
	if most := r.f.MaxRead; most > 0 {
		p = p[:min(len(p), most)]
	}
	return r.Reader.Read(p)
}
