package storagetest

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// testConcurrent reads a few objects from many goroutines while they are
// replaced. A version is known by its size, so what is read after Open has to
// be the bytes of the size that Open announced.
func testConcurrent(t *testing.T, f *fixture) {
	const objects, versions, readers, rounds = 3, 8, 8, 40
	var data [versions][]byte
	for v := range data {
		data[v] = bytesOf(v, 20_000+v)
	}
	key := func(i int) string { return fmt.Sprintf("dir/%d", i%objects) }
	for i := range objects {
		f.keep(t, key(i), data[0])
	}
	f.keep(t, "dir/still", nil)
	var group sync.WaitGroup
	group.Go(func() {
		for i := range rounds {
			if err := f.put(key(i), data[i%versions], modified); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	for reader := range readers {
		group.Go(func() {
			for i := range rounds {
				if err := f.readVersion(t, key(reader+i), data[:]); err != nil {
					t.Errorf("%s: %v", key(reader+i), err)
				}
			}
		})
	}
	if !f.NoList {
		group.Go(func() {
			for range rounds {
				found := false
				err := f.List(t.Context(), "dir/", func(e storage.Entry) bool {
					found = found || e.Key == "dir/still"
					return true
				})
				if err != nil || !found {
					t.Errorf("list: %v, object that is not replaced found: %v", err, found)
				}
			}
		})
	}
	group.Wait()
}

// readVersion opens key and wants it to be one of the versions, from end to end
// or up to an error that says that it changed.
func (f *fixture) readVersion(t *testing.T, key string, versions [][]byte) error {
	o, err := f.Open(t.Context(), key)
	if err != nil {
		return err
	}
	defer o.Close()
	version := int(o.Metadata().Size) - len(versions[0])
	if version < 0 || version >= len(versions) {
		return fmt.Errorf("size %d is of no version", o.Metadata().Size)
	}
	want := versions[version]
	r, err := o.Section(t.Context(), core.Span{Start: 0, Length: int64(len(want))})
	if ended(err) {
		return nil
	}
	if err != nil {
		return err
	}
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if err != nil && !ended(err) {
		return err
	}
	if !bytes.Equal(got[:n], want[:n]) {
		return fmt.Errorf("bytes are not of the version that was opened")
	}
	return nil
}
