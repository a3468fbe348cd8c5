package track

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// desk is a digest, and what it made of downloads.
type desk struct {
	digest
	repeated int
	events   []Event
}

func newDesk(window time.Duration) *desk {
	d := &desk{}
	d.digest = digest{
		agents: agents{}, await: time.Hour, pending: newPending(),
		known: func() { d.repeated++ }, tell: func(e Event) { d.events = append(d.events, e) },
	}
	if window > 0 {
		d.seen = newSeen(window, maxSeen)
	}
	return d
}

func (d *desk) all() (sum catalog.Tally) {
	for _, t := range d.pending.counts {
		sum = sum.Plus(t)
	}
	return sum
}

func (d *desk) want(t *testing.T, want catalog.Tally) {
	t.Helper()
	if got := d.all(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// get is a download of a file of 100 bytes by a person, in full.
func get(change ...func(*download.Download)) download.Download {
	d := download.Download{
		ID: "request-1", Time: noon, Route: "/d/{slug}", Lookup: core.Item, Slug: "a", Path: "/d/a", Store: "files", Key: "a.bin",
		Status: 200, Delivery: core.Stream, Size: 100, Counts: true, Client: "192.0.2.1:4711", UserAgent: "Mozilla/5.0",
	}
	for _, f := range change {
		f(&d)
	}
	return d
}

func part(start, length int64) func(*download.Download) {
	return func(d *download.Download) {
		d.Status, d.Spans, d.Counts = 206, []core.Span{{Start: start, Length: length}}, start == 0
	}
}

func by(client, agent string) func(*download.Download) {
	return func(d *download.Download) { d.Client, d.UserAgent = client, agent }
}

func at(after time.Duration) func(*download.Download) {
	return func(d *download.Download) { d.Time = noon.Add(after) }
}

// request and end are what a service tells of a download: the first only if it counts.
func (d *desk) request(r download.Download) {
	if r.Counts {
		d.take(&record{Download: r})
	}
}

func (d *desk) end(r download.Download, bytes int64, all bool) {
	d.take(&record{Download: r, ended: true, bytes: bytes, all: all})
}

func (d *desk) whole(r download.Download) {
	n := r.Size
	if len(r.Spans) > 0 {
		n = 0
	}
	for _, s := range r.Spans {
		n += s.Length
	}
	d.request(r)
	d.end(r, n, true)
}

func TestWindow(t *testing.T) {
	const window = time.Hour
	for _, row := range []struct {
		name   string
		second download.Download
		counts int64
	}{
		{"the same at once", get(at(0)), 1},
		{"the same from another port", get(by("192.0.2.1:9", "Mozilla/5.0")), 1},
		{"the same at the end of the window", get(at(window - 1)), 1},
		{"the same after the window", get(at(window)), 2},
		{"another client", get(by("192.0.2.2:4711", "Mozilla/5.0")), 2},
		{"another program of the client", get(by("192.0.2.1:4711", "curl/8")), 2},
		{"another item", get(func(d *download.Download) { d.Slug = "b" }), 2},
		{"another file of the item", get(func(d *download.Download) { d.Field = "extra" }), 2},
		{"IPv4 in IPv6", get(by("[::ffff:192.0.2.1]:4711", "Mozilla/5.0")), 1},
		{"without a port", get(by("192.0.2.1", "Mozilla/5.0")), 1},
		{"a client without an address", get(by("", "Mozilla/5.0")), 2},
		{"through a server on this machine", get(by("127.0.0.1:5", "Mozilla/5.0")), 2},
		{"a socket", get(by("@", "Mozilla/5.0")), 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(window)
			d.request(get())
			d.request(row.second)
			d.want(t, catalog.Tally{Downloads: row.counts})
			if int64(len(d.events)) != row.counts || int64(d.repeated) != 2-row.counts {
				t.Errorf("%d events and %d repeated", len(d.events), d.repeated)
			}
		})
	}
	for _, client := range []string{"@", "", "[::1]:80", "127.0.0.1"} {
		t.Run("clients at "+client+" are never the same", func(t *testing.T) {
			d := newDesk(window)
			d.request(get(by(client, "")))
			d.request(get(by(client, "")))
			d.want(t, catalog.Tally{Downloads: 2})
		})
	}
	t.Run("no window", func(t *testing.T) {
		d := newDesk(0)
		d.whole(get())
		d.whole(get())
		d.want(t, catalog.Tally{Downloads: 2, Completed: 2, Bytes: 200})
	})
}

// The window is shorter in effect when there are too many clients, and memory is not
// exceeded.
func TestSeenIsBounded(t *testing.T) {
	s := newSeen(time.Hour, 100)
	for n := range 1000 {
		key, ok := s.key("a", fmt.Sprintf("192.0.%d.%d", n/250, n%250), "")
		if !ok || s.find(key, noon) != nil {
			t.Fatalf("%d: known before it came", n)
		}
		f := &fetch{at: noon}
		s.add(key, f)
		s.got(f, core.Span{Start: 5, Length: 1}, core.Span{Start: 9, Length: 1})
		if len(s.newer)+len(s.older) > 200 || s.apart > 400 {
			t.Fatalf("%d downloads are remembered, with %d parts", len(s.newer)+len(s.older), s.apart)
		}
		if s.find(key, noon) == nil {
			t.Fatalf("%d: forgotten at once", n)
		}
	}
	first, _ := s.key("a", "192.0.0.0", "")
	if recent, _ := s.key("a", "192.0.3.200", ""); s.find(recent, noon) == nil || s.find(first, noon) != nil {
		t.Error("it is not the oldest that are forgotten")
	}
}

func TestDownloadManagers(t *testing.T) {
	t.Run("2,000 parts count once", func(t *testing.T) {
		d := newDesk(time.Hour)
		for n := range int64(2000) {
			d.whole(get(part(n*1000, 1000), func(x *download.Download) { x.Size = 2_000_000 }))
		}
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 2_000_000})
	})
	t.Run("from 16 places, backwards and again", func(t *testing.T) {
		d := newDesk(time.Hour)
		big := func(x *download.Download) { x.Size = 1600 }
		d.request(get(part(0, 100), big))
		for step := range int64(10) {
			for place := range int64(16) {
				p := get(part(place*100+90-10*step, 10), big)
				d.end(p, 10, true)
				d.end(p, 10, true)
			}
		}
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 3200})
	})
	t.Run("in a random order", func(t *testing.T) {
		d := newDesk(time.Hour)
		d.request(get(part(0, 1), func(x *download.Download) { x.Size = 1000 }))
		for _, n := range rand.New(rand.NewPCG(1, 1)).Perm(1000) {
			d.end(get(part(int64(n), 1), func(x *download.Download) { x.Size = 1000 }), 1, true)
		}
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 1000})
	})
	t.Run("more apart than is kept account of", func(t *testing.T) {
		d := newDesk(time.Hour)
		many := func(x *download.Download) { x.Size = 4000 }
		d.request(get(part(0, 1), many))
		for half := range int64(2) {
			for n := half; n < 4000; n += 2 {
				d.end(get(part(n, 1), many), 1, true)
			}
		}
		d.want(t, catalog.Tally{Downloads: 1, Bytes: 4000})
		if d.seen.apart > maxApart {
			t.Errorf("%d parts are kept", d.seen.apart)
		}
	})
	t.Run("cut off and resumed", func(t *testing.T) {
		d := newDesk(time.Hour)
		d.request(get())
		d.end(get(), 40, false)
		d.end(get(part(40, 60)), 59, false)
		d.want(t, catalog.Tally{Downloads: 1, Bytes: 99})
		d.end(get(part(99, 1)), 1, true)
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 100})
	})
	t.Run("a gap is left", func(t *testing.T) {
		d := newDesk(time.Hour)
		d.request(get())
		d.end(get(), 40, false)
		d.end(get(part(41, 59)), 59, true)
		d.want(t, catalog.Tally{Downloads: 1, Bytes: 99})
	})
	t.Run("several ranges in one answer", func(t *testing.T) {
		d := newDesk(time.Hour)
		several := get(func(x *download.Download) {
			x.Status, x.Spans = 206, []core.Span{{Start: 60, Length: 40}, {Start: 0, Length: 60}}
		})
		d.request(several)
		d.end(several, 150, false)
		d.end(several, 300, true)
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 450})
	})
	t.Run("a file of unknown size", func(t *testing.T) {
		d := newDesk(time.Hour)
		made := get(func(x *download.Download) { x.Size = -1 })
		d.request(made)
		d.end(made, 500, false)
		d.want(t, catalog.Tally{Downloads: 1, Bytes: 500})
		d.end(made, 700, true)
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 1200})
	})
	t.Run("whole twice completes once", func(t *testing.T) {
		d := newDesk(time.Hour)
		d.whole(get())
		d.whole(get())
		d.want(t, catalog.Tally{Downloads: 1, Completed: 1, Bytes: 200})
	})
	t.Run("without a window, parts are not put together", func(t *testing.T) {
		d := newDesk(0)
		d.whole(get(part(0, 50)))
		d.whole(get(part(50, 50)))
		d.want(t, catalog.Tally{Downloads: 1, Bytes: 100})
	})
}

