package track

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/download"
)

// Options are the settings of a Tracker. The zero value is usable.
type Options struct {
	// Counter stores the counts; nil stores none.
	Counter catalog.Counter
	// Window is how long a download that the same client begins again is the same
	// one; 0 is DefaultWindow, negative makes every request from the beginning count.
	Window time.Duration
	// Flush is how long a download may wait to be stored; 0 is DefaultFlush. That long,
	// and what storing takes, is what is lost if the process is killed.
	Flush time.Duration
	// Await is for how long downloads that a front server sends are remembered, until
	// its log says how they ended; 0: not at all.
	Await time.Duration
	// Queue is how many notes of downloads wait in memory to be looked at, one of each
	// beginning and one of each end; 0 is DefaultQueue. What does not fit is not counted.
	Queue int
	// Receivers are told of each download that is counted.
	Receivers []Receiver
	// Log gets what went wrong; nil discards it.
	Log *slog.Logger
}

// The defaults of Options.
const (
	DefaultWindow = time.Hour
	DefaultFlush  = 500 * time.Millisecond
	DefaultQueue  = 20_000
)

// Tracker counts downloads. Close it.
type Tracker struct {
	opts     Options
	log      *slog.Logger
	inbox    *inbox
	digest   digest
	pending  *pending
	outboxes []*outbox

	known      atomic.Int64
	complained int64 // drops that were logged

	flush   chan chan struct{}
	stop    chan struct{} // closed: collect no more
	end     context.CancelFunc
	running sync.WaitGroup
	sender  *sender // nil without a Counter
}

var _ download.Recorder = (*Tracker)(nil)

// New returns a running tracker.
func New(o Options) *Tracker {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	t := &Tracker{
		opts: o, log: o.Log, inbox: newInbox(o.Queue), pending: newPending(),
		flush: make(chan chan struct{}), stop: make(chan struct{}), end: cancel,
	}
	t.digest = digest{agents: agents{}, await: o.Await, pending: t.pending, known: func() { t.known.Add(1) }}
	if o.Window > 0 {
		t.digest.seen = newSeen(o.Window, maxSeen)
	}
	for _, r := range o.Receivers {
		t.outboxes = append(t.outboxes, newOutbox(r, o.Log))
	}
	if len(t.outboxes) > 0 {
		t.digest.tell = t.tell
	}
	t.running.Go(t.collect)
	if o.Counter != nil {
		t.sender = newSender(o.Counter, t.pending, o.Log)
		t.running.Go(func() { t.sender.run(ctx) })
	}
	return t
}

func (o Options) withDefaults() Options {
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.Flush <= 0 {
		o.Flush = DefaultFlush
	}
	if o.Queue <= 0 {
		o.Queue = DefaultQueue
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Requested takes note of a download that counts.
func (t *Tracker) Requested(d download.Download) {
	if len(t.outboxes) == 0 {
		d.Request = nil // nobody asks for it: it need not be kept until somebody looks
	}
	t.inbox.put(record{Download: d})
}

// Ended takes note of how an answer ended.
func (t *Tracker) Ended(d download.Download, bytes int64, all bool) {
	d.Request = nil // nobody asks for it
	t.inbox.put(record{Download: d, ended: true, bytes: bytes, all: all})
}

// collect looks at what came, a moment after the first of it.
func (t *Tracker) collect() {
	for {
		select {
		case <-t.inbox.first:
		case done := <-t.flush:
			t.digestAll()
			close(done)
			continue
		case <-t.stop:
			t.digestAll()
			return
		}
		t.pause()
		t.digestAll()
	}
}

// pause waits for as long as downloads may wait, or until there are many.
func (t *Tracker) pause() {
	timer := time.NewTimer(t.opts.Flush)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.inbox.half:
	case done := <-t.flush:
		t.digestAll()
		close(done)
	case <-t.stop:
	}
}

func (t *Tracker) digestAll() {
	all := t.inbox.empty()
	for i := range all {
		t.digest.take(&all[i])
	}
	t.complain()
	switch {
	case t.sender == nil:
		t.pending.forget()
	case len(all) > 0:
		signal(t.pending.more)
	}
}

// complain logs what had to be dropped since it was asked last.
func (t *Tracker) complain() {
	_, dropped := t.inbox.state()
	_, lost := t.pending.left()
	if all := dropped + lost; all > t.complained {
		t.log.Error("downloads were not counted: too many at once, or the database does not answer", "downloads", all-t.complained)
		t.complained = all
	}
	for _, o := range t.outboxes {
		o.complain()
	}
}

func (t *Tracker) tell(e Event) {
	for _, o := range t.outboxes {
		o.put(e)
	}
}

// Flush has everything stored and told that was recorded before the call. Processes
// that may be frozen or end at any time call it after each request. On an error what
// is left will be tried again.
func (t *Tracker) Flush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case t.flush <- done:
		<-done
	case <-t.stop: // collected already, or as good as
		t.running.Wait()
	case <-ctx.Done():
		return ctx.Err()
	}
	return t.deliver(ctx, ctx)
}

// deliver stores the counts while storing lasts, and has the receivers told at the same
// time, while telling lasts.
func (t *Tracker) deliver(storing, telling context.Context) error {
	errs := make([]error, len(t.outboxes)+1)
	var all sync.WaitGroup
	for i, o := range t.outboxes {
		all.Go(func() { errs[i] = o.flush(telling) })
	}
	if t.sender != nil {
		errs[len(t.outboxes)] = t.sender.sendAll(storing)
	}
	all.Wait()
	return errors.Join(errs...)
}

// lastWords is how long receivers are waited for at the end: one that is away must not
// keep a server from stopping.
const lastWords = 5 * time.Second

// Close flushes and ends the tracker. What is not stored when ctx ends, and not told
// within 5 s, is lost, as the error says. Nothing may be recorded any more.
func (t *Tracker) Close(ctx context.Context) error {
	close(t.stop)
	t.end()
	t.running.Wait()
	telling, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	err := t.deliver(ctx, telling)
	for _, o := range t.outboxes {
		o.close()
	}
	return err
}
