package flight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/downlink-go/downlink/internal/flight"
)

func TestCallersShareOneWork(t *testing.T) {
	var g flight.Group[int]
	var ran atomic.Int32
	release := make(chan struct{})
	var joined, all sync.WaitGroup
	joined.Add(50)
	for range 50 {
		all.Go(func() {
			v, err := g.Do(onWait{t.Context(), joined.Done}, "a", func(context.Context) (int, error) {
				ran.Add(1)
				<-release
				return 7, nil
			})
			if v != 7 || err != nil {
				t.Errorf("%d, %v", v, err)
			}
		})
	}
	joined.Wait()
	v, err := g.Do(t.Context(), "b", func(context.Context) (int, error) { return 8, errors.New("bad") })
	if v != 8 || err == nil {
		t.Errorf("another key: %d, %v", v, err)
	}
	close(release)
	all.Wait()
	if n := ran.Load(); n != 1 {
		t.Errorf("ran %d times for 50 callers", n)
	}
}

// TestOneCallerGoes: the first caller goes, the second still gets the result of
// the one work.
func TestOneCallerGoes(t *testing.T) {
	var g flight.Group[int]
	release, started := make(chan struct{}), make(chan struct{})
	var ran atomic.Int32
	work := func(ctx context.Context) (int, error) {
		ran.Add(1)
		close(started)
		select {
		case <-release:
			return 7, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	first, goes := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { _, err := g.Do(first, "a", work); gone <- err }()
	<-started
	got := make(chan int)
	go func() { v, _ := g.Do(onWait{t.Context(), goes}, "a", work); got <- v }()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that went: %v", err)
	}
	close(release)
	if v := <-got; v != 7 || ran.Load() != 1 {
		t.Errorf("the caller that stayed: %d after %d works", v, ran.Load())
	}
}

// onWait tells when a caller has joined: Do asks for Done when it waits.
type onWait struct {
	context.Context
	joined func()
}

func (c onWait) Done() <-chan struct{} { c.joined(); return nil }

func TestAllCallersGo(t *testing.T) {
	var g flight.Group[int]
	stopped := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := g.Do(ctx, "a", func(inner context.Context) (int, error) {
		cancel()
		<-inner.Done()
		close(stopped)
		return 0, inner.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-stopped
	if v, err := g.Do(t.Context(), "a", func(context.Context) (int, error) { return 9, nil }); v != 9 || err != nil {
		t.Errorf("the next caller gets %d, %v", v, err)
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	var g flight.Group[int]
	defer func() {
		p, ok := recover().(*flight.Panic)
		if !ok || p.Value != "oh" || len(p.Stack) == 0 {
			t.Errorf("recovered %v", p)
		}
	}()
	g.Do(t.Context(), "a", func(context.Context) (int, error) { panic("oh") })
	t.Error("no panic")
}
