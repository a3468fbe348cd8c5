package zipfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
)

// nth is a store of which one call fails, whichever it is.
type nth struct {
	*virtual
	left   int // calls until then
	err    error
	failed bool
	open   int // objects
}

func (n *nth) call() error {
	if n.left--; n.left == 0 {
		n.failed = true
		return n.err
	}
	return nil
}

// LocalPath makes it a store of local files, which are looked at after they were
// read.
func (n *nth) LocalPath(key string) string { return "/" + key }

func (n *nth) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := n.call(); err != nil {
		return core.Metadata{}, err
	}
	return n.virtual.Stat(ctx, key)
}

func (n *nth) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	if err := n.call(); err != nil {
		return err
	}
	return n.virtual.List(ctx, prefix, yield)
}

func (n *nth) Open(ctx context.Context, key string) (storage.Object, error) {
	if err := n.call(); err != nil {
		return nil, err
	}
	o, err := n.virtual.Open(ctx, key)
	if err == nil {
		n.open++
	}
	return &nthObject{o, n}, err
}

type nthObject struct {
	storage.Object
	n *nth
}

func (o *nthObject) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := o.n.call(); err != nil {
		return nil, err
	}
	r, err := o.Object.Section(ctx, span)
	return nthReader{r, o.n}, err
}

func (o *nthObject) Close() error { o.n.open--; return o.Object.Close() }

type nthReader struct {
	io.Reader
	n *nth
}

func (r nthReader) Read(p []byte) (int, error) {
	if err := r.n.call(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// TestEveryCallFails: each call that an archive makes fails once, with each of five
// errors. What came before is right, an error is told, and nothing stays open.
func TestEveryCallFails(t *testing.T) {
	v := newVirtual()
	v.add("a", 10, 1)
	v.add("b", 100_000, 2)
	v.add("c", 0, 3)
	whole := whole(t, archive(t, v.members(t), nil))
	size := int64(len(whole))
	for _, cause := range []error{storage.ErrNotFound, storage.ErrChanged, storage.ErrUnavailable, io.EOF, errBroken} {
		for _, span := range []core.Span{{Length: size}, {Start: 50_000, Length: 10_000}, {Start: size - 200, Length: 200}} {
			for left, more := 1, true; more; left++ {
				n := &nth{virtual: v, left: left, err: cause}
				got, err := oneDownload(t, storage.New("virtual", n), span)
				if more = n.failed; more && err == nil {
					t.Errorf("call %d fails with %v: %v is told to be whole", left, cause, span)
				}
				if !more && err != nil {
					t.Errorf("no call fails: %v", err)
				}
				if !bytes.HasPrefix(whole[span.Start:], got) || err == nil && int64(len(got)) != span.Length {
					t.Errorf("call %d fails with %v: wrong bytes in %v", left, cause, span)
				}
				if n.open != 0 {
					t.Errorf("call %d fails with %v: %d objects stay open", left, cause, n.open)
				}
			}
		}
	}
}

// oneDownload lists, lays out and reads a span.
func oneDownload(t *testing.T, store *storage.Store, span core.Span) ([]byte, error) {
	t.Helper()
	members, err := zipfile.Below(t.Context(), store, "", 10)
	if err != nil {
		return nil, err
	}
	a, err := zipfile.New(members, zipfile.NewSums(10))
	if err != nil {
		return nil, err
	}
	o, err := a.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer o.Close()
	r, err := o.Section(t.Context(), span)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = io.CopyN(&b, r, span.Length)
	if err != nil && errors.Is(err, io.EOF) && !errors.Is(err, storage.ErrChanged) && !errors.Is(err, storage.ErrUnavailable) {
		err = fmt.Errorf("cut off: %w", err)
	}
	return b.Bytes(), err
}
