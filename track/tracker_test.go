package track_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/test/output"
	"github.com/downlink-go/downlink/test/server"
	"github.com/downlink-go/downlink/track"
)

func openStore(t testing.TB, path string) *sqlcat.Store {
	t.Helper()
	s, err := sqlcat.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newStore(t testing.TB) *sqlcat.Store {
	return openStore(t, filepath.Join(t.TempDir(), "catalog.db"))
}

// nth is a download by a client of its own.
func nth(n int, item string) download.Download {
	return download.Download{
		ID: fmt.Sprintf("request-%06d", n), Time: time.Now(), Route: "/d/{slug}", Lookup: core.Item, Slug: item, Path: "/d/" + item,
		Status: 200, Delivery: core.Offload, Size: 100, Counts: true,
		Client: fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255), UserAgent: "Mozilla/5.0",
	}
}

func counted(t *testing.T, c catalog.Counter, items ...string) int64 {
	t.Helper()
	sums, err := c.Counts(context.Background(), catalog.CountQuery{Items: items})
	if err != nil {
		t.Fatal(err)
	}
	return sums[0].Downloads
}

func wantCounted(t *testing.T, c catalog.Counter, want int64) {
	t.Helper()
	if got := counted(t, c); got != want {
		t.Errorf("%d downloads are counted, want %d", got, want)
	}
}

func flush(t *testing.T, x *track.Tracker) {
	t.Helper()
	if err := x.Flush(t.Context()); err != nil {
		t.Errorf("flush: %v", err)
	}
}

func closeIt(t *testing.T, x *track.Tracker) {
	t.Helper()
	if err := x.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// concurrently calls f for 0 to n-1 from as many goroutines as there are workers.
func concurrently(n, workers int, f func(n int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	all.Wait()
}

func TestC5_TenThousandAtOnceLoseNone(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "catalog.db")
		loseNone(t, openStore(t, path), openStore(t, path))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		p := server.StartPostgres(t)
		url := p.Database(t)
		var stores [2]*sqlcat.Store
		for i := range stores {
			s, err := sqlcat.OpenPostgres(url, sqlcat.PostgresOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			stores[i] = s
		}
		loseNone(t, stores[0], stores[1])
	})
}

// loseNone has two processes count 10,000 downloads at the same time.
func loseNone(t *testing.T, stores ...*sqlcat.Store) {
	trackers := make([]*track.Tracker, len(stores))
	for i, s := range stores {
		trackers[i] = track.New(track.Options{Counter: s, Flush: time.Millisecond})
	}
	concurrently(10_000, 100, func(n int) { trackers[n%len(trackers)].Requested(nth(n, fmt.Sprint("item-", n%300))) })
	total := int64(0)
	for _, x := range trackers {
		closeIt(t, x)
		stats := x.Stats()
		total += stats.Counted
		if stats.Dropped != 0 || stats.Waiting != 0 {
			t.Errorf("got %+v", stats)
		}
	}
	wantCounted(t, stores[0], 10_000)
	if total != 10_000 {
		t.Errorf("the trackers say %d", total)
	}
}

func TestFlushStoresWhatWasRecordedBefore(t *testing.T) {
	s := newStore(t)
	x := track.New(track.Options{Counter: s, Flush: time.Hour})
	for n := range 10 {
		x.Requested(nth(n, "a"))
		flush(t, x)
		wantCounted(t, s, int64(n+1))
	}
	closeIt(t, x)
	flush(t, x) // nothing is left, and nobody waits for ever
}

func TestStoredWithoutFlush(t *testing.T) {
	s := newStore(t)
	x := track.New(track.Options{Counter: s, Flush: time.Millisecond})
	for n := range 3 {
		x.Requested(nth(n, "a"))
		for end := time.Now().Add(30 * time.Second); counted(t, s) != int64(n+1); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not stored within 30 s")
			}
		}
	}
	closeIt(t, x)
}

// TestTheDefaultIsWithinTheBound: half a second, so that storing may take as long.
func TestTheDefaultIsWithinTheBound(t *testing.T) {
	if track.DefaultFlush > time.Second/2 {
		t.Errorf("downloads wait for %v", track.DefaultFlush)
	}
}

// unsure is a counter that fails in all ways: before it stored, after it stored, by a
// panic.
type unsure struct {
	catalog.Counter
	mu    sync.Mutex
	calls int
}

