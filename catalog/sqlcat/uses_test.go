//go:build !js

package sqlcat_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/catalogtest"
)

var now = time.Unix(1_800_000_000, 0)

func use(link, client string, most int64) catalog.Use {
	return catalog.Use{Link: link, Max: most, Expires: now.Add(time.Hour), Client: client, Now: now, Until: now.Add(10 * time.Minute)}
}

func TestUses(t *testing.T) {
	catalogtest.RunUses(t, func(t *testing.T) (a, b catalogtest.Uses) {
		path := filepath.Join(t.TempDir(), "catalog.db")
		return open(t, path), open(t, path)
	})
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

func TestForgetUsesOfAClosedStore(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "catalog.db"))
	s.Close()
	if err := s.ForgetUses(t.Context(), now); !errors.Is(err, catalog.ErrUnavailable) {
		t.Errorf("got %v, want %v", err, catalog.ErrUnavailable)
	}
}
