package download_test

import (
	"context"
	"errors"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// limited is an object of which one answer may hold so many ranges.
type limited struct {
	storage.Object
	ranges int
}

func (o limited) MaxRanges() int { return o.ranges }

func opening(open func(context.Context) (storage.Object, error)) download.Route {
	return download.Route{Pattern: "/x", View: download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Key: "made/report.txt", Open: open}, nil
	})}
}

func TestFileInNoStore(t *testing.T) {
	store := memory("a.txt")
	for _, c := range []struct {
		ranges, status int
		rng            string
	}{{0, 200, "bytes=0-0"}, {1, 206, "bytes=0-0"}, {1, 200, "bytes=0-0,3-3"}, {2, 206, "bytes=0-0,3-3"}} {
		s := newService(t, []download.Rule{{Source: "mem", Destination: "/i/"}}, opening(func(ctx context.Context) (storage.Object, error) {
			o, err := store.Open(ctx, "a.txt")
			return limited{o, c.ranges}, err
		}))
		r := get("/x")
		r.Range = c.rng
		a := ask(t, s, r)
		if a.Status != c.status || a.Delivery != core.Stream {
			t.Errorf("%s of an object with %d ranges: %d by %v, want %d", c.rng, c.ranges, a.Status, a.Delivery, c.status)
		}
		if got := a.Get("Content-Disposition"); got != `attachment; filename="report.txt"` {
			t.Errorf("name: %q", got)
		}
	}
}

func TestFileInNoStoreThatCannotBeOpened(t *testing.T) {
	s := newService(t, nil, opening(func(context.Context) (storage.Object, error) { return nil, storage.ErrNotFound }))
	if a := ask(t, s, get("/x")); a.Status != 404 || !errors.Is(a.Cause, storage.ErrNotFound) {
		t.Errorf("%d (%v), want 404", a.Status, a.Cause)
	}
}