var errUnsure = errors.New("broken pipe")

func (u *unsure) Count(ctx context.Context, b catalog.Batch) error {
	u.mu.Lock()
	u.calls++
	n := u.calls
	u.mu.Unlock()
	switch n % 4 {
	case 0:
		return errUnsure
	case 1:
		_ = u.Counter.Count(ctx, b)
		return errUnsure
	case 2:
		_ = u.Counter.Count(ctx, b)
		panic("after it was stored")
	}
	return u.Counter.Count(ctx, b)
}

func TestFailuresLoseAndDoubleNothing(t *testing.T) {
	s := newStore(t)
	x := track.New(track.Options{Counter: &unsure{Counter: s}, Flush: time.Millisecond})
	concurrently(1000, 10, func(n int) { x.Requested(nth(n, fmt.Sprint("item-", n%200))) })
	for err := errUnsure; err != nil; {
		err = x.Flush(t.Context())
	}
	wantCounted(t, s, 1000)
	closeIt(t, x)
	if x.Stats().Failures == 0 {
		t.Error("no failure was noted")
	}
}

// stuck is a counter that answers only when the context ends, until it is released.
type stuck struct {
	catalog.Counter
	released atomic.Bool
}

func (s *stuck) Count(ctx context.Context, b catalog.Batch) error {
	if s.released.Load() {
		return s.Counter.Count(ctx, b)
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestADatabaseThatHangsDelaysNothing(t *testing.T) {
	s := newStore(t)
	hanging := &stuck{Counter: s}
	x := track.New(track.Options{Counter: hanging, Flush: time.Millisecond})
	for n := range 5000 { // would not return
		x.Requested(nth(n, "a"))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Flush(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("flush: got %v", err)
	}
	hanging.released.Store(true)
	closeIt(t, x)
	wantCounted(t, s, 5000)
}

func TestCloseSaysWhatIsLost(t *testing.T) {
	x := track.New(track.Options{Counter: &stuck{Counter: newStore(t)}})
	for n := range 7 {
		x.Requested(nth(n, fmt.Sprint(n)))
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Close(ended); err == nil || !strings.Contains(err.Error(), "7 downloads are not counted") {
		t.Errorf("got %v", err)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	var log output.Buffer
	s := newStore(t)
	x := track.New(track.Options{Counter: s, Flush: time.Hour, Queue: 2, Log: slog.New(slog.NewTextHandler(&log, nil))})
	const all = 100
	for n := range all {
		x.Requested(nth(n, "a"))
	}
	closeIt(t, x)
	stats := x.Stats()
	if stats.Dropped == 0 || stats.Counted+stats.Dropped != all || counted(t, s) != stats.Counted {
		t.Errorf("%+v of %d, and %d are in the database", stats, all, counted(t, s))
	}
	logged := int64(0)
	for line := range strings.Lines(log.String()) {
		n := int64(0)
		_, number, _ := strings.Cut(line, "downloads were not counted: too many at once, or the database does not answer\" downloads=")
		fmt.Sscan(number, &n)
		logged += n
	}
	if logged != stats.Dropped {
		t.Errorf("the log says %q, want all of %d", log.String(), stats.Dropped)
	}
}

func TestWithoutACounter(t *testing.T) {
	x := track.New(track.Options{})
	for n := range 100 {
		x.Requested(nth(n, fmt.Sprint(n)))
	}
	flush(t, x)
	if stats := x.Stats(); stats.Waiting != 0 || stats.Dropped != 0 {
		t.Errorf("got %+v", stats)
	}
	closeIt(t, x)
}

// Taking note costs no allocation that grows with the downloads.
func TestTakingNoteAllocatesNothing(t *testing.T) {
	x := track.New(track.Options{Flush: time.Hour, Queue: 1 << 20})
	d := nth(1, "a")
	for range 3 { // both buffers reach their size
		for range 5000 {
			x.Requested(d)
		}
		flush(t, x)
	}
	if got := testing.AllocsPerRun(2000, func() { x.Requested(d) }); got != 0 {
		t.Errorf("%v allocations a download", got)
	}
	closeIt(t, x)
}

func BenchmarkRequested(b *testing.B) {
	x := track.New(track.Options{Counter: newStore(b)})
	d := nth(1, "a")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			x.Requested(d)
		}
	})
	if err := x.Close(context.Background()); err != nil {
		b.Error(err)
	}
}
