package zipfile

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/flight"
	"github.com/downlink-go/downlink/storage"
)

// Sums remembers the checksums of members by their version, so that each is read
// for its checksum once at most and the end of an archive can be sent without
// reading all that is before it. It is safe for concurrent use. A nil *Sums
// remembers nothing.
type Sums struct {
	mu         sync.Mutex
	most       int               // of each generation
	young, old map[string]uint32 // the old generation goes when the young one is full
	running    flight.Group[uint32]
	slots      chan struct{} // of members that are read for their checksum
}

// readers is how many members are read at once only for their checksum.
const readers = 2

// NewSums returns a memory of at least most/2 and at most most checksums, some
// 200 bytes each.
func NewSums(most int) *Sums {
	return &Sums{most: max(1, most/2), young: map[string]uint32{}, slots: make(chan struct{}, readers)}
}

// id names a version of an object, "" if nothing tells it from others.
func id(m *Member) string {
	v, strong := version(m.Metadata)
	if !strong {
		return ""
	}
	return fmt.Sprintf("%s\x00%s\x00%d\x00%s", m.Store.Name(), m.Key, m.Metadata.Size, v)
}

func (s *Sums) get(m *Member) (uint32, bool) {
	name := id(m)
	if s == nil || name == "" {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, ok := s.young[name]
	if !ok {
		if sum, ok = s.old[name]; ok {
			s.keep(name, sum)
		}
	}
	return sum, ok
}

func (s *Sums) put(m *Member, sum uint32) {
	if name := id(m); s != nil && name != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keep(name, sum)
	}
}

func (s *Sums) forget(m *Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, id(m))
	delete(s.old, id(m))
}

// keep puts a checksum into the young generation; s.mu is held.
func (s *Sums) keep(name string, sum uint32) {
	if len(s.young) >= s.most {
		s.old, s.young = s.young, make(map[string]uint32, s.most)
	}
	s.young[name] = sum
}

// of is the checksum of the member, read if need be. Several that want the same one
// wait for one reader.
func (s *Sums) of(ctx context.Context, m *Member) (uint32, error) {
	if m.Metadata.Size == 0 {
		return 0, nil
	}
	if sum, ok := s.get(m); ok {
		return sum, nil
	}
	name := id(m)
	if s == nil || name == "" {
		return read(ctx, m)
	}
	return s.running.Do(ctx, name, func(ctx context.Context) (uint32, error) {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		defer func() { <-s.slots }()
		if sum, ok := s.get(m); ok { // read between the first look and this
			return sum, nil
		}
		sum, err := read(ctx, m)
		if err == nil {
			s.put(m, sum)
		}
		return sum, err
	})
}

// piece is how much is read at once.
const piece = 64 << 10

var pieces = sync.Pool{New: func() any { return new([piece]byte) }}

// read reads a member for its checksum.
func read(ctx context.Context, m *Member) (uint32, error) {
	o, err := m.open(ctx)
	if err != nil {
		return 0, err
	}
	defer o.Close()
	body, err := o.Section(ctx, core.Span{Length: m.Metadata.Size})
	if err != nil {
		return 0, err
	}
	buf := pieces.Get().(*[piece]byte)
	defer pieces.Put(buf)
	sum := uint32(0)
	for left := m.Metadata.Size; left > 0; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := io.ReadFull(body, buf[:min(piece, left)])
		sum = crc32.Update(sum, crc32.IEEETable, buf[:n])
		left -= int64(n)
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return 0, fmt.Errorf("it ends %d bytes early: %w", left, storage.ErrChanged)
		case err != nil:
			return 0, err
		}
	}
	return sum, m.unchanged(ctx)
}

// Len is how many checksums are remembered.
func (s *Sums) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.young)
	for name := range s.old {
		if _, both := s.young[name]; !both {
			n++
		}
	}
	return n
}
