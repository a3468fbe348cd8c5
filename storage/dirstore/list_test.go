package dirstore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/downlink-go/downlink/storage"
)

func wantList(t *testing.T, s storage.Driver, prefix string, want []string) {
	t.Helper()
	var got []string
	err := s.List(t.Context(), prefix, func(e storage.Entry) bool { got = append(got, e.Key); return true })
	if err != nil {
		t.Errorf("list %q: %v", prefix, err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("list %q: got %q, want %q", prefix, got, want)
	}
}

func TestListWideAndDeep(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 700 { // several batches of one directory
		want = append(want, fmt.Sprintf("wide/%03d", i))
	}
	want = append(want, "wide/1/2/3/4/5/6/7/8/9/deep", "z")
	for _, key := range want {
		write(t, dir, key, "")
	}
	slices.Sort(want)
	wantList(t, open(t, dir), "", want)
}
