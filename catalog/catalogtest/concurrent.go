package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

func contextEnded(t *testing.T, d catalog.Driver) {
	put(t, d, item("a"))
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancelLate := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancelLate()
	for _, row := range []struct {
		ctx  context.Context
		want error
	}{{ended, context.Canceled}, {late, context.DeadlineExceeded}} {
		if got, err := d.Item(row.ctx, "a"); !errors.Is(err, row.want) || !got.Equal(catalog.Item{}) {
			t.Errorf("item: got %+v, %v; want %v", got, err, row.want)
		}
		err := d.List(row.ctx, "", func(it catalog.Item) bool {
			t.Errorf("list: got %q", it.Slug)
			return true
		})
		if !errors.Is(err, row.want) {
			t.Errorf("list: got %v, want %v", err, row.want)
		}
		if err := d.Put(row.ctx, []catalog.Item{item("b")}); !errors.Is(err, row.want) {
			t.Errorf("put: got %v, want %v", err, row.want)
		}
	}
	wantSlugs(t, d, "", "a")
}

// putAllOrNone lets the time run out ever later, until a put succeeds; the ones
// before have left nothing behind.
func putAllOrNone(t *testing.T, d catalog.Driver) {
	const first = 100 * time.Microsecond
	items := many("before")[:500]
	put(t, d, items...)
	failed := 0
	limit := first
	for try := range 100 {
		title := fmt.Sprintf("try %d", try)
		for i := range items {
			items[i].Title = title
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		err := d.Put(ctx, items)
		cancel()
		if titles := titlesOf(t, d); len(titles) != 1 || titles[title] != (err == nil) {
			t.Fatalf("after %v, put said %v and the titles are %v", limit, err, titles)
		}
		limit = limit * 3 / 2
		switch {
		case err == nil && failed > 0:
			return
		case err == nil: // the machine was too busy to tell the time
			limit = first
		case !errors.Is(err, context.DeadlineExceeded):
			t.Fatalf("got %v, want the context's error", err)
		default:
			failed++
		}
	}
	t.Errorf("%d of 100 puts failed: no put that succeeds after one that fails", failed)
}

func titlesOf(t *testing.T, d catalog.Driver) map[string]bool {
	t.Helper()
	titles := map[string]bool{}
	err := d.List(context.Background(), "", func(it catalog.Item) bool {
		titles[it.Title] = true
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return titles
}

// readersDuringPut: a reader sees whole items, never goes back to an older one,
// and is never refused because somebody puts.
func readersDuringPut(t *testing.T, d catalog.Driver) {
	const rounds = 20
	version := func(n int) catalog.Item {
		it := item("a")
		it.Title = fmt.Sprintf("%08d", n)
		it.Name = it.Title + "\x00"
		return it
	}
	put(t, d, version(0))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			last := ""
			for end := false; !end; {
				select {
				case <-done:
					end = true // one more read, which is after the last put
				default:
				}
				got, err := d.Item(context.Background(), "a")
				if err != nil || got.Name != got.Title+"\x00" || got.Title < last {
					t.Errorf("got %+v after title %q, %v", got, last, err)
					return
				}
				last = got.Title
			}
			if want := version(rounds).Title; last != want {
				t.Errorf("got title %q at the end, want %q", last, want)
			}
		})
	}
	others := many("")[:100]
	for n := range rounds {
		put(t, d, append(others, version(n+1))...)
		wantItem(t, d, version(n+1))
	}
	close(done)
	readers.Wait()
}

func manyPutting(t *testing.T, d catalog.Driver) {
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 10 {
				if err := d.Put(context.Background(), []catalog.Item{item(fmt.Sprintf("%d-%d", n, i))}); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
	}
	all.Wait()
	if got := slugs(t, d, ""); len(got) != 80 {
		t.Errorf("got %d items, want 80", len(got))
	}
}

func closed(t *testing.T, d catalog.Driver) {
	put(t, d, item("a"))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := d.Item(context.Background(), "a")
	errList := d.List(context.Background(), "", func(catalog.Item) bool { return true })
	errPut := d.Put(context.Background(), []catalog.Item{item("b")})
	for what, err := range map[string]error{"item": err, "list": errList, "put": errPut} {
		if !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", what, err)
		}
	}
}
