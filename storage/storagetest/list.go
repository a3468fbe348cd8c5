package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/downlink-go/downlink/storage"
)

func testList(t *testing.T, f *fixture) {
	if got := f.keys(t, ""); len(got) != 0 {
		t.Errorf("a fresh store lists %q", got)
	}
	for i, key := range []string{"a/1", "a/2", "a/b/3", "a/b/c/4", "ab/5", "abc", "b/a/6", "z"} {
		f.keep(t, key, bytesOf(i, 10+i))
	}
	for _, test := range []struct {
		name, prefix string
		want         []string
	}{
		{"all", "", []string{"a/1", "a/2", "a/b/3", "a/b/c/4", "ab/5", "abc", "b/a/6", "z"}},
		{"a name and longer names", "a", []string{"a/1", "a/2", "a/b/3", "a/b/c/4", "ab/5", "abc"}},
		{"start of names", "ab", []string{"ab/5", "abc"}},
		{"a directory", "a/", []string{"a/1", "a/2", "a/b/3", "a/b/c/4"}},
		{"start of names in a directory", "a/b", []string{"a/b/3", "a/b/c/4"}},
		{"two levels down", "a/b/c/", []string{"a/b/c/4"}},
		{"a whole key", "a/b/3", []string{"a/b/3"}},
		{"past a key", "abc/", nil},
		{"none", "x", nil},
		{"none in a directory", "a/x", nil},
		{"below nothing", "x/y/z", nil},
		{"slash", "/", nil},
		{"up", "../", nil},
		{"up and down", "a/../", nil},
		{"empty segment", "a//", nil},
		{"here", "./", nil},
		{"NUL", "a\x00/", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := f.keys(t, test.prefix); !slices.Equal(got, test.want) {
				t.Errorf("list %q: got %q, want %q", test.prefix, got, test.want)
			}
		})
	}
}

// keys are the listed keys, sorted. Metadata has to be that of Stat.
func (f *fixture) keys(t *testing.T, prefix string) []string {
	t.Helper()
	var keys []string
	err := f.List(t.Context(), prefix, func(e storage.Entry) bool {
		keys = append(keys, e.Key)
		if m, err := f.Stat(t.Context(), e.Key); err != nil {
			t.Errorf("listed, but: %v", err)
		} else if m.Size != e.Size || m.ETag != e.ETag || !m.LastModified.Equal(e.LastModified) {
			t.Errorf("list has metadata %+v of %q, stat %+v", e.Metadata, e.Key, m)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func testListKeys(t *testing.T, f *fixture) {
	var want []string
	for i, k := range keys {
		if f.keep(t, k.key, bytesOf(i, 10)) {
			want = append(want, k.key)
		}
	}
	slices.Sort(want)
	if got := f.keys(t, ""); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func testListStopped(t *testing.T, f *fixture) {
	// More than a product gives in one page or batch.
	const count = 1100
	for i := range count {
		f.keep(t, fmt.Sprintf("dir%d/%04d", i%3, i), nil)
	}
	for _, stop := range []int{1, 2, 500, count - 1} {
		calls := 0
		err := f.List(t.Context(), "", func(storage.Entry) bool {
			calls++
			return calls < stop
		})
		if err != nil || calls != stop {
			t.Errorf("stop at %d: got %d calls, %v", stop, calls, err)
		}
	}
	if got := len(f.keys(t, "")); got != count {
		t.Errorf("lists %d objects, want %d", got, count)
	}
}

func testListCancelled(t *testing.T, f *fixture) {
	f.keep(t, "a", nil)
	f.keep(t, "dir/b", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, prefix := range []string{"", "dir/"} {
		if err := f.List(ctx, prefix, func(storage.Entry) bool { return true }); !errors.Is(err, context.Canceled) {
			t.Errorf("list %q: got %v, want context.Canceled", prefix, err)
		}
	}
}
