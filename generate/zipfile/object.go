package zipfile

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Open returns a handle for one download of the archive. Members are opened as
// their bytes come up. A member that has changed since it was listed, that is not
// there any more or that ends early is an error of the reader, so that the
// download is cut off before the directory at its end.
func (a *Archive) Open(context.Context) (storage.Object, error) {
	return &object{archive: a, sums: map[int]uint32{}}, nil
}

var (
	_ storage.Object       = (*object)(nil)
	_ storage.RangeLimiter = (*object)(nil)
)

// object is one download of an archive.
type object struct {
	archive *Archive
	reader  *reader
	sums    map[int]uint32 // of the members that were read to their end, by index
}

func (o *object) Metadata() core.Metadata { return o.archive.metadata }

// MaxRanges: an archive that nothing tells from another version of itself is sent
// as a whole.
func (o *object) MaxRanges() int {
	if o.archive.metadata.ETag == "" {
		return 0
	}
	return mostRanges
}

// mostRanges is no limit.
const mostRanges = 1 << 30

// Section returns a reader of the archive from the span's start on.
func (o *object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	o.closeReader()
	o.reader = &reader{ctx: ctx, object: o, archive: o.archive, at: span.Start, current: -1}
	return o.reader, nil
}

func (o *object) Close() error {
	o.closeReader()
	return nil
}

func (o *object) closeReader() {
	if o.reader != nil {
		o.reader.close()
		o.reader = nil
	}
}

// reader reads an archive from a place on.
type reader struct {
	ctx     context.Context
	object  *object
	archive *Archive
	at      int64
	err     error // of a read before, for good
	record  []byte

	// The member that is being read.
	current int // its index; -1: none
	source  storage.Object
	body    io.Reader
	whole   bool // from its first byte
	sum     uint32
}

// Read reads from one record or one member.
func (r *reader) Read(p []byte) (int, error) {
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	n, err := r.read(p)
	r.at += int64(n)
	if err != nil {
		r.err = err
		r.close()
	}
	return n, err
}

func (r *reader) read(p []byte) (int, error) {
	a := r.archive
	switch {
	case r.at >= a.metadata.Size:
		return 0, io.EOF
	case r.at >= a.end:
		return copy(p, a.appendEnd(r.record[:0])[r.at-a.end:]), nil
	case r.at >= a.central:
		i := sort.Search(len(a.entries), func(i int) bool { return a.entries[i].central > r.at }) - 1
		sum, err := r.sumOf(i)
		if err != nil {
			return 0, err
		}
		e := &a.entries[i]
		r.record = e.appendCentral(r.record[:0], sum)
		return copy(p, r.record[r.at-e.central:]), nil
	}
	i := sort.Search(len(a.entries), func(i int) bool { return a.entries[i].start > r.at }) - 1
	return r.readEntry(i, p)
}

// readEntry reads from the local header, the data or the descriptor of a member.
func (r *reader) readEntry(i int, p []byte) (int, error) {
	e := &r.archive.entries[i]
	data := e.start + e.dataStart()
	switch {
	case r.at < data:
		r.record = e.appendLocal(r.record[:0])
		return copy(p, r.record[r.at-e.start:]), nil
	case r.at < e.dataEnd():
		n, err := r.readData(i, p)
		if err != nil {
			err = fmt.Errorf("member %q: %w", e.Name, err)
		}
		return n, err
	}
	sum, err := r.sumOf(i)
	if err != nil {
		return 0, err
	}
	r.record = e.appendDescriptor(r.record[:0], sum)
	return copy(p, r.record[r.at-e.dataEnd():]), nil
}

// readData reads from the object of a member.
func (r *reader) readData(i int, p []byte) (int, error) {
	e := &r.archive.entries[i]
	if r.current != i {
		if err := r.open(i); err != nil {
			return 0, err
		}
	}
	left := e.dataEnd() - r.at
	n, err := r.body.Read(p[:min(int64(len(p)), left)])
	if r.whole {
		r.sum = crc32.Update(r.sum, crc32.IEEETable, p[:n])
	}
	switch {
	case int64(n) == left:
		return n, r.finish(i)
	case err == io.EOF:
		return n, fmt.Errorf("it ends %d bytes early: %w", left-int64(n), storage.ErrChanged)
	}
	return n, err
}

// open opens the object of a member at the reader's place.
func (r *reader) open(i int) error {
	r.close()
	e := &r.archive.entries[i]
	source, err := e.open(r.ctx)
	if err != nil {
		return err
	}
	skip := r.at - e.start - e.dataStart()
	if l, ok := source.(storage.RangeLimiter); ok && l.MaxRanges() == 0 && skip > 0 {
		source.Close()
		return errSections
	}
	body, err := source.Section(r.ctx, core.Span{Start: skip, Length: e.Metadata.Size - skip})
	if err != nil {
		source.Close()
		return err
	}
	r.current, r.source, r.body, r.whole, r.sum = i, source, body, skip == 0, 0
	return nil
}

// finish closes a member that was read to its end and, if that was all of it,
// remembers its checksum. One that was written to meanwhile is an error: half of
// it may be of another version.
func (r *reader) finish(i int) error {
	e, sum, whole := &r.archive.entries[i], r.sum, r.whole
	r.close()
	if err := e.unchanged(r.ctx); err != nil {
		return err
	}
	if !whole {
		return nil
	}
	if known, ok := r.archive.sums.get(&e.Member); ok && known != sum {
		r.archive.sums.forget(&e.Member)
		return fmt.Errorf("its bytes are not those of the version it says it is: %w", storage.ErrChanged)
	}
	r.object.sums[i] = sum
	r.archive.sums.put(&e.Member, sum)
	return nil
}

// sumOf is the checksum of a member. One that neither this download nor one before
// has read is read for it.
func (r *reader) sumOf(i int) (uint32, error) {
	if sum, ok := r.object.sums[i]; ok {
		return sum, nil
	}
	m := &r.archive.entries[i].Member
	sum, err := r.archive.sums.of(r.ctx, m)
	if err != nil {
		return 0, fmt.Errorf("checksum of member %q: %w", m.Name, err)
	}
	r.object.sums[i] = sum
	return sum, nil
}

func (r *reader) close() {
	if r.source != nil {
		r.source.Close()
	}
	r.current, r.source, r.body = -1, nil, nil
}

var errSections = errors.New("it can only be read from its start")
