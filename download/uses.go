package download

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

// Uses counts the downloads by links with a use limit, for every process that
// serves the site.
type Uses interface {
	// Use counts a download, unless the link had all of its, and reports whether it
	// did. Of any number of calls at once, exactly as many are counted as are left.
	Use(ctx context.Context, u catalog.Use) (bool, error)
	// Begun reports whether the client was counted with a download that it may
	// still go on with.
	Begun(ctx context.Context, u catalog.Use) (bool, error)
}

// countWait is how long counting may take before the answer is 503.
const countWait = 3 * time.Second

// DefaultResume is how long a client may go on with a download by a link with a
// use limit, counted from its beginning.
const DefaultResume = time.Hour

// Links is how a service treats signed links.
type Links struct {
	// Verifier has the keys; nil accepts no link.
	Verifier *link.Verifier
	// Fetch, if set, gives the Verifier when a request needs it, for keys that are kept
	// elsewhere. Its error is answered 503.
	Fetch func(ctx context.Context) (*link.Verifier, error)
	// Uses counts; nil answers 503 to links with a use limit.
	Uses Uses
	// Resume is how long a download by a link with a use limit may be gone on with;
	// 0 is DefaultResume.
	Resume time.Duration
}

// linked is a site with its links.
type linked struct {
	Links
	site *core.Site
}

// SetLinks replaces what the service knows of links: its keys, what was revoked.
// It may be called at any time; running requests go on with what they began with.
func (s *Service) SetLinks(l Links) {
	if l.Resume == 0 {
		l.Resume = DefaultResume
	}
	s.links.Store(&linked{l, s.site.WithLinks(l.Verifier)})
}

// plan says what to look at, with the keys of links fetched if the route needs them.
func (s *Service) plan(ctx context.Context, r *Request, links *linked) (core.Plan, error) {
	p := links.site.Plan(r.Request)
	if links.Fetch == nil || p.Route < 0 || !s.routes[p.Route].LinkRequired {
		return p, nil
	}
	v, err := links.Fetch(ctx)
	if err != nil {
		return p, fmt.Errorf("keys of signed links: %w: %w", ErrUndecided, err)
	}
	return s.site.WithLinks(v).Plan(r.Request), nil
}

// limited reports whether the request's link has a use limit.
func (r *Request) limited() bool { return r.Plan.Link != nil && r.Plan.Link.Uses > 0 }

// redeem counts the download of a link or a file with a limit, or takes the answer
// back. What sends no byte of the file (HEAD, 304, 412, 416) and the two-byte
// probe of download managers count nothing and are not taken back. A part from
// the middle counts nothing either; it is for the client that was counted with the
// part from the beginning.
func (l *linked) redeem(ctx context.Context, r *Request, a Answer) Answer {
	if !a.Counts && !a.Continues {
		return a
	}
	var refusal *Answer
	if r.limited() {
		g := r.Plan.Link
		refusal = l.use(ctx, r, a.Counts, catalog.Use{Link: g.ID, Max: g.Uses, Expires: g.Expires}, 403, "the link was used as often as it may be")
	}
	if refusal == nil && a.limit.Max > 0 {
		refusal = l.use(ctx, r, a.Counts, catalog.Use{Link: a.limit.ID, Max: a.limit.Max, Expires: never}, 410, "the file was downloaded as often as it may be")
	}
	if refusal == nil {
		return a
	}
	a.Close()
	refusal.Store, refusal.Key = a.Store, a.Key
	return *refusal
}

// never is the last moment that a date has.
var never = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// use returns the answer in place of the download, nil if it may go on. status and
// reason are for one that was used up.
func (l *linked) use(ctx context.Context, r *Request, counts bool, u catalog.Use, status int, reason string) *Answer {
	if counts && preview(r) {
		return no(403, "a preview does not use a limited number of downloads")
	}
	if l.Uses == nil {
		return no(503, "nobody counts the uses of links and files with a limit")
	}
	u.Client, u.Now, u.Until = host(r.Client), r.Now, r.Now.Add(l.Resume)
	ask := l.Uses.Use
	if !counts {
		ask, status, reason = l.Uses.Begun, 403, "a part of a download that this client has not begun, or too long ago"
	}
	ctx, cancel := context.WithTimeout(ctx, countWait)
	defer cancel()
	ok, err := ask(ctx, u)
	switch {
	case err != nil:
		a := refuse(err)
		return &a
	case !ok:
		return no(status, reason)
	}
	return nil
}

func no(status int, reason string) *Answer { return &Answer{Decision: core.Refuse(status, reason)} }

// host is the address of a client without port and zone, in one form; "" if there
// is none.
func host(client string) string {
	a, err := netip.ParseAddr(client)
	if p, portErr := netip.ParseAddrPort(client); portErr == nil {
		a, err = p.Addr(), nil
	}
	if err != nil {
		return ""
	}
	return a.Unmap().WithZone("").String()
}
