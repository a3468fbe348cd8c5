package track

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	rough "math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

const (
	// storing is how long a database may take for a batch.
	storing = 5 * time.Second
	// The pauses after a failure.
	firstPause, longestPause = 100 * time.Millisecond, 3 * time.Second
)

// sender stores what is pending, one batch after the other. A batch is sent until it
// was stored, always as the same one: who knows what became of it before.
type sender struct {
	counter catalog.Counter
	pending *pending
	log     *slog.Logger

	turn     chan struct{} // has one: somebody sends
	batch    catalog.Batch // what is sent, or to be sent again; empty: nothing
	failures atomic.Int64
	stored   atomic.Int64
	sending  atomic.Int64 // downloads in batch
}

func newSender(c catalog.Counter, p *pending, log *slog.Logger) *sender {
	return &sender{counter: c, pending: p, log: log, turn: make(chan struct{}, 1), batch: catalog.Batch{Writer: rand.Text()}}
}

// run sends whenever there is more, until ctx ends.
func (s *sender) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.pending.more:
		}
		for pause := firstPause; ; pause = min(2*pause, longestPause) {
			err := s.sendAll(ctx)
			if err == nil || ctx.Err() != nil {
				break
			}
			s.log.Error("downloads are not counted yet, they wait in memory", "cause", err)
			sleep(ctx, jitter(pause))
		}
	}
}

// sendAll stores everything that is pending. On an error the rest still is.
func (s *sender) sendAll(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return s.late(ctx.Err())
	}
	for s.fill() {
		if err := s.send(ctx); err != nil {
			s.failures.Add(1)
			return s.late(err)
		}
		s.batch.Counts, s.batch.Awaited = nil, nil
		s.stored.Add(s.sending.Swap(0))
	}
	return nil
}

// fill reports whether there is a batch to send.
func (s *sender) fill() bool {
	if len(s.batch.Counts)+len(s.batch.Awaited) > 0 {
		return true
	}
	if !s.pending.take(&s.batch) {
		return false
	}
	s.batch.Number++
	for _, c := range s.batch.Counts {
		s.sending.Add(c.Downloads + c.Bots)
	}
	return true
}

// send sends the batch. A driver that panics is one that fails.
func (s *sender) send(ctx context.Context) (err error) {
	defer recovered(&err)
	ctx, cancel := context.WithTimeout(ctx, storing)
	defer cancel()
	s.batch.Time = time.Now()
	return s.counter.Count(ctx, s.batch)
}

func (s *sender) late(err error) error {
	waiting, _ := s.pending.left()
	return fmt.Errorf("%d downloads are not counted: %w", waiting+s.sending.Load(), err)
}

// jitter is half of d to d, so that those who failed together do not come back together.
func jitter(d time.Duration) time.Duration { return d/2 + rough.N(d/2+1) }

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
