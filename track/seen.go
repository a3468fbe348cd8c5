package track

import (
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/downlink-go/downlink/core"
)

// maxSeen is how many downloads a generation of seen remembers: some 6 MiB of memory.
const maxSeen = 100_000

// seen remembers who downloaded what a while ago, so that a download that is begun
// again is not another one. It keeps two generations: when the newer one is full, or
// older than the window, it becomes the older one, whose place is free then. With more
// downloads in a window than a generation holds the window is shorter in effect.
type seen struct {
	window time.Duration
	limit  int
	seed   maphash.Seed

	newer, older map[uint64]*fetch
	apart        int       // parts of all of them
	turned       time.Time // when newer was begun
}

// fetch is a download that was counted.
type fetch struct {
	at     time.Time
	hour   int64 // under which it was counted
	done   bool  // and was noted as complete
	person bool
	parts  coverage
}

func newSeen(window time.Duration, limit int) *seen {
	return &seen{window: window, limit: limit, seed: maphash.MakeSeed(), newer: map[uint64]*fetch{}}
}

// key is a download's: of the client's address and program, and of what it is of. ok
// is false for a client without an address, who may be anybody.
func (s *seen) key(name, client, agent string) (key uint64, ok bool) {
	addr, ok := address(client)
	if !ok {
		return 0, false
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	b := addr.As16()
	h.Write(b[:])
	h.WriteString(name)
	h.WriteByte(0)
	h.WriteString(agent)
	return h.Sum64(), true
}

// address is a client's, in one form. This machine's own is none: it is a front
// server's that does not say for whom it asks.
func address(client string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(client)
	if p, portErr := netip.ParseAddrPort(client); portErr == nil {
		a, err = p.Addr(), nil
	}
	a = a.Unmap().WithZone("")
	return a, err == nil && !a.IsLoopback()
}

// find is the download of that key in the window before at, nil without one.
func (s *seen) find(key uint64, at time.Time) *fetch {
	f := s.newer[key]
	if f == nil {
		f = s.older[key]
	}
	if f == nil || at.Sub(f.at) >= s.window {
		return nil
	}
	return f
}

// add remembers a download.
func (s *seen) add(key uint64, f *fetch) {
	if len(s.newer) >= s.limit || f.at.Sub(s.turned) >= s.window {
		for _, old := range s.older {
			s.apart -= len(old.parts)
		}
		s.older, s.newer, s.turned = s.newer, map[uint64]*fetch{}, f.at
	}
	s.newer[key] = f
}

// got notes parts of a download that its client has now, as far as there is room.
func (s *seen) got(f *fetch, parts ...core.Span) {
	for _, part := range parts {
		before := len(f.parts)
		f.parts = f.parts.add(part, min(maxApart, before+maxApartInAll-s.apart))
		s.apart += len(f.parts) - before
	}
}

// finish forgets the parts of a download that is complete.
func (s *seen) finish(f *fetch) {
	s.apart -= len(f.parts)
	f.parts, f.done = nil, true
}
