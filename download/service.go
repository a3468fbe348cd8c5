package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/storage"
)

// Route puts a view at a URL pattern.
type Route struct {
	Pattern string // as core.ParsePattern reads it
	View    View
	// Offload is the name of the one rule for the view's files, Off for none, ""
	// for the first rule that matches.
	Offload string
	// Delivery is how files are delivered that no rule takes; "" is as their store says.
	Delivery storage.Delivery
	// LinkRequired lets only requests with a signed link in. SetLinks says which.
	LinkRequired bool
	// Allow, if set, is asked whether the client may have the file. Answers to those
	// who may are kept out of shared caches.
	Allow Allow
	// AllowBy are the request fields by which Allow tells clients apart, which caches
	// have to do too (Vary); nil is Authorization and Cookie.
	AllowBy []string
}

// protected reports whether not everybody may have the route's files.
func (r *Route) protected() bool { return r.LinkRequired || r.Allow != nil }

// Service answers requests for the files of a site. It serves any number of
// goroutines; nothing of it changes but its links.
type Service struct {
	site   *core.Site
	links  atomic.Pointer[linked]
	routes []Route
	rules  [][]*Rule // by route

	sizes    sizes
	recorder Recorder // nil tells nobody
}

// New returns a service for the routes. rules are tried in their order. A pattern, a view
// or a rule that cannot be used is an error.
func New(routes []Route, rules []Rule) (*Service, error) {
	for i := range rules {
		if err := rules[i].check(); err != nil {
			return nil, fmt.Errorf("rule %d, of %s: %w", i+1, cmp.Or(rules[i].Source, rules[i].SourceDir, rules[i].SourceURL, "nothing"), err)
		}
	}
	s := &Service{routes: slices.Clone(routes)}
	planned := make([]core.Route, len(routes))
	for i, r := range routes {
		if err := checkView(r.View); err != nil {
			return nil, fmt.Errorf("pattern %s: %w", r.Pattern, err)
		}
		planned[i] = core.Route{Lookup: core.Custom}
		if v, ok := r.View.(interface{ route() core.Route }); ok {
			planned[i] = v.route()
		}
		planned[i].Pattern, planned[i].LinkRequired = r.Pattern, r.LinkRequired
		if err := errors.Join(checkDelivery(r), checkAllowBy(r)); err != nil {
			return nil, err
		}
		chosen, err := choose(r.Offload, rules)
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", r.Pattern, err)
		}
		s.rules = append(s.rules, chosen)
	}
	var err error
	if s.site, err = core.NewSite(planned); err != nil {
		return nil, err
	}
	s.SetLinks(Links{})
	return s, nil
}

// choose returns the rules that a route's Offload leaves.
func choose(offload string, rules []Rule) ([]*Rule, error) {
	var chosen []*Rule
	for i := range rules {
		if r := rules[i]; offload == "" || offload == r.Name {
			chosen = append(chosen, &r)
		}
	}
	switch {
	case offload == Off:
		return nil, nil
	case offload != "" && chosen == nil:
		return nil, fmt.Errorf("no offload rule is called %q", offload)
	}
	return chosen, nil
}

// Answer is a decision and what is needed to carry it out. Close it.
type Answer struct {
	core.Decision
	// Store and Key are where the view says the file is; Store is nil for a file in
	// no store, and Key "" if the view says nothing.
	Store *storage.Store
	Key   string
	// Size is that of the file in bytes, whoever sends it; -1 if it is not known.
	Size int64
	// Object is open if Delivery is Stream.
	Object storage.Object
	// Target is set if Delivery is Offload.
	Target Target
	// Location is set if Delivery is Redirect. It holds a signature: it goes to the
	// client and nowhere else.
	Location string
	// Link is what the request's signed link grants, nil without one.
	Link *link.Grant
	// Rate is how many bytes a second the client may have; 0 is any number.
	Rate int64
	// Cause is the error behind a refusal, for the log; nil if there is none.
	Cause error

	limit Limit // of the file
}

