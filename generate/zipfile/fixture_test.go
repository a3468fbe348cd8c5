package zipfile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
)

// virtual is a driver whose objects exist only while they are read: byte i of an
// object is i*i>>7 + its salt, or 0 without one.
type virtual struct {
	objects map[string]*made
	reads   atomic.Int64 // bytes that were read
}

type made struct {
	core.Metadata
	salt   byte
	fails  int64 // reading fails at this offset; 0: never
	ends   int64 // reading ends at this offset; 0: at its size
	opened core.Metadata
}

func newVirtual() *virtual { return &virtual{objects: map[string]*made{}} }

var when = time.Date(2026, 11, 21, 6, 30, 1, 500_000_000, time.UTC)

func (v *virtual) add(key string, size int64, salt byte) *made {
	m := &made{Metadata: core.Metadata{Size: size, ETag: `"` + key + `"`, LastModified: when}, salt: salt}
	v.objects[key] = m
	return m
}

func (v *virtual) Stat(_ context.Context, key string) (core.Metadata, error) {
	m := v.objects[key]
	if m == nil {
		return core.Metadata{}, storage.ErrNotFound
	}
	return m.Metadata, nil
}

func (v *virtual) Open(ctx context.Context, key string) (storage.Object, error) {
	found, err := v.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	m := v.objects[key]
	if m.opened != (core.Metadata{}) {
		found = m.opened
	}
	return &handle{v, m, found}, nil
}

func (v *virtual) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	for key, m := range v.objects {
		if strings.HasPrefix(key, prefix) && !yield(storage.Entry{Key: key, Metadata: m.Metadata}) {
			break
		}
	}
	return nil
}

type handle struct {
	v     *virtual
	m     *made
	found core.Metadata
}

func (h *handle) Metadata() core.Metadata { return h.found }
func (h *handle) Close() error            { return nil }
func (h *handle) Section(_ context.Context, span core.Span) (io.Reader, error) {
	return &bytesOf{h, span.Start}, nil
}

type bytesOf struct {
	*handle
	at int64
}

var errBroken = errors.New("broken")

func (b *bytesOf) Read(p []byte) (int, error) {
	end := b.m.Size
	if b.m.ends > 0 {
		end = b.m.ends
	}
	if b.m.fails > 0 {
		end = b.m.fails
	}
	p = p[:min(int64(len(p)), end-b.at)]
	if len(p) == 0 && b.m.fails > 0 {
		return 0, errBroken
	}
	if len(p) == 0 {
		return 0, io.EOF
	}
	if b.m.salt == 0 {
		clear(p)
	} else {
		for i := range p {
			p[i] = byteAt(b.at+int64(i), b.m.salt)
		}
	}
	b.at += int64(len(p))
	b.v.reads.Add(int64(len(p)))
	return len(p), nil
}

func byteAt(i int64, salt byte) byte { return byte(i*i>>7) + salt }

// members are all objects of the store in the order of their keys.
func (v *virtual) members(t testing.TB) []zipfile.Member {
	t.Helper()
	all, err := zipfile.Below(t.Context(), storage.New("virtual", v), "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func archive(t testing.TB, members []zipfile.Member, sums *zipfile.Sums) *zipfile.Archive {
	t.Helper()
	a, err := zipfile.New(members, sums)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// section reads a span of an archive.
func section(t testing.TB, a *zipfile.Archive, span core.Span) ([]byte, error) {
	t.Helper()
	o, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(t.Context(), span)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	_, err = io.CopyN(&b, r, span.Length)
	return b.Bytes(), err
}

// whole reads an archive in pieces of odd sizes.
func whole(t testing.TB, a *zipfile.Archive) []byte {
	t.Helper()
	b, err := section(t, a, core.Span{Length: a.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
