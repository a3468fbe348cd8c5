// Package zipfile makes one zip file of any number of stored objects while it is
// sent: nothing is compressed, nothing is written, nothing but names is held in
// memory. The length is exact and known beforehand, any byte range can be asked
// for, and the entity-tag changes when a member does.
package zipfile

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// MediaType is that of a zip file.
const MediaType = "application/zip"

var (
	// ErrSize: a member whose size is not known, or more than fits a zip file.
	ErrSize = errors.New("size unknown or too large for a zip file")
	// ErrTooMany: more members than were allowed.
	ErrTooMany = errors.New("too many members for one zip file")
)

// Member is an object that becomes a file of the archive.
type Member struct {
	// Name is its path in the archive: any bytes, made safe as file names are
	// (core.CleanName), segment by segment.
	Name  string
	Store *storage.Store
	Key   string
	// Metadata is that of the version to be packed, as Store.Stat or List gave it.
	// If the object has another when it is read, the download is cut off.
	Metadata core.Metadata
}

// Archive is a zip file that could be sent. It never changes and serves any number
// of goroutines.
type Archive struct {
	entries  []entry
	sums     *Sums
	central  int64 // where the central directory begins
	end      int64 // where it ends
	metadata core.Metadata
}

// entry is a member with its place in the archive.
type entry struct {
	Member
	start   int64 // of its local header
	central int64 // of its header in the central directory
}

// New lays out the archive of members, in their order. Names that are equal but
// for case, or that another member has as a folder, are numbered: "a (2).txt".
// sums remembers checksums from one archive to the next; nil remembers nothing.
// Errors: ErrSize.
func New(members []Member, sums *Sums) (*Archive, error) {
	a := &Archive{entries: make([]entry, len(members)), sums: sums}
	for i, m := range members {
		a.entries[i] = entry{Member: m}
	}
	number(a.entries)
	size, err := a.layOut()
	if err != nil {
		return nil, err
	}
	a.metadata = core.Metadata{Size: size, ETag: a.etag(), MediaType: MediaType}
	return a, nil
}

// layOut gives every record its place and returns the size of the whole.
func (a *Archive) layOut() (int64, error) {
	var scratch [512]byte
	at := int64(0)
	for i := range a.entries {
		e := &a.entries[i]
		n := e.Metadata.Size
		if n < 0 || at > math.MaxInt64/2-n {
			return 0, fmt.Errorf("member %q: %d bytes: %w", e.Name, n, ErrSize)
		}
		e.start = at
		at += e.dataStart() + n + e.descriptorSize()
	}
	a.central = at
	for i := range a.entries {
		e := &a.entries[i]
		e.central = at
		at += int64(len(e.appendCentral(scratch[:0], 0)))
	}
	a.end = at
	return at + int64(len(a.appendEnd(scratch[:0]))), nil
}

// Metadata is the size, the entity-tag and the media type of the archive. The tag
// is strong if those of all members are, weak if some can only be told apart by
// their dates, and "" if some have neither. There is no date: taking a member out
// would not make it later.
func (a *Archive) Metadata() core.Metadata { return a.metadata }

// Len is the number of members.
func (a *Archive) Len() int { return len(a.entries) }

// layout is the version of everything that decides about the bytes besides the
// members. It is part of the entity-tag.
const layout = "downlink zip 1\n"

// etag is made of all that the bytes depend on.
func (a *Archive) etag() string {
	h, prefix := sha256.New(), ""
	h.Write([]byte(layout))
	for i := range a.entries {
		e := &a.entries[i]
		v, strong := version(e.Metadata)
		switch {
		case v == "":
			return ""
		case !strong:
			prefix = "W/"
		}
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(e.Metadata.Size))
		h.Write(size[:])
		for _, s := range [...]string{e.Name, e.Store.Name(), e.Key, v} {
			writeText(h, s)
		}
	}
	return prefix + `"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// writeText writes s with its length before it, so that no two lists are alike.
func writeText(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

// version tells versions of an object apart, "" if nothing does. It is strong if
// equal ones have equal bytes (RFC 9110 §8.8.1).
func version(m core.Metadata) (v string, strong bool) {
	date := ""
	if t := m.LastModified; !t.IsZero() {
		date = fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
	}
	if m.ETag == "" && date == "" {
		return "", false
	}
	return m.ETag + " " + date, m.ETag != "" && !strings.HasPrefix(m.ETag, "W/")
}

// same reports whether an object is still the version that was listed, as far as
// both say: lists may have no entity-tags and finer dates.
func same(listed, found core.Metadata) bool {
	if listed.Size != found.Size || listed.ETag != "" && found.ETag != "" && listed.ETag != found.ETag {
		return false
	}
	a, b := listed.LastModified, found.LastModified
	if a.IsZero() || b.IsZero() {
		return true
	}
	if a.Nanosecond() == 0 || b.Nanosecond() == 0 {
		return a.Unix() == b.Unix()
	}
	return a.Equal(b)
}

// open opens the version of the member that was laid out, or fails with
// storage.ErrChanged.
func (m *Member) open(ctx context.Context) (storage.Object, error) {
	o, err := m.Store.Open(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	if !same(m.Metadata, o.Metadata()) {
		o.Close()
		return nil, storage.ErrChanged
	}
	return o, nil
}

// unchanged fails with storage.ErrChanged if the object that was read is not the
// version that was laid out any more. Only a local file can be written to while
// it is open; elsewhere who reads a version keeps it.
func (m *Member) unchanged(ctx context.Context) error {
	if _, local := m.Store.LocalPath(m.Key); !local {
		return nil
	}
	found, err := m.Store.Stat(ctx, m.Key)
	if err == nil && !same(m.Metadata, found) {
		err = storage.ErrChanged
	}
	return err
}
