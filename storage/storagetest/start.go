package storagetest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// testStarts opens an object at every kind of first span: the handle is that of Open,
// whether what follows is what was said or not, and whether it is asked for ahead.
func testStarts(t *testing.T, f *fixture) {
	data := bytesOf(1, length)
	f.keep(t, "a", data)
	f.keep(t, "empty", nil)
	was, err := f.Stat(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []core.Span{
		{Start: 0, Length: -1}, {Start: 0, Length: 0}, {Start: 0, Length: length}, {Start: 10, Length: 100}, {Start: 10, Length: -1},
		{Start: length - 5, Length: 500}, {Start: length, Length: 1}, {Start: 2 * length, Length: -1},
	} {
		o := f.openAt(t, "a", first)
		if m := o.Metadata(); !same(m, was) {
			t.Errorf("opened at %+v: metadata %+v, want %+v", first, m, was)
		}
		for i, span := range []core.Span{
			{Start: first.Start % length, Length: 5}, {Start: 10, Length: 100}, {Start: 0, Length: length}, {Start: 12, Length: 7},
		} {
			if p, ok := o.(storage.Preparer); ok && i%2 == 0 {
				if err := p.Prepare(t.Context(), span); err != nil {
					t.Fatal(err)
				}
			}
			got, err := read(t, o, span)
			if err != nil || !bytes.Equal(got, data[span.Start:span.Start+span.Length]) {
				t.Errorf("opened at %+v: %+v: %d bytes, not all of them right, %v", first, span, len(got), err)
			}
		}
		if m := f.openAt(t, "empty", first).Metadata(); m.Size != 0 {
			t.Errorf("empty, opened at %+v: size %d", first, m.Size)
		}
		if o, err := f.OpenAt(t.Context(), "none", first); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("none, opened at %+v: %v, %v, want ErrNotFound", first, o, err)
		}
	}
}

// openAt is open at a span. The handle is closed when the test ends.
func (f *fixture) openAt(t *testing.T, key string, first core.Span) storage.Object {
	t.Helper()
	o, err := f.OpenAt(t.Context(), key, first)
	if err != nil {
		t.Fatalf("open %q at %+v: %v", key, first, err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}
