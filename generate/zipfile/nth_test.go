package zipfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/storagetest"
)

// local makes a store one of local files, which are looked at after they were read.
type local struct{ *storagetest.Failing }

func (local) LocalPath(key string) string { return "/" + key }

// TestEveryCallFails: each call that an archive makes fails once, with each of five
// errors. What came before is right, an error is told, and nothing stays open.
func TestEveryCallFails(t *testing.T) {
	v := newVirtual()
	v.add("a", 10, 1)
	v.add("b", 100_000, 2)
	v.add("c", 0, 3)
	whole := whole(t, archive(t, v.members(t), nil))
	size := int64(len(whole))
	for _, cause := range []error{storage.ErrNotFound, storage.ErrChanged, storage.ErrUnavailable, io.EOF, errBroken} {
		for _, span := range []core.Span{{Length: size}, {Start: 50_000, Length: 10_000}, {Start: size - 200, Length: 200}} {
			for nth, more := 1, true; more; nth++ {
				n := &storagetest.Failing{Driver: v, Nth: nth, Err: cause}
				got, err := oneDownload(t, storage.New("virtual", local{n}), span)
				if more = n.Failed(); more && err == nil {
					t.Errorf("call %d fails with %v: %v is told to be whole", nth, cause, span)
				}
				if !more && err != nil {
					t.Errorf("no call fails: %v", err)
				}
				if !bytes.HasPrefix(whole[span.Start:], got) || err == nil && int64(len(got)) != span.Length {
					t.Errorf("call %d fails with %v: wrong bytes in %v", nth, cause, span)
				}
				if n.Left() != 0 {
					t.Errorf("call %d fails with %v: %d objects stay open", nth, cause, n.Left())
				}
			}
		}
	}
}

// oneDownload lists, lays out and reads a span.
func oneDownload(t *testing.T, store *storage.Store, span core.Span) ([]byte, error) {
	t.Helper()
	members, err := zipfile.Below(t.Context(), store, "", 10)
	if err != nil {
		return nil, err
	}
	a, err := zipfile.New(members, zipfile.NewSums(10))
	if err != nil {
		return nil, err
	}
	o, err := a.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer o.Close()
	r, err := o.Section(t.Context(), span)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = io.CopyN(&b, r, span.Length)
	if err != nil && errors.Is(err, io.EOF) && !errors.Is(err, storage.ErrChanged) && !errors.Is(err, storage.ErrUnavailable) {
		err = fmt.Errorf("cut off: %w", err)
	}
	return b.Bytes(), err
}
