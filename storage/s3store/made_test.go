//go:build unix

package s3store_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/test/server"
)

// TestLostCompletion: an object whose completion was not heard of is there; what another
// upload left at the key, or nothing, is not it.
func TestLostCompletion(t *testing.T) {
	t.Parallel()
	s, proxy, gw := faulty(t, "old")
	lose := server.LoseFirst()
	gone := func(_ int, x *server.Broken) bool { return ends(x) && x.Refuse(404, "NoSuchUpload") }
	proxy.Set(func(n int, x *server.Broken) bool { return ends(x) && (lose(n, x) || gone(n, x)) })
	saved, err := s.Save(t.Context(), "lost", large())
	if there, failed := s.Stat(t.Context(), "lost"); err != nil || failed != nil || saved != there || saved.Size != 8<<20+1 {
		t.Errorf("saved %+v, %v; there is %+v, %v", saved, err, there, failed)
	}
	other := bytes.Repeat([]byte("y"), 8<<20+1)
	if err := gw.Put(t.Context(), "other", other); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "other", "none"} {
		proxy.Set(gone)
		if m, err := s.Save(t.Context(), key, large()); !errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: saved %+v, %v", key, m, err)
		}
	}
	unknown := storage.Part{Number: 1, ETag: "x"}
	if _, err := s.Uploads().Complete(t.Context(), "lost", "id", []storage.Part{unknown}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("completed by parts that others sent: %v", err)
	}
}
