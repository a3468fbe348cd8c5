package track

import (
	"sync"

	"github.com/downlink-go/downlink/catalog"
)

// maxPending is how many rows wait for a database that does not answer, at most.
const maxPending = 50_000

// pending is what no batch has yet, added up.
type pending struct {
	mu      sync.Mutex
	counts  map[slot]catalog.Tally
	awaited []catalog.Awaited
	lost    int64         // downloads that found no room, in all
	more    chan struct{} // has one: there may be something to send
}

// slot is a row of counts.
type slot struct {
	item string
	hour int64
}

func newPending() *pending {
	return &pending{counts: map[slot]catalog.Tally{}, more: make(chan struct{}, 1)}
}

// add adds to a row. What finds no room is lost.
func (p *pending) add(item string, hour int64, t catalog.Tally) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := slot{item, hour}
	sum, there := p.counts[s]
	if !there && p.rows() >= maxPending {
		p.lost += t.Downloads + t.Bots
		return
	}
	p.counts[s] = sum.Plus(t)
}

// await adds a download whose end is told later, if there is room.
func (p *pending) await(a catalog.Awaited) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows() < maxPending {
		p.awaited = append(p.awaited, a)
	}
}

func (p *pending) rows() int { return len(p.counts) + len(p.awaited) }

// take moves as much as fits one batch into b, and reports whether there was
// anything. A download is never awaited before it was counted.
func (p *pending) take(b *catalog.Batch) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s, sum := range p.counts {
		if len(b.Counts) == catalog.MaxBatch {
			return true
		}
		b.Counts = append(b.Counts, catalog.Count{Item: s.item, Hour: s.hour, Tally: sum})
		delete(p.counts, s)
	}
	n := min(len(p.awaited), catalog.MaxBatch-len(b.Counts))
	b.Awaited = append(b.Awaited, p.awaited[:n]...)
	if p.awaited = p.awaited[n:]; len(p.awaited) == 0 {
		p.awaited = nil
	}
	return len(b.Counts)+len(b.Awaited) > 0
}

// forget drops everything.
func (p *pending) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.counts)
	p.awaited = nil
}

// left is how many downloads are still to be counted, and how many were lost.
func (p *pending) left() (waiting, lost int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.counts {
		waiting += t.Downloads + t.Bots
	}
	return waiting, p.lost
}
