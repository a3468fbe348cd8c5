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
	complete := false
	if f := g.fetchOf(r, name); f != nil {
		hour, complete = f.hour, g.complete(f, r)
	} else { // who is not remembered can only have it in one answer
		complete = r.Counts && whole(r) && !g.agents.bot(r.UserAgent)
	}
	if complete {
		sent.Completed = 1
	}
	if sent != (catalog.Tally{}) {
		g.pending.add(name, hour, sent)
	}
}

// fetchOf is the download that an answer was of, nil if it is not remembered.
func (g *digest) fetchOf(r *record, name string) *fetch {
	if g.seen == nil {
		return nil
	}
	key, ok := g.seen.key(name, r.Client, r.UserAgent)
	if !ok {
		return nil
	}
	return g.seen.find(key, r.Time)
}

// complete reports whether the answer completes the download, for the first time.
func (g *digest) complete(f *fetch, r *record) bool {
	if f.done || !f.person {
		return false
	}
	switch {
	case r.Spans == nil:
		g.seen.got(f, core.Span{Length: r.bytes})
	case len(r.Spans) == 1:
		g.seen.got(f, core.Span{Start: r.Spans[0].Start, Length: min(r.bytes, r.Spans[0].Length)})
	case r.all:
		g.seen.got(f, r.Spans...)
	}
	if !whole(r) && !f.parts.whole(r.Size) {
		return false
	}
	g.seen.finish(f)
	return true
}

// whole reports whether one answer had all of the file.
func whole(r *record) bool {
	switch len(r.Spans) {
	case 0:
		return r.all
	case 1:
		return r.all && r.Spans[0].Start == 0 && r.Spans[0].Length == r.Size
	}
	return false
}
