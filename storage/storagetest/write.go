package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// wantContent wants the object at key to be data.
func (f *fixture) wantContent(t *testing.T, key string, data []byte) {
	t.Helper()
	o, err := f.Open(t.Context(), key)
	if err != nil {
		t.Errorf("open %q: %v", key, err)
		return
	}
	defer o.Close()
	got, err := read(t, o, core.Span{Length: o.Metadata().Size})
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%q has %d bytes, %v, which are not the %d that were saved", key, len(got), err, len(data))
	}
}

func testSave(t *testing.T, f *fixture) {
	for i, key := range []string{"a", "a", "deep/er/b.txt", "deep/c.txt", "d e%f é日本.txt", "empty"} {
		if f.Holds != nil && !f.Holds(key) {
			continue
		}
		data := bytesOf(i, 1000*i+1)
		if key == "empty" {
			data = nil
		}
		m, err := f.Save(t.Context(), key, bytes.NewReader(data))
		if err != nil {
			t.Errorf("save %q: %v", key, err)
			continue
		}
		f.wantContent(t, key, data)
		checkMetadata(t, "save", m, int64(len(data)))
		if found, err := f.Stat(t.Context(), key); err != nil || !same(found, m) {
			t.Errorf("save said %+v, stat says %+v, %v", m, found, err)
		}
		if ok, err := f.Exists(t.Context(), key); !ok || err != nil {
			t.Errorf("%q exists: %v, %v", key, ok, err)
		}
		if times, err := f.Times(t.Context(), key); err != nil || !times.Modified.Equal(m.LastModified) {
			t.Errorf("times of %q: %v, %v, want modified %v", key, times, err, m.LastModified)
		}
	}
	for _, key := range []string{"", "..", "../x", "/x", "x/", "x//y", "x/../y", `x\..\y`, `\x`, "x\x00"} {
		if _, err := f.Save(t.Context(), key, bytes.NewReader(nil)); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("save %q: %v, want ErrNotFound", key, err)
		}
	}
}

// testSaveFails: whatever goes wrong, what was there is there, and nothing else.
func testSaveFails(t *testing.T, f *fixture) {
	old := bytesOf(1, 5000)
	f.keep(t, "a", old)
	cause := errors.New("the line went dead")
	half := func() io.Reader { return io.MultiReader(bytes.NewReader(bytesOf(2, 100_000)), failing{cause}) }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, key := range []string{"a", "new", "new/deep"} {
		if _, err := f.Save(t.Context(), key, half()); !errors.Is(err, cause) {
			t.Errorf("save %q of a reader that fails: %v, want its error", key, err)
		}
		if _, err := f.Save(ended, key, bytes.NewReader(old[:10])); !errors.Is(err, context.Canceled) {
			t.Errorf("save %q after the context ended: %v", key, err)
		}
	}
	f.wantContent(t, "a", old)
	f.absent(t, "new")
	f.absent(t, "new/deep")
	if f.NoList {
		return
	}
	var keys []string
	if err := f.List(t.Context(), "", func(e storage.Entry) bool { keys = append(keys, e.Key); return true }); err != nil || len(keys) != 1 {
		t.Errorf("the store has %q, %v, want only what was there", keys, err)
	}
}

type failing struct{ err error }

func (r failing) Read([]byte) (int, error) { return 0, r.err }

// testSaveWhileOpen: nobody sees a part, not even while it is being written.
func testSaveWhileOpen(t *testing.T, f *fixture) {
	old, data := bytesOf(1, 200_000), bytesOf(2, 300_000)
	f.keep(t, "a", old)
	open := f.open(t, "a")
	middle := func() (io.Reader, error) {
		f.wantContent(t, "a", old)
		f.absent(t, "b")
		return bytes.NewReader(data[150_000:]), nil
	}
	for _, key := range []string{"b", "a"} {
		if _, err := f.Save(t.Context(), key, io.MultiReader(bytes.NewReader(data[:150_000]), &later{open: middle})); err != nil {
			t.Fatalf("save: %v", err)
		}
		f.wantContent(t, key, data)
		if key == "b" {
			if err := f.Delete(t.Context(), "b"); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := read(t, open, core.Span{Length: int64(len(old))})
	wantOld(t, got, old, err)
}

// later is a reader that is opened by its first use.
type later struct {
	open func() (io.Reader, error)
	r    io.Reader
}

func (l *later) Read(p []byte) (n int, err error) {
	if l.r == nil {
		if l.r, err = l.open(); err != nil {
			return 0, err
		}
	}
	return l.r.Read(p)
}

func testManySaving(t *testing.T, f *fixture) {
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 5 {
				for _, key := range []string{"shared", fmt.Sprintf("own/%d", n)} {
					if _, err := f.Save(t.Context(), key, bytes.NewReader(bytesOf(n, 10_000+i))); err != nil {
						t.Errorf("save: %v", err)
					}
				}
			}
		})
	}
	all.Wait()
	for n := range 8 {
		f.wantContent(t, fmt.Sprintf("own/%d", n), bytesOf(n, 10_004))
	}
	o := f.open(t, "shared")
	got, err := read(t, o, core.Span{Length: o.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 8 {
		if bytes.Equal(got, bytesOf(n, len(got))) {
			return
		}
	}
	t.Error("what is there is none of what was saved")
}

func testDelete(t *testing.T, f *fixture) {
	data := bytesOf(1, 1000)
	f.keep(t, "dir/a", data)
	f.keep(t, "dir/b", data)
	open := f.open(t, "dir/a")
	if err := f.Delete(t.Context(), "dir/a"); err != nil {
		t.Fatal(err)
	}
	f.absent(t, "dir/a")
	f.wantContent(t, "dir/b", data)
	got, err := read(t, open, core.Span{Length: 1000})
	wantOld(t, got, data, err)
	for _, key := range []string{"dir/a", "none", "dir", "../x", ""} {
		if err := f.Delete(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("delete %q: %v, want ErrNotFound", key, err)
		}
	}
	if ok, err := f.Exists(t.Context(), "dir/a"); ok || err != nil {
		t.Errorf("after that it exists: %v, %v", ok, err)
	}
	f.wantContent(t, "dir/b", data)
}
