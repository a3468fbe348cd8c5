package track

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Receiver is told of downloads. What becomes of it has no effect on any download: if
// it panics or fails, the events are lost to it; if it is slow, those are for which no
// room is left.
type Receiver interface {
	// Name is for the log and the metrics.
	Name() string
	// Receive is given events, the oldest first; it must not keep the slice. An error
	// that wraps ErrTryAgain has it given the same events again later.
	Receive(ctx context.Context, events []Event) error
}

// ErrTryAgain of a Receiver: the events may get through later.
var ErrTryAgain = errors.New("try again later")

const (
	maxWaiting = 10_000 // events for a receiver
	maxAtOnce  = 100    // events for one call
	// receiving is how long one call may take.
	receiving = 30 * time.Second
	// attempts are made to tell an event: over some ten minutes.
	attempts                       = 10
	firstAttempt, longestToAttempt = time.Second, 2 * time.Minute
)

// outbox has the events for a receiver.
type outbox struct {
	to    Receiver
	log   *slog.Logger
	most  int // events for one call
	end   context.CancelFunc
	more  chan struct{} // has one: there may be events
	hurry chan struct{} // has one: somebody waits

	mu      sync.Mutex
	waiting []Event
	idle    chan struct{} // closed when nothing waits; nil if nobody asked
	told    int64
	lost    int64
	crowded int64 // of lost, those for which no room was left and that were not logged
}

func newOutbox(to Receiver, log *slog.Logger) *outbox {
	ctx, cancel := context.WithCancel(context.Background())
	o := &outbox{to: to, log: log.With("receiver", to.Name()), most: maxAtOnce, end: cancel, more: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
	if c, ok := to.(interface{ atOnce() int }); ok {
		o.most = c.atOnce()
	}
	go o.run(ctx)
	return o
}

// put adds an event, if there is room.
func (o *outbox) put(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) >= maxWaiting {
		o.lost++
		o.crowded++
		return
	}
	o.waiting = append(o.waiting, e)
	signal(o.more)
}

func (o *outbox) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.more:
		}
		for events := o.front(); len(events) > 0 && ctx.Err() == nil; events = o.front() {
			o.done(len(events), o.tell(ctx, events))
		}
	}
}

// front is the next events. They stay where they are until they are done.
func (o *outbox) front() []Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.waiting[:min(len(o.waiting), o.most)])
}

// done takes the first n events out.
func (o *outbox) done(n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = slices.Delete(o.waiting, 0, n)
	if err == nil {
		o.told += int64(n)
	} else {
		o.lost += int64(n)
		o.log.Error("downloads were not told, and will not be", "events", n, "cause", err)
	}
	if len(o.waiting) == 0 && o.idle != nil {
		close(o.idle)
		o.idle = nil
	}
}

// tell tells events, as often as it takes within reason.
func (o *outbox) tell(ctx context.Context, events []Event) (err error) {
	for attempt, pause := 1, firstAttempt; ; attempt, pause = attempt+1, min(2*pause, longestToAttempt) {
		if err = o.try(ctx, events); err == nil || !errors.Is(err, ErrTryAgain) || attempt == attempts || ctx.Err() != nil {
			return err
		}
		o.log.Warn("downloads are not told yet", "attempt", attempt, "cause", err)
		o.pause(ctx, jitter(pause))
	}
}

func (o *outbox) try(ctx context.Context, events []Event) (err error) {
	defer recovered(&err)
	ctx, cancel := context.WithTimeout(ctx, receiving)
	defer cancel()
	return o.to.Receive(ctx, events)
}

// recovered makes a panic an error, with the place where it happened.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
}

func tryAgain(err error) error { return fmt.Errorf("%w: %w", ErrTryAgain, err) }

func (o *outbox) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.hurry:
	case <-ctx.Done():
	}
}

// complain logs what found no room.
func (o *outbox) complain() {
	o.mu.Lock()
	n := o.crowded
	o.crowded = 0
	o.mu.Unlock()
	if n > 0 {
		o.log.Error("downloads will not be told: the receiver is too slow", "events", n)
	}
}

// flush waits until nothing waits to be told.
func (o *outbox) flush(ctx context.Context) error {
	o.mu.Lock()
	n := len(o.waiting)
	if n > 0 && o.idle == nil {
		o.idle = make(chan struct{})
	}
	idle := o.idle
	o.mu.Unlock()
	if n == 0 {
		return nil
	}
	signal(o.hurry)
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d downloads are not told to %s: %w", n, o.to.Name(), ctx.Err())
	}
}

// close gives up. A receiver that is stuck is left behind.
func (o *outbox) close() { o.end() }

func (o *outbox) state() (waiting int, told, lost int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting), o.told, o.lost
}
