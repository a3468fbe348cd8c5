package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

func testCancelled(t *testing.T, f *fixture) {
	f.keep(t, "a", []byte("content"))
	o := f.open(t, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Stat(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("stat: got %v, want context.Canceled", err)
	}
	if o, err := f.Open(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("open: got %v, want context.Canceled", err)
		if err == nil {
			o.Close()
		}
	}
	if _, err := o.Section(ctx, core.Span{Start: 0, Length: 7}); !errors.Is(err, context.Canceled) {
		t.Errorf("section: got %v, want context.Canceled", err)
	}
}

// testReplacedWhileOpen replaces an object, by a longer and by a shorter one,
// after 0, 1 and many bytes of it were read. The handle gives the rest of the
// old bytes, or fails; it never gives one byte of the new ones.
func testReplacedWhileOpen(t *testing.T, f *fixture) {
	old := bytesOf(1, length)
	for _, test := range []struct {
		name string
		data []byte
	}{
		{"longer", bytesOf(2, 2*length)},
		{"shorter", bytesOf(3, 1000)},
		{"same length", bytesOf(4, length)},
		{"empty", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, before := range []int{0, 1, 70_000} {
				f.keep(t, "a", old)
				o := f.open(t, "a")
				was := o.Metadata()
				r, err := o.Section(t.Context(), core.Span{Start: 0, Length: length})
				if err != nil {
					t.Fatal(err)
				}
				got := make([]byte, length)
				if _, err := io.ReadFull(r, got[:before]); err != nil {
					t.Fatal(err)
				}
				if err := f.put("a", test.data, modified.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				n, err := io.ReadFull(r, got[before:])
				wantOld(t, got[:before+n], old, err)
				tail, err := read(t, o, core.Span{Start: length - 500, Length: 500})
				wantOld(t, tail, old[length-500:], err)
				if m := o.Metadata(); !same(m, was) {
					t.Errorf("metadata of the handle went from %+v to %+v", was, m)
				}
				m, err := f.Stat(t.Context(), "a")
				if err != nil {
					t.Fatal(err)
				}
				checkMetadata(t, "stat of the new version", m, int64(len(test.data)))
			}
		})
	}
}

// wantOld wants got to be all of old, or the start of it and a reason why it ends.
func wantOld(t *testing.T, got, old []byte, err error) {
	t.Helper()
	if !bytes.HasPrefix(old, got) {
		t.Error("the bytes are not those of the version that was opened")
	}
	if len(got) < len(old) && !ended(err) {
		t.Errorf("%d of %d bytes and %v, want the rest, ErrChanged or an unexpected EOF", len(got), len(old), err)
	}
	if len(got) == len(old) && err != nil {
		t.Errorf("all bytes, and yet %v", err)
	}
}

func ended(err error) bool {
	return errors.Is(err, storage.ErrChanged) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