// Close closes the object.
func (a *Answer) Close() error {
	if a.Object == nil {
		return nil
	}
	return a.Object.Close()
}

// The deliveries of a file, best first.
var (
	streamed  = []core.Delivery{core.Stream}
	offloaded = []core.Delivery{core.Offload}
	either    = []core.Delivery{core.Offload, core.Stream}
)

// Answer plans the request, asks whether it is allowed, looks up the file and
// decides. It sets r.Plan.
func (s *Service) Answer(ctx context.Context, r *Request) Answer {
	links := s.links.Load()
	var err error
	if r.Plan, err = s.plan(ctx, r, links); err != nil {
		return refuse(err)
	}
	if r.Plan.Lookup == core.Answered {
		return Answer{Decision: r.Plan.Answer}
	}
	a := s.allowed(ctx, r)
	if r.limited() || a.limit.Max > 0 {
		a = links.redeem(ctx, r, a)
	}
	r.Plan.Seal(&a.Decision)
	a.Link = r.Plan.Link
	s.requested(r, &a)
	return a
}

// allowed answers a request whose link is good.
func (s *Service) allowed(ctx context.Context, r *Request) Answer {
	allow := s.routes[r.Plan.Route].Allow
	if allow == nil {
		return s.find(ctx, r)
	}
	if err := allow(ctx, r); err != nil {
		return deny(err)
	}
	a := s.find(ctx, r)
	personal(&a.Decision, s.routes[r.Plan.Route].allowedBy())
	return a
}

// find looks up the file and decides.
func (s *Service) find(ctx context.Context, r *Request) Answer {
	file, err := s.routes[r.Plan.Route].View.File(ctx, r)
	if err != nil {
		return refuse(err)
	}
	a := s.from(ctx, r, &file)
	a.Key, a.limit, a.Rate = file.Key, file.Limit, file.Rate
	return a
}

// from decides about a view's file where that is.
func (s *Service) from(ctx context.Context, r *Request, file *File) Answer {
	if file.Open != nil {
		file.Store = nil
		return stream(ctx, r, file)
	}
	if file.Store == nil {
		return refuse(errNoStore)
	}
	if !s.plainOnly(r, file) {
		if err := file.negotiate(ctx, r); err != nil {
			return refuse(err)
		}
	}
	a := s.deliver(ctx, r, file)
	a.Store = file.Store
	return a
}

// deliver has the first rule that matches the file take it, or sends it. Rules are
// matched against the file that links lead to: it is that one which the front
// server is told to send.
func (s *Service) deliver(ctx context.Context, r *Request, f *File) Answer {
	rules := s.rules[r.Plan.Route]
	if !slices.ContainsFunc(rules, func(rule *Rule) bool { return rule.through(r.Front) && rule.concerns(f.Store) }) {
		return s.send(ctx, r, f)
	}
	key, found, err := f.Store.Resolve(ctx, f.Key)
	if err != nil {
		return refuse(err)
	}
	if err := f.check(found); err != nil {
		return refuse(err)
	}
	for _, rule := range rules {
		if rest, ok := rule.match(f.Store, key); ok && rule.through(r.Front) {
			return offload(ctx, r, f, found, rule, rest)
		}
	}
	return s.send(ctx, r, f)
}

// offload decides about a file that a front server sends: it is looked at, not
// opened, unless the request is one that front servers read in ways of their own.
// Then it is streamed, if this process may read it; so is a file that the front
// server cannot be told of, or cannot send with its fields, and a part of one by a
// link with a use limit: what is counted as a part must not go out whole.
func offload(ctx context.Context, r *Request, f *File, found core.Metadata, rule *Rule, rest string) Answer {
	rep := represent(r, f, found)
	own := rep.ETag != found.ETag || !rep.LastModified.Equal(found.LastModified)
	target := rule.target(rest, own || rule.codedApart(&rep))
	if !rule.canSay(target.Path) || !rule.canSend(r, &rep, own) || f.Rate > 0 && rule.server() != Nginx {
		return stream(ctx, r, f)
	}
	c := rule.capabilities(own)
	q := r.Request
	if (r.limited() || f.Limit.Max > 0) && q.Range != "" {
		if a := stream(ctx, r, f); a.Cause == nil {
			return a
		}
		q.Range = "" // whatever the front server makes of it counts
	}
	a := Answer{Target: target, Size: found.Size}
	core.DecideInto(&a.Decision, &q, &rep, &c)
	if a.Delivery == core.Stream {
		if a := stream(ctx, r, f); a.Cause == nil {
			return a
		}
		c.Deliveries = offloaded
		core.DecideInto(&a.Decision, &r.Request, &rep, &c)
	}
	return a
}

