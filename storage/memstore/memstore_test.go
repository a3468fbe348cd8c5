package memstore_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

func TestDriver(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(*testing.T) (storage.Driver, storagetest.Put) {
		s := memstore.New()
		return s, func(key string, data []byte, modified time.Time) error {
			s.Put(key, data, memstore.Options{Modified: modified})
			return nil
		}
	}})
}

func TestPut(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	s := memstore.New()
	data := []byte("abc")
	s.Put("a", data, memstore.Options{Modified: when, MediaType: "text/csv"})
	data[0] = 'X' // what was put is a copy
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	// The digest of "abc" is the first example of FIPS 180-4.
	want := core.Metadata{
		Size:         3,
		ETag:         `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`,
		LastModified: when,
		MediaType:    "text/csv",
	}
	if got := o.Metadata(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s.Put("a", []byte("new"))
	if got, err := read(t, o, 3); err != nil || got != "abc" {
		t.Errorf("open while another was put: got %q, %v", got, err)
	}
	if m, err := s.Stat(t.Context(), "a"); err != nil || !m.LastModified.IsZero() || m.MediaType != "" {
		t.Errorf("without options: got %+v, %v, want no time and no media type", m, err)
	}
}

func TestDelete(t *testing.T) {
	s := memstore.New()
	s.Put("a", []byte("abc"))
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	s.Delete("a")
	s.Delete("never there")
	if _, err := s.Stat(t.Context(), "a"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("stat: got %v, want ErrNotFound", err)
	}
	if got, err := read(t, o, 3); err != nil || got != "abc" {
		t.Errorf("open while it was deleted: got %q, %v", got, err)
	}
}

func TestSectionPastTheEnd(t *testing.T) {
	s := memstore.New()
	s.Put("a", []byte("abc"))
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.Section(t.Context(), core.Span{Start: 4, Length: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("got %d bytes, %v, want EOF", n, err)
	}
	if _, err := o.Section(t.Context(), core.Span{Start: -1, Length: 1}); err == nil {
		t.Error("a section before the start is none, want an error")
	}
}

func read(t *testing.T, o storage.Object, n int64) (string, error) {
	t.Helper()
	r, err := o.Section(t.Context(), core.Span{Start: 0, Length: n})
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), err
}
