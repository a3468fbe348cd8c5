package track

import (
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
)

// digest makes counts and events of what the service told. Only one goroutine uses it.
type digest struct {
	seen    *seen // nil: every request counts
	agents  agents
	await   time.Duration // for how long a front server's log is waited for; 0: not
	pending *pending
	tell    func(Event)
	known   func() // a download was known already
}

func (g *digest) take(r *record) {
	if r.ended {
		g.ended(r)
		return
	}
	g.requested(r)
}

// requested counts a download, unless its client began it a while ago.
func (g *digest) requested(r *record) {
	name, robot := Name(&r.Download), g.agents.bot(r.UserAgent)
	hour := catalog.HourOf(r.Time)
	if g.seen != nil {
		if key, ok := g.seen.key(name, r.Client, r.UserAgent); ok {
			if g.seen.find(key, r.Time) != nil {
				g.known()
				return
			}
			g.seen.add(key, &fetch{at: r.Time, hour: hour, person: !robot})
		}
	}
	one := catalog.Tally{Downloads: 1}
	if robot {
		one = catalog.Tally{Bots: 1}
	}
	g.pending.add(name, hour, one)
	if r.Delivery == core.Offload && g.await > 0 && r.ID != "" && r.Size >= 0 {
		g.pending.await(catalog.Awaited{ID: r.ID, Item: name, Hour: hour, Size: r.Size, Bot: robot, Until: r.Time.Add(g.await)})
	}
	if g.tell != nil {
		g.tell(event(&r.Download, name, robot))
	}
}

// ended adds the bytes of an answer, and notes the download as complete if its client
// has all of the file now, be it by this answer or by several.
func (g *digest) ended(r *record) {
	name := Name(&r.Download)
	sent := catalog.Tally{Bytes: r.bytes}
	hour := catalog.HourOf(r.Time)
	f := g.fetchOf(r, name)
	if f != nil {
		hour = f.hour
		if g.complete(f, r) {
			sent.Completed = 1
		}
	}
	if sent != (catalog.Tally{}) {
		g.pending.add(name, hour, sent)
	}
}

// fetchOf is the download that an answer was of. Who is not remembered can only have
// it in one answer.
func (g *digest) fetchOf(r *record, name string) *fetch {
	if g.seen != nil {
		if key, ok := g.seen.key(name, r.Client, r.UserAgent); ok {
			return g.seen.find(key, r.Time)
		}
	}
	if !r.Counts {
		return nil
	}
	return &fetch{hour: catalog.HourOf(r.Time), person: !g.agents.bot(r.UserAgent)}
}

// complete reports whether the answer completes the download, for the first time.
func (g *digest) complete(f *fetch, r *record) bool {
	if f.done || !f.person {
		return false
	}
	switch {
	case r.Spans == nil && r.all:
		f.done = true
	case r.Spans == nil:
		f.parts = f.parts.add(core.Span{Length: r.bytes})
	case len(r.Spans) == 1:
		f.parts = f.parts.add(core.Span{Start: r.Spans[0].Start, Length: min(r.bytes, r.Spans[0].Length)})
	case r.all:
		for _, s := range r.Spans {
			f.parts = f.parts.add(s)
		}
	}
	f.done = f.done || f.parts.whole(r.Size)
	if f.done {
		f.parts = nil
	}
	return f.done
}
