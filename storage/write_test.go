package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// giving is a driver without Writer.
type giving struct{ storage.Driver }

func TestReadOnly(t *testing.T) {
	m := memstore.New()
	m.Put("a", []byte("x"))
	s := storage.New("s", giving{m})
	if _, err := s.Save(t.Context(), "b", strings.NewReader("x")); !errors.Is(err, storage.ErrReadOnly) {
		t.Errorf("save: %v", err)
	}
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, storage.ErrReadOnly) {
		t.Errorf("delete: %v", err)
	}
	if ok, err := s.Exists(t.Context(), "a"); !ok || err != nil || s.Writable() || !storage.New("s", m).Writable() {
		t.Errorf("exists %v, %v", ok, err)
	}
}

type failingStat struct{ storage.Driver }

func (failingStat) Stat(context.Context, string) (m core.Metadata, err error) {
	return m, errors.New("disk on fire")
}

func TestExistsIsNotGuessed(t *testing.T) {
	s := storage.New("s", failingStat{memstore.New()})
	if ok, err := s.Exists(t.Context(), "a"); ok || !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("%v, %v, want ErrUnavailable", ok, err)
	}
	if ok, err := s.Exists(t.Context(), "../a"); ok || err != nil {
		t.Errorf("a key that can be none: %v, %v", ok, err)
	}
}

func ExampleStore_Save() {
	files := storage.New("files", memstore.New())
	ctx := context.Background()
	if _, err := files.Save(ctx, "2026/report.csv", strings.NewReader("a,b\n")); err != nil {
		panic(err)
	}
	m, err := files.Stat(ctx, "2026/report.csv")
	fmt.Println(m.Size, err)
	// Output: 4 <nil>
}
