package track

import (
	"sync"

	"github.com/downlink-go/downlink/download"
)

// record is what the service told of a download.
type record struct {
	download.Download
	ended bool
	bytes int64 // if ended
	all   bool  // if ended
}

// inbox takes records in until somebody empties it. It is a slice and a lock, not a
// channel: nobody is woken for a record but the first of a moment.
type inbox struct {
	limit int
	first chan struct{} // has one: there are records
	half  chan struct{} // has one: there are many

	mu      sync.Mutex
	records []record
	spare   []record // the memory of those that were emptied before
	dropped int64    // in all
}

func newInbox(limit int) *inbox {
	return &inbox{limit: limit, first: make(chan struct{}, 1), half: make(chan struct{}, 1)}
}

// put takes a record in, or drops it if there are too many.
func (b *inbox) put(r record) {
	b.mu.Lock()
	n := len(b.records)
	if n < b.limit {
		b.records = append(b.records, r)
	} else {
		b.dropped++
	}
	b.mu.Unlock()
	switch n {
	case 0:
		signal(b.first)
	case b.limit / 2:
		signal(b.half)
	}
}

// empty hands all records over. They are good until the next call.
func (b *inbox) empty() []record {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.records
	clear(b.spare[:cap(b.spare)]) // lets go of requests
	b.records, b.spare = b.spare[:0], all
	return all
}

func (b *inbox) state() (waiting int, dropped int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.records), b.dropped
}

// signal makes c ready, once.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
