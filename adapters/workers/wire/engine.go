package wire

import (
	"strconv"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

// maxKey is the longest key of R2 in bytes.
const maxKey = 1024

// Engine asks core the two questions for frames. Between calls it keeps the site
// and nothing of any request: requests that interleave cannot meet in it.
type Engine struct {
	site   *core.Site
	routes []core.Route
	rules  link.Options
}

// Configure sets the site from its frame. It is called once, before anything else.
func (e *Engine) Configure(frame []byte) error {
	s, err := parseSite(frame)
	if err != nil {
		return err
	}
	e.routes, e.rules = s.Routes, s.Links
	e.site, err = core.NewSite(s.Routes)
	return err
}

// Plan appends the plan of the request in frame: its lookup, and if that is Answered
// the decision. Else there follow the start and the length of core.FirstSpan, and a
// line each for the name of the store (of an Object), the key or slug, and the field
// (of an Item); and for a link with a use limit its id, the limit and when it expires
// in seconds since 1970.
func (e *Engine) Plan(dst, frame []byte) ([]byte, error) {
	r := newReader(frame)
	q := r.request()
	if err := r.end(); err != nil {
		return dst, err
	}
	p := e.plan(q)
	dst = append(dst, byte(p.Lookup))
	if p.Lookup == core.Answered {
		return appendDecision(dst, &p.Answer), nil
	}
	first := core.FirstSpan(q)
	dst = appendFloat64(dst, float64(first.Start))
	dst = appendFloat64(dst, float64(first.Length))
	dst = append(dst, e.routes[p.Route].Source...)
	dst = append(dst, '\n')
	dst = append(dst, p.Key...)
	dst = append(dst, '\n')
	dst = append(dst, p.Field...)
	if g := p.Link; g != nil && g.Uses > 0 {
		dst = append(dst, '\n')
		dst = append(dst, g.ID...)
		dst = append(dst, '\n')
		dst = strconv.AppendInt(dst, g.Uses, 10)
		dst = append(dst, '\n')
		dst = strconv.AppendInt(dst, g.Expires.Unix(), 10)
	}
	return dst, nil
}

// plan is core's, but for keys that R2 has not got: text of at most 1024 bytes.
func (e *Engine) plan(q core.Request) core.Plan {
	p := e.site.Plan(q)
	if p.Lookup != core.Answered && !storable(p.Key) {
		d := core.Refuse(404, "R2 has no such keys")
		p.Seal(&d)
		return core.Plan{Route: p.Route, Answer: d}
	}
	return p
}

func storable(key string) bool { return len(key) <= maxKey && utf8.ValidString(key) }

// Agent appends whether the User-Agent that is the frame names a robot, and whether it
// names a program that previews links: 0 or 1 each.
func (e *Engine) Agent(dst, frame []byte) ([]byte, error) {
	agent := string(frame)
	return append(dst, bit(core.Robot(agent)), bit(core.Previews(agent))), nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// The deliveries of a Worker: the platform's own stream.
var streamed = []core.Delivery{core.Stream}

// Decide appends the decision about the request and the result in frame. The request
// is planned again, so that nothing that JavaScript says about the plan counts.
func (e *Engine) Decide(dst, frame []byte) ([]byte, error) {
	r := newReader(frame)
	q, found := r.request(), r.result()
	if err := r.end(); err != nil {
		return dst, err
	}
	d := e.decide(q, &found)
	return appendDecision(dst, &d), nil
}

func (e *Engine) decide(q core.Request, found *Result) core.Decision {
	p := e.plan(q)
	if p.Lookup == core.Answered {
		return p.Answer
	}
	d := found.decide(q, &p, e.routes[p.Route].Options)
	p.Seal(&d)
	return d
}

// decide decides about what was found for a plan, with the options of its route.
func (f *Result) decide(q core.Request, p *core.Plan, options core.Options) core.Decision {
	file, m := f.File, f.Metadata
	if p.Lookup == core.Object {
		file = File{Key: p.Key}
	}
	switch status := file.Offer.Status(q.Now); {
	case status != 200:
		return core.Refuse(status, "the item is a draft, not yet published or expired")
	case f.State != Found:
		x := refusals[f.State]
		return core.Refuse(x.status, x.reason)
	case core.CheckKey(file.Key) != "" || !storable(file.Key):
		return core.Refuse(404, "no such file")
	case file.Size > 0 && file.Size != m.Size: // its validators would name the wrong bytes
		return core.Refuse(503, "the item says another size than the store")
	}
	if file.ETag != "" {
		m.ETag = file.ETag
	}
	if !file.Modified.IsZero() {
		m.LastModified = file.Modified
	}
	options = p.Present(file.Options.Or(options))
	rep := options.Represent(file.Key, m)
	rep.Digest = file.Digest
	return core.Decide(q, rep, core.Capabilities{Deliveries: streamed, MultipartRanges: true})
}
