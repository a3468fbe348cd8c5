package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

func testMetadata(t *testing.T, f *fixture) {
	when := modified.Add(90 * time.Minute)
	if err := f.put("dir/a.txt", bytesOf(1, 1234), when); err != nil {
		t.Fatal(err)
	}
	byName, err := f.Stat(t.Context(), "dir/a.txt")
	if err != nil {
		t.Fatal(err)
	}
	checkMetadata(t, "stat", byName, 1234)
	if got := byName.LastModified; !f.OwnTime && !got.Truncate(time.Second).Equal(when) {
		t.Errorf("stat: last modified %v, want %v", got, when)
	}
	if opened := f.open(t, "dir/a.txt").Metadata(); !same(opened, byName) {
		t.Errorf("open has metadata %+v, stat %+v", opened, byName)
	}
}

func testAnotherVersion(t *testing.T, f *fixture) {
	var versions []core.Metadata
	for i, size := range []int{10, 20} {
		if err := f.put("a", bytesOf(i, size), modified.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		m, err := f.Stat(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		checkMetadata(t, "stat", m, int64(size))
		versions = append(versions, m)
	}
	if a, b := versions[0], versions[1]; a.ETag == b.ETag && a.ETag != "" {
		t.Errorf("two versions have the same entity-tag %s", a.ETag)
	}
}

func testEmpty(t *testing.T, f *fixture) {
	f.keep(t, "empty", nil)
	m, err := f.Stat(t.Context(), "empty")
	if err != nil {
		t.Fatal(err)
	}
	checkMetadata(t, "stat", m, 0)
	if opened := f.open(t, "empty").Metadata(); !same(opened, m) {
		t.Errorf("open has metadata %+v, stat %+v", opened, m)
	}
}

func testMissing(t *testing.T, f *fixture) {
	f.keep(t, "dir/file", []byte("content"))
	for _, key := range []string{
		"none", "dir", "dir/none", "none/file", "dir/file/below", "dir/fil", "dir/file2", "di", "ir/file",
	} {
		f.absent(t, key)
	}
}

// absent wants neither Stat nor Open to find key.
func (f *fixture) absent(t *testing.T, key string) {
	t.Helper()
	if m, err := f.Stat(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("stat %q: got %+v, %v, want ErrNotFound", key, m, err)
	}
	o, err := f.Open(t.Context(), key)
	if !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("open %q: got %v, want ErrNotFound", key, err)
	}
	if err == nil {
		o.Close()
	}
}

// checkMetadata wants the size, and an entity-tag that goes out as it is.
func checkMetadata(t *testing.T, what string, m core.Metadata, size int64) {
	t.Helper()
	if m.Size != size {
		t.Errorf("%s: size %d, want %d", what, m.Size, size)
	}
	d := core.Decide(core.Request{Method: "HEAD"},
		core.Representation{Size: m.Size, ETag: m.ETag, MediaType: m.MediaType},
		core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
	if got := d.Get("ETag"); got != m.ETag {
		t.Errorf("%s: entity-tag %q is not well-formed", what, m.ETag)
	}
}

func same(a, b core.Metadata) bool {
	return a.Size == b.Size && a.ETag == b.ETag && a.MediaType == b.MediaType &&
		a.LastModified.Equal(b.LastModified)
}
