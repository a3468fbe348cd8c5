package zipfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

func isSize(err error) bool { return errors.Is(err, zipfile.ErrSize) }

// centralMark begins each header of the central directory, without which no
// program takes the file for a zip.
var centralMark = []byte("PK\x01\x02")

// TestFailures: whatever happens to a member, the reader fails before the central
// directory.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		twist func(*virtual)
		want  error
	}{
		"gone":            {func(v *virtual) { delete(v.objects, "b") }, storage.ErrNotFound},
		"another version": {func(v *virtual) { v.objects["b"].opened = core.Metadata{Size: 70_000, ETag: `"new"`} }, storage.ErrChanged},
		"another size":    {func(v *virtual) { v.objects["b"].opened = core.Metadata{Size: 70_001, ETag: `"b"`} }, storage.ErrChanged},
		"another date": {func(v *virtual) {
			v.objects["b"].opened = core.Metadata{Size: 70_000, LastModified: when.Add(time.Second)}
		}, storage.ErrChanged},
		"ends early":         {func(v *virtual) { v.objects["b"].ends = 69_999 }, storage.ErrChanged},
		"fails":              {func(v *virtual) { v.objects["b"].fails = 35_000 }, errBroken},
		"fails at its end":   {func(v *virtual) { v.objects["b"].fails = 69_999 }, errBroken},
		"fails at its start": {func(v *virtual) { v.objects["b"].fails = 1 }, errBroken},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVirtual()
			v.add("a", 10, 1)
			v.add("b", 70_000, 2)
			v.add("c", 10, 3)
			a := archive(t, v.members(t), zipfile.NewSums(10))
			c.twist(v)
			got, err := section(t, a, core.Span{Length: a.Metadata().Size})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if bytes.Contains(got, centralMark) {
				t.Error("the central directory was sent")
			}
			// The end alone needs the checksum of b, and so all of it.
			tail := core.Span{Start: a.Metadata().Size - 100, Length: 100}
			if _, err := section(t, a, tail); !errors.Is(err, c.want) {
				t.Errorf("the end: got %v, want %v", err, c.want)
			}
		})
	}
}

func TestErrorStays(t *testing.T) {
	v := newVirtual()
	v.add("a", 1000, 1)
	a := archive(t, v.members(t), nil)
	v.objects["a"].ends = 500
	o, _ := a.Open(t.Context())
	r, err := o.Section(t.Context(), core.Span{Length: a.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	_, first := io.Copy(io.Discard, r)
	n, second := r.Read(make([]byte, 10))
	if first == nil || n != 0 || second != first {
		t.Errorf("%v, then %d bytes and %v", first, n, second)
	}
}

// TestWrittenInPlace: a local file is overwritten, without a change of its size,
// while it is read.
func TestWrittenInPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.bin")
	if err := os.WriteFile(path, make([]byte, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	driver, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	members, err := zipfile.Below(t.Context(), storage.New("files", driver), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	a := archive(t, members, nil)
	o, _ := a.Open(t.Context())
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Length: a.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 50_000); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("new"), 80_000); err != nil {
		t.Fatal(err)
	}
	f.Close()
	var rest bytes.Buffer
	if _, err := io.Copy(&rest, r); !errors.Is(err, storage.ErrChanged) || bytes.Contains(rest.Bytes(), centralMark) {
		t.Errorf("%d more bytes, %v; want ErrChanged and no directory", rest.Len(), err)
	}
}

// TestDifferentBytesOfOneVersion: a store that gives other bytes under the same
// entity-tag is found out.
func TestDifferentBytesOfOneVersion(t *testing.T) {
	v := newVirtual()
	v.add("a", 1000, 1)
	sums := zipfile.NewSums(10)
	a := archive(t, v.members(t), sums)
	whole(t, a)
	v.objects["a"].salt = 2
	if _, err := section(t, a, core.Span{Length: a.Metadata().Size}); !errors.Is(err, storage.ErrChanged) {
		t.Errorf("other bytes under the same tag: %v, want ErrChanged", err)
	}
	whole(t, a) // the wrong checksum was forgotten
}

func TestChecksumsAreReadOnce(t *testing.T) {
	v := newVirtual()
	for i := range 10 {
		v.add(fmt.Sprint(i), 1<<20, byte(i+1))
	}
	sums := zipfile.NewSums(100)
	a := archive(t, v.members(t), sums)
	tail := core.Span{Start: a.Metadata().Size - 300, Length: 300}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := section(t, a, tail); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// The headers of five members are in the last 300 bytes.
	if got := v.reads.Load(); got != 5<<20 {
		t.Errorf("%d bytes were read for checksums, want 5 MiB", got)
	}
	whole(t, a)
	v.reads.Store(0)
	if _, err := section(t, archive(t, v.members(t), sums), core.Span{Start: a.Metadata().Size - 500, Length: 500}); err != nil {
		t.Fatal(err)
	}
	if got := v.reads.Load(); got != 0 {
		t.Errorf("%d bytes were read for checksums that were known", got)
	}
}

// TestFirstBytesNeedNoChecksum: a download begins at once, however large the
// members are.
func TestFirstBytesNeedNoChecksum(t *testing.T) {
	v := newVirtual()
	v.add("a", 1<<50, 1)
	a := archive(t, v.members(t), zipfile.NewSums(10))
	if _, err := section(t, a, core.Span{Length: 1000}); err != nil {
		t.Fatal(err)
	}
	if _, err := section(t, a, core.Span{Start: 1 << 49, Length: 1000}); err != nil {
		t.Fatal(err)
	}
	if got := v.reads.Load(); got > 1<<20 {
		t.Errorf("%d bytes were read for 2000", got)
	}
}

func TestMemoryOfChecksumsIsBounded(t *testing.T) {
	v := newVirtual()
	for i := range 1000 {
		v.add(fmt.Sprint(i), 1, 1)
	}
	sums := zipfile.NewSums(20)
	a := archive(t, v.members(t), sums)
	whole(t, a)
	if n := sums.Len(); n > 20 || n < 10 {
		t.Errorf("%d checksums are remembered, want 10 to 20", n)
	}
}

func TestBelow(t *testing.T) {
	v := newVirtual()
	for _, key := range []string{"docs/b", "docs/a", "docs/sub/c", "docs-private/x", "y"} {
		v.add(key, 1, 1)
	}
	store := storage.New("virtual", v)
	members, err := zipfile.Below(t.Context(), store, "docs", 3)
	var got []string
	for _, m := range members {
		got = append(got, m.Name+"="+m.Key)
	}
	if want := "[a=docs/a b=docs/b sub/c=docs/sub/c]"; fmt.Sprint(got) != want || err != nil {
		t.Errorf("got %v, %v, want %s", got, err, want)
	}
	if _, err := zipfile.Below(t.Context(), store, "docs", 2); !errors.Is(err, zipfile.ErrTooMany) {
		t.Errorf("three of at most two: %v", err)
	}
	if _, err := zipfile.Below(t.Context(), store, "none", 2); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
}
