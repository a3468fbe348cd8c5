package overlay_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

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
	want, _, err := made(t, onStore(background, &storagetest.Failing{}), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{storage.ErrNotFound, storage.ErrChanged, storage.ErrUnavailable, io.ErrUnexpectedEOF, errors.New("broken")} {
		for nth := 1; ; nth++ {
			n := &storagetest.Failing{Nth: nth, Err: cause}
			var got bytes.Buffer
			err := throughCache(t, cache, onStore(background, n), &got)
			if n.Failed() && err == nil && !bytes.Equal(got.Bytes(), want) {
				t.Errorf("call %d fails with %v: another image", nth, cause)
			}
			if err != nil && got.Len() > 0 || n.Left() != 0 {
				t.Errorf("call %d fails with %v: %d bytes are kept, %d objects stay open", nth, cause, got.Len(), n.Left())
			}
			if !n.Failed() {
				if err != nil {
					t.Errorf("no call fails: %v", err)
				}
				break
			}
		}
	}
}

func onStore(background []byte, n *storagetest.Failing) overlay.Options {
	files := memstore.New()
	files.Put("b.png", background)
	n.Driver, n.MaxRead = files, 64
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
