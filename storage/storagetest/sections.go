package storagetest

import (
	"bytes"
	"io"
	"testing"

	"github.com/downlink-go/downlink/core"
)

// length is that of objects that are read: more than the buffers in between.
const length = 300_007

func testSections(t *testing.T, f *fixture) {
	data := bytesOf(1, length)
	f.keep(t, "a", data)
	for _, test := range []struct {
		name string
		span core.Span
	}{
		{"whole", core.Span{Start: 0, Length: length}},
		{"first byte", core.Span{Start: 0, Length: 1}},
		{"start", core.Span{Start: 0, Length: 1000}},
		{"second byte", core.Span{Start: 1, Length: 1}},
		{"middle", core.Span{Start: 65_535, Length: 70_000}},
		{"last byte", core.Span{Start: length - 1, Length: 1}},
		{"to the end", core.Span{Start: 4096, Length: length - 4096}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantSection(t, f, "a", data, test.span)
		})
	}
}

// wantSection opens key and reads span of it.
func wantSection(t *testing.T, f *fixture, key string, data []byte, span core.Span) {
	t.Helper()
	got, err := read(t, f.open(t, key), span)
	if err != nil {
		t.Fatalf("after %d of %d bytes: %v", len(got), span.Length, err)
	}
	if !bytes.Equal(got, data[span.Start:span.Start+span.Length]) {
		t.Errorf("bytes of %+v are not those of the object", span)
	}
}

func testSeveralSections(t *testing.T, f *fixture) {
	data := bytesOf(1, length)
	f.keep(t, "a", data)
	o := f.open(t, "a")
	for _, span := range []core.Span{
		{Start: 10, Length: 100},
		{Start: 0, Length: 5}, // backwards
		{Start: 0, Length: 5}, // again
		{Start: length - 3, Length: 3},
		{Start: 3, Length: 200_000},
		{Start: 100_000, Length: 150_000}, // overlapping
		{Start: 250_000, Length: 10},      // where the last one ended
		{Start: 0, Length: length},
	} {
		// The section before is left half-read by some callers.
		if r, err := o.Section(t.Context(), core.Span{Start: 7, Length: 1000}); err != nil {
			t.Fatal(err)
		} else if _, err := io.ReadFull(r, make([]byte, 13)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := read(t, o, span)
			if err != nil {
				t.Fatalf("%+v: after %d bytes: %v", span, len(got), err)
			}
			if !bytes.Equal(got, data[span.Start:span.Start+span.Length]) {
				t.Errorf("bytes of %+v are not those of the object", span)
			}
		}
	}
}

func testTwoHandles(t *testing.T, f *fixture) {
	data := bytesOf(1, length)
	f.keep(t, "a", data)
	first, second := f.open(t, "a"), f.open(t, "a")
	ahead, err := first.Section(t.Context(), core.Span{Start: 0, Length: length})
	if err != nil {
		t.Fatal(err)
	}
	start := make([]byte, 1000)
	if _, err := io.ReadFull(ahead, start); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, second, core.Span{Start: 200_000, Length: 50_000}); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, length-1000)
	if _, err := io.ReadFull(ahead, rest); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(start, data[:1000]) || !bytes.Equal(rest, data[1000:]) {
		t.Error("reading one handle moved the other")
	}
}
