package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// spy is a driver that answers the same to all and notes what it was asked.
type spy struct {
	err   error
	list  []string
	asked []string
}

func (s *spy) Stat(_ context.Context, key string) (core.Metadata, error) {
	s.asked = append(s.asked, "stat "+key)
	return core.Metadata{Size: 7}, s.err
}

func (s *spy) Open(_ context.Context, key string) (storage.Object, error) {
	s.asked = append(s.asked, "open "+key)
	return nil, s.err
}

func (s *spy) List(_ context.Context, prefix string, yield func(storage.Entry) bool) error {
	s.asked = append(s.asked, "list "+prefix)
	for _, key := range s.list {
		if !yield(storage.Entry{Key: key}) {
			break
		}
	}
	return s.err
}

// local is a spy whose objects are local files.
type local struct{ spy }

func (l *local) LocalPath(key string) string {
	l.asked = append(l.asked, "path "+key)
	return "/files/" + key
}

var refused = []string{
	".", "..", "/", "a/", "/a", "a//b", "../a", "a/../b", "a/..", "./a", "a/.", `\a`, `a\\b`, `..\a`, `a\..`, `C:\a`, "a\x00", "a\nb", "a\x7f",
	strings.Repeat("a", 4097),
}

func TestRefusedKeysNeverReachTheDriver(t *testing.T) {
	driver := &local{}
	s := storage.New("files", driver)
	for _, key := range append([]string{""}, refused...) {
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("stat %q: got %v, want ErrNotFound", key, err)
		}
		if _, err := s.Open(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("open %q: got %v, want ErrNotFound", key, err)
		}
	}
	for _, key := range refused {
		if path, ok := s.LocalPath(key); ok || path != "" {
			t.Errorf("local path of %q: got %q, %v, want none", key, path, ok)
		}
	}
	if len(driver.asked) > 0 {
		t.Errorf("the driver was asked: %q", driver.asked)
	}
}

func TestLegalKeysReachTheDriverAsTheyAre(t *testing.T) {
	for _, key := range []string{"a", "a/b.txt", " a ", "a%2e%2e", "...", ".a", "a..", "日本\xff", strings.Repeat("a", 4096)} {
		driver := &local{}
		s := storage.New("files", driver)
		if m, err := s.Stat(t.Context(), key); err != nil || m.Size != 7 {
			t.Errorf("stat %q: got %+v, %v", key, m, err)
		}
		if _, err := s.Open(t.Context(), key); err != nil {
			t.Errorf("open %q: %v", key, err)
		}
		if path, ok := s.LocalPath(key); !ok || path != "/files/"+key {
			t.Errorf("local path of %q: got %q, %v", key, path, ok)
		}
		if want := []string{"stat " + key, "open " + key, "path " + key}; !slices.Equal(driver.asked, want) {
			t.Errorf("the driver was asked %q, want %q", driver.asked, want)
		}
	}
}

func TestErrors(t *testing.T) {
	strange := errors.New("strange")
	for _, test := range []struct {
		name     string
		err      error
		want     error
		unwanted error
	}{
		{"not found", storage.ErrNotFound, storage.ErrNotFound, storage.ErrUnavailable},
		{"not found, wrapped", fmt.Errorf("driver: %w", storage.ErrNotFound), storage.ErrNotFound, storage.ErrUnavailable},
		{"changed", storage.ErrChanged, storage.ErrChanged, storage.ErrUnavailable},
		{"unavailable", fmt.Errorf("driver: %w", storage.ErrUnavailable), storage.ErrUnavailable, storage.ErrNotFound},
		{"of no known kind", strange, storage.ErrUnavailable, storage.ErrNotFound},
		{"a file's", fs.ErrNotExist, storage.ErrUnavailable, storage.ErrNotFound},
		{"cancelled", context.Canceled, context.Canceled, storage.ErrUnavailable},
		{"late", fmt.Errorf("driver: %w", context.DeadlineExceeded), context.DeadlineExceeded, storage.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := storage.New("files", &spy{err: test.err})
			_, stat := s.Stat(t.Context(), "a.txt")
			o, open := s.Open(t.Context(), "a.txt")
			if o != nil {
				t.Errorf("open returns %v besides its error", o)
			}
			list := s.List(t.Context(), "a.txt", func(storage.Entry) bool { return true })
			for verb, err := range map[string]error{"stat": stat, "open": open, "list": list} {
				if !errors.Is(err, test.want) || !errors.Is(err, test.err) || errors.Is(err, test.unwanted) {
					t.Errorf("%s: got %v, want %v that keeps %v and is not %v", verb, err, test.want, test.err, test.unwanted)
				}
				if prefix := fmt.Sprintf("store %q: %s %q: ", "files", verb, "a.txt"); !strings.HasPrefix(err.Error(), prefix) {
					t.Errorf("%s: error %q does not start with %q", verb, err, prefix)
				}
			}
		})
	}
}

func TestListLeavesOutWhatOpenRefuses(t *testing.T) {
	driver := &spy{list: append([]string{"a", ""}, append(refused, "b", "c")...)}
	s := storage.New("files", driver)
	var got []string
	if err := s.List(t.Context(), "", func(e storage.Entry) bool { got = append(got, e.Key); return len(got) < 2 }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLocalPath(t *testing.T) {
	if path, ok := storage.New("files", &local{}).LocalPath(""); !ok || path != "/files/" {
		t.Errorf("root: got %q, %v", path, ok)
	}
	if path, ok := storage.New("memory", &spy{}).LocalPath("a"); ok || path != "" {
		t.Errorf("store without local files: got %q, %v, want none", path, ok)
	}
	if got := storage.New("memory", &spy{}).Name(); got != "memory" {
		t.Errorf("name %q, want memory", got)
	}
}
