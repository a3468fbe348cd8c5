//go:build unix

package dynamocat_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// inA puts items into the category A. It returns the store, the proxy before it, and a
// store of somebody else.
func inA(t *testing.T, d *server.DynamoDB, n int) (s *dynamocat.Store, proxy *server.Faulty, other *dynamocat.Store) {
	t.Helper()
	s, proxy = behind(t, d)
	o := s.Options()
	o.Endpoint = d.Endpoint
	all := items(n, "old")
	for i := range all {
		all[i].Category = "A"
	}
	put(t, s, all...)
	return s, proxy, open(t, o)
}

// editedWhileMoved: an item that somebody edits after it was read to be moved has what was edited and is
// moved; one that is deleted stays so.
func editedWhileMoved(t *testing.T, d *server.DynamoDB) {
	for _, n := range []int{3, 150} { // by one transaction, and by several
		t.Run(fmt.Sprint(n, " items"), func(t *testing.T) {
			s, proxy, other := inA(t, d, n)
			var once sync.Once
			meanwhile := func() {
				edited := item("i000")
				edited.Title, edited.Category = "new", "A"
				if err := errors.Join(other.Put(t.Context(), []catalog.Item{edited}), other.Delete(t.Context(), "i001")); err != nil {
					t.Error(err)
				}
			}
			proxy.Set(func(_ int, x *server.Broken) bool {
				if of(x, "TransactWriteItems") {
					once.Do(meanwhile)
				}
				return false
			})
			if err := s.MoveCategory(t.Context(), "A", "B"); err != nil {
				t.Fatal(err)
			}
			if got := titles(t, s); got["new"] != 1 || got["old"] != n-2 {
				t.Errorf("titles %v, want a new one and %d old ones", got, n-2)
			}
			for _, slug := range []string{"i000", "i002"} {
				if it, err := s.Item(t.Context(), slug); err != nil || it.Category != "B" {
					t.Errorf("%s is in %q, %v; want B", slug, it.Category, err)
				}
			}
		})
	}
}

// editedAllTheTime: who edits an item all the time is not overruled.
func editedAllTheTime(t *testing.T, d *server.DynamoDB) {
	s, proxy, other := inA(t, d, 1)
	edits := 0 // one transaction is under way at a time
	proxy.Set(func(_ int, x *server.Broken) bool {
		if of(x, "TransactWriteItems") {
			edits++
			edited := item("i000")
			edited.Title, edited.Category = fmt.Sprint(edits), "A"
			if err := other.Put(t.Context(), []catalog.Item{edited}); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	err := s.MoveCategory(t.Context(), "A", "B")
	if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "kept editing") {
		t.Errorf("move: %v", err)
	}
	if it, err := s.Item(t.Context(), "i000"); err != nil || it.Title != fmt.Sprint(edits) || it.Category != "A" {
		t.Errorf("after %d edits: %+v, %v", edits, it, err)
	}
}
