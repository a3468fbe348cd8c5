package storagetest

import (
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// modified is the time of objects whose time does not matter to a test.
var modified = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)

// fixture is a fresh store.
type fixture struct {
	Harness
	*storage.Store
	put Put
}

func newFixture(t *testing.T, h Harness) *fixture {
	t.Helper()
	driver, put := h.New(t)
	return &fixture{h, storage.New("test", driver), put}
}

// keep puts an object and reports whether the product can hold its key.
func (f *fixture) keep(t *testing.T, key string, data []byte) bool {
	t.Helper()
	if f.Holds != nil && !f.Holds(key) {
		t.Logf("the product cannot hold %q", key)
		return false
	}
	if err := f.put(key, data, modified); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return true
}

// open opens an object that is there. It is closed when the test ends.
func (f *fixture) open(t *testing.T, key string) storage.Object {
	t.Helper()
	o, err := f.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close %q: %v", key, err)
		}
	})
	return o
}

// bytesOf returns n bytes that no other seed gives.
func bytesOf(seed, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed)}).Read(b)
	return b
}

// read reads a section as a caller does: no more than its length. It returns
// what came before an error.
func read(t *testing.T, o storage.Object, span core.Span) ([]byte, error) {
	t.Helper()
	r, err := o.Section(t.Context(), span)
	if err != nil {
		return nil, err
	}
	b := make([]byte, span.Length)
	n, err := io.ReadFull(r, b)
	return b[:n], err
}
