package overlay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// nth is a store of which one call fails, whichever it is.
type nth struct {
	*memstore.Store
	left, open int
	err        error
}

func (n *nth) call() error {
	if n.left--; n.left == 0 {
		return n.err
	}
	return nil
}

func (n *nth) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := n.call(); err != nil {
		return core.Metadata{}, err
	}
	return n.Store.Stat(ctx, key)
}

func (n *nth) Open(ctx context.Context, key string) (storage.Object, error) {
	if err := n.call(); err != nil {
		return nil, err
	}
	o, err := n.Store.Open(ctx, key)
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

// Read gives little at once, so that there are many calls.
func (r nthReader) Read(p []byte) (int, error) {
	if err := r.n.call(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p[:min(len(p), 64)])
}

// TestEveryCallFails: each call that an overlay makes of its store fails once. There
// is an error or the image that there is without a failure, nothing stays open, and
// the cache keeps nothing else.
func TestEveryCallFails(t *testing.T) {
	cache, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	background := pngOf(t, pattern(40, 20))
	want, _, err := made(t, onStore(background, &nth{}), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{storage.ErrNotFound, storage.ErrChanged, storage.ErrUnavailable, io.ErrUnexpectedEOF, errors.New("broken")} {
		for left := 1; ; left++ {
			n := &nth{left: left, err: cause}
			var got bytes.Buffer
			err := throughCache(t, cache, onStore(background, n), &got)
			if n.left <= 0 && err == nil && !bytes.Equal(got.Bytes(), want) {
				t.Errorf("call %d fails with %v: another image", left, cause)
			}
			if err != nil && got.Len() > 0 || n.open != 0 {
				t.Errorf("call %d fails with %v: %d bytes are kept, %d objects stay open", left, cause, got.Len(), n.open)
			}
			if n.left > 0 {
				if err != nil {
					t.Errorf("no call fails: %v", err)
				}
				break
			}
		}
	}
}

func onStore(background []byte, n *nth) overlay.Options {
	n.Store = memstore.New()
	n.Store.Put("b.png", background)
	o := overlay.Options{Store: storage.New("images", n), Key: "b.png", Text: "Hi", Size: 8, Format: overlay.PNG}
	o.Box.Max.X, o.Box.Max.Y = 40, 20
	return o
}

// throughCache makes an overlay's file under a key of its own and reads what the
// cache has.
func throughCache(t *testing.T, cache *generate.Cache, o overlay.Options, got *bytes.Buffer) error {
	t.Helper()
	x, err := overlay.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r := asks(t, "")
	recipe, err := x.Plan(t.Context(), r)
	if err != nil {
		return err
	}
	recipe.Key += fmt.Sprint(t.Name(), cache.Used())
	file, err := recipe.File(r)
	if err != nil {
		t.Fatal(err)
	}
	failed := cache.Make(t.Context(), file.Key, recipe.Create)
	kept, err := cache.Store().Open(t.Context(), file.Key)
	if errors.Is(err, storage.ErrNotFound) {
		return failed
	}
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	body, err := kept.Section(t.Context(), core.Span{Length: kept.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(got, body); err != nil {
		t.Fatal(err)
	}
	return failed
}
