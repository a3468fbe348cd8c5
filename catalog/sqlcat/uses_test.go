//go:build !js

package sqlcat_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

var now = time.Unix(1_800_000_000, 0)

func use(link, client string, most int64) catalog.Use {
	return catalog.Use{Link: link, Max: most, Expires: now.Add(time.Hour), Client: client, Now: now, Until: now.Add(10 * time.Minute)}
}

func TestUsesAreCountedExactly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	stores := []*sqlcat.Store{open(t, path), open(t, path)} // as two processes
	var counted atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			ok, err := stores[i%2].Use(t.Context(), use("three", fmt.Sprint("client ", i%5), 3))
			if err != nil {
				t.Error(err)
			}
			if ok {
				counted.Add(1)
			}
		})
	}
	wg.Wait()
	if got := counted.Load(); got != 3 {
		t.Errorf("100 calls for 3 uses: %d were counted", got)
	}
	if n, err := stores[0].Uses(t.Context(), "three"); n != 3 || err != nil {
		t.Errorf("%d uses, %v; want 3", n, err)
	}
	if ok, err := stores[0].Use(t.Context(), use("other", "a", 1)); !ok || err != nil {
		t.Errorf("another link: %v, %v", ok, err)
	}
}

func TestBegun(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	begun := func(u catalog.Use) bool {
		t.Helper()
		ok, err := s.Begun(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if begun(use("a", "ann", 1)) {
		t.Error("begun before its beginning")
	}
	for _, client := range []string{"ann", "bob", ""} { // only Ann is counted
		if ok, err := s.Use(t.Context(), use("a", client, 1)); err != nil || ok != (client == "ann") {
			t.Errorf("%q: %v, %v", client, ok, err)
		}
	}
	late, early := use("a", "ann", 1), use("a", "ann", 1)
	late.Now, early.Now = now.Add(10*time.Minute), now.Add(10*time.Minute-time.Second)
	for _, row := range []struct {
		name string
		u    catalog.Use
		want bool
	}{
		{"who was counted", use("a", "ann", 1), true}, {"a second before its end", early, true}, {"at its end", late, false},
		{"who was not counted", use("a", "bob", 1), false}, {"unknown client", use("a", "", 1), false}, {"another link", use("b", "ann", 1), false},
	} {
		if got := begun(row.u); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
	if ok, err := s.Use(t.Context(), use("c", "", 1)); !ok || err != nil || begun(use("c", "", 1)) {
		t.Errorf("an unknown client: counted %v, %v, and may go on", ok, err)
	}
}

func TestForgetUses(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	for _, step := range []struct {
		name string
		then time.Time
		uses int64
		on   bool
	}{
		{"before", now, 1, true},
		{"after the time to go on", now.Add(11 * time.Minute), 1, false},
		{"at the link's end", now.Add(time.Hour), 1, false},
		{"after it", now.Add(time.Hour + time.Second), 0, false},
	} {
		if step.name == "before" {
			if _, err := s.Use(t.Context(), use("a", "ann", 1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.ForgetUses(t.Context(), step.then); err != nil {
			t.Fatal(err)
		}
		n, err := s.Uses(t.Context(), "a")
		on, onErr := s.Begun(t.Context(), use("a", "ann", 1))
		if n != step.uses || on != step.on || err != nil || onErr != nil {
			t.Errorf("%s: %d uses, may go on %v, %v, %v; want %d, %v", step.name, n, on, err, onErr, step.uses, step.on)
		}
	}
}

func TestUsesOfAClosedStore(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	put(t, s, item("a"))
	s.Close()
	_, useErr := s.Use(t.Context(), use("a", "ann", 1))
	_, begunErr := s.Begun(t.Context(), use("a", "ann", 1))
	_, usesErr := s.Uses(t.Context(), "a")
	for name, err := range map[string]error{"Use": useErr, "Begun": begunErr, "Uses": usesErr, "ForgetUses": s.ForgetUses(t.Context(), now)} {
		if !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", name, err, catalog.ErrUnavailable)
		}
	}
}