func TestBotsAreCountedApart(t *testing.T) {
	d := newDesk(time.Hour)
	for n, agent := range []string{"Googlebot/2.1", "WhatsApp/2.23", "Synapse (bot; +https://github.com/matrix-org/synapse)", "curl/8.0"} {
		d.whole(get(by(fmt.Sprint("192.0.2.", n), agent)))
	}
	d.want(t, catalog.Tally{Downloads: 1, Bots: 3, Completed: 1, Bytes: 400})
}

func TestName(t *testing.T) {
	object := func(path string) func(*download.Download) {
		return func(d *download.Download) { d.Lookup, d.Path, d.Route = core.Object, path, "/files/{path...}" }
	}
	long := make([]byte, 1025)
	for i := range long {
		long[i] = 'x'
	}
	for _, row := range []struct {
		name   string
		change func(*download.Download)
		want   string
	}{
		{"item", func(*download.Download) {}, "a"},
		{"own field", func(d *download.Download) { d.Field = "file" }, "a"},
		{"further field", func(d *download.Download) { d.Field = "thumbnail" }, "a/thumbnail"},
		{"object", object("/files/b%20c.pdf"), "/files/b%20c.pdf"},
		{"object in another encoding", object("/files/%62 c.pdf"), "/files/b%20c.pdf"},
		{"object with a long path", object("/" + string(long)), "/files/{path...}"},
		{"made on request", func(d *download.Download) { d.Lookup, d.Path, d.Route = core.Custom, "/card/ann", "/card/{name}" }, "/card/{name}"},
		{"of another server", func(d *download.Download) { d.Lookup, d.Path, d.Route = core.Remote, "/r/x", "/r/{path...}" }, "/r/{path...}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := get(row.change)
			if got := Name(&d); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestAwaited(t *testing.T) {
	offloaded := func(d *download.Download) { d.Delivery = core.Offload }
	d := newDesk(time.Hour)
	d.request(get())
	d.request(get(offloaded, by("192.0.2.2", ""), func(x *download.Download) { x.ID = "" }))
	d.request(get(offloaded, by("192.0.2.3", "")))
	d.request(get(offloaded, by("192.0.2.3", "")))
	d.request(get(offloaded, by("192.0.2.4", "Googlebot/2.1")))
	want := []catalog.Awaited{
		{ID: "request-1", Item: "a", Hour: catalog.HourOf(noon), Size: 100, Until: noon.Add(time.Hour)},
		{ID: "request-1", Item: "a", Hour: catalog.HourOf(noon), Size: 100, Until: noon.Add(time.Hour), Bot: true},
	}
	if got := d.pending.awaited; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v", got)
	}
}