// stream decides about a file that this process sends: what was opened is what
// is decided about.
func stream(ctx context.Context, r *Request, f *File) Answer {
	object, err := f.open(ctx, r)
	if err != nil {
		return refuse(err)
	}
	handedOver := false
	defer func() { // also if a hook of the view panics
		if !handedOver {
			object.Close()
		}
	}()
	if err := f.check(object.Metadata()); err != nil {
		return refuse(err)
	}
	rep := represent(r, f, object.Metadata())
	var a Answer
	r.decide(&a.Decision, &rep, canStream(object))
	r.hideRanges(&a.Decision)
	if a.Delivery != core.Stream {
		return a
	}
	if err := prepare(ctx, object, a.Spans); err != nil {
		return refuse(err)
	}
	a.Object, a.Size, handedOver = object, object.Metadata().Size, true
	return a
}

// prepare asks a remote store for the first bytes to send, so that its failure is a
// 503 and not a download that breaks off.
func prepare(ctx context.Context, o storage.Object, spans []core.Span) error {
	p, ok := o.(storage.Preparer)
	if !ok {
		return nil
	}
	first := core.Span{Length: o.Metadata().Size}
	if len(spans) > 0 {
		first = spans[0]
	}
	return p.Prepare(ctx, first)
}

// open opens the file where it is, at what the request will most likely have sent.
func (f *File) open(ctx context.Context, r *Request) (storage.Object, error) {
	if f.Open != nil {
		return f.Open(ctx)
	}
	return f.Store.OpenAt(ctx, f.Key, core.FirstSpan(r.Request))
}

func (f *File) check(found core.Metadata) error {
	if f.Check == nil {
		return nil
	}
	return f.Check(found)
}

// canStream says what this process can send of an open object.
func canStream(o storage.Object) core.Capabilities {
	c := core.Capabilities{Deliveries: streamed, MultipartRanges: true}
	if l, ok := o.(storage.RangeLimiter); ok {
		n := l.MaxRanges()
		c.NoRanges, c.MultipartRanges = n < 1, n > 1
	}
	return c
}

var errNoStore = errors.New("the view returned a file without a store")

func refuse(err error) Answer { return Answer{Decision: refusal(err), Cause: err} }

// represent applies the view's options and hooks to what was found.
func represent(r *Request, f *File, found core.Metadata) core.Representation {
	rep := r.Plan.Present(f.Options).Represent(f.coded.of(f.Key, &found), found)
	if f.Adjust != nil {
		adjusted := rep // escapes, where rep need not
		f.Adjust(&adjusted)
		rep = adjusted
	}
	if f.Precompressed != nil {
		f.coded.describe(&rep)
	}
	if f.WasModifiedSince != nil && r.IfNoneMatch == "" {
		askModified(r, f, &rep)
	}
	return rep
}

// askModified lets the view compare If-Modified-Since. Its yes takes the field
// away, its no makes the date the file's own, so that Decide comes to a 304.
func askModified(r *Request, f *File, rep *core.Representation) {
	since, ok := core.ParseHTTPDate(r.IfModifiedSince, r.Now)
	if !ok {
		return
	}
	if f.WasModifiedSince(since) {
		r.IfModifiedSince = ""
		return
	}
	rep.LastModified = since.Truncate(time.Second)
}
