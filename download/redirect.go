package download

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// redirected is the delivery of files that clients get elsewhere.
var (
	redirected             = []core.Delivery{core.Redirect}
	streamedElseRedirected = []core.Delivery{core.Stream, core.Redirect}
)

// send delivers a file that no rule takes, by the first way that is open: from here or
// from elsewhere, as the route or else the file's store says. HEAD and conditions are
// answered here in any case.
func (s *Service) send(ctx context.Context, r *Request, f *File) Answer {
	delivery := s.delivery(r, f)
	if s.routes[r.Plan.Route].protected() && f.Store.Elsewhere().Public() {
		if delivery == storage.Redirect {
			return refuse(fmt.Errorf("store %q: clients are to be sent to a public URL for files that not everybody may have: %w", f.Store.Name(), storage.ErrUnavailable))
		}
		delivery = storage.Stream
	}
	switch delivery {
	case storage.Redirect:
		return s.redirect(ctx, r, f)
	case storage.Auto:
		return s.bySize(ctx, r, f)
	}
	return stream(ctx, r, f)
}

// delivery is as the route or else the file's store says.
func (s *Service) delivery(r *Request, f *File) storage.Delivery {
	if d := s.routes[r.Plan.Route].Delivery; d != "" {
		return d
	}
	return f.Store.Elsewhere().Delivery
}

// plainOnly reports whether the file may go out by a place that cannot be told to say
// which coding a form of it is in.
func (s *Service) plainOnly(r *Request, f *File) bool {
	d := s.delivery(r, f)
	return f.Store.Elsewhere().Public() && (d == storage.Redirect || d == storage.Auto)
}

// bySize sends clients elsewhere for a large file, and for what the adapter cannot
// send. The rest is streamed, and so is a large file for which there is no way
// elsewhere now. A file that was small when it was last seen is opened at once.
func (s *Service) bySize(ctx context.Context, r *Request, f *File) Answer {
	to := f.Store.Elsewhere()
	if to.Presigner == nil {
		return stream(ctx, r, f)
	}
	if s.sizes.below(f, r.small(to.MinSize)) {
		if a := stream(ctx, r, f); a.Status != 503 || a.Cause != nil {
			return a
		} // it has grown
	}
	found, err := f.Store.Stat(ctx, f.Key)
	if err != nil {
		return refuse(err)
	}
	s.sizes.put(f, found.Size)
	if found.Size < to.MinSize && r.canTake(represent(r, f, found)) {
		return stream(ctx, r, f)
	}
	a := s.redirectTo(ctx, r, f, found)
	if errors.Is(a.Cause, storage.ErrUnavailable) {
		return stream(ctx, r, f)
	}
	return a
}

// small is the size below which a file is streamed, whatever else there is to it.
func (r *Request) small(minSize int64) int64 {
	if r.MaxBody > 0 {
		return min(minSize, r.MaxBody+1)
	}
	return minSize
}

// canTake reports whether the adapter can send what the request asks of a file,
// which may be a range of one that is too large as a whole.
func (r *Request) canTake(rep core.Representation) bool {
	switch {
	case r.MaxBody <= 0:
		return true
	case r.Method == "HEAD": // which is as good as the GET of the whole file
		return rep.Size >= 0 && rep.Size <= r.MaxBody
	}
	var d core.Decision
	r.decide(&d, &rep, core.Capabilities{Deliveries: streamedElseRedirected, MultipartRanges: true})
	return d.Delivery != core.Redirect
}

// redirect sends clients elsewhere for the file, or not at all.
func (s *Service) redirect(ctx context.Context, r *Request, f *File) Answer {
	if f.Store.Elsewhere().Presigner == nil {
		return refuse(fmt.Errorf("store %q: clients are to be sent elsewhere, and it has no such place: %w", f.Store.Name(), storage.ErrUnavailable))
	}
	found, err := f.Store.Stat(ctx, f.Key)
	if err != nil {
		return refuse(err)
	}
	return s.redirectTo(ctx, r, f, found)
}

// redirectTo decides about a file that was found and that another server sends.
func (s *Service) redirectTo(ctx context.Context, r *Request, f *File, found core.Metadata) Answer {
	if err := f.check(found); err != nil {
		return refuse(err)
	}
	d := core.Decide(r.Request, represent(r, f, found), core.Capabilities{Deliveries: redirected})
	if d.Delivery != core.Redirect {
		return Answer{Decision: d}
	}
	url, err := f.Store.Presign(ctx, f.Key, s.saidElsewhere(r, &d))
	if err != nil {
		return refuse(err)
	}
	return Answer{Decision: d, Location: url, Size: found.Size}
}

// saidElsewhere is what the other server is to say of the file: as little for caches as
// would be said here, to a client who was allowed or has a link.
func (s *Service) saidElsewhere(r *Request, d *core.Decision) []core.Field {
	there := core.Decision{Status: 200, Fields: d.Elsewhere}
	if route := &s.routes[r.Plan.Route]; route.Allow != nil {
		personal(&there, route.allowedBy())
	}
	r.Plan.Seal(&there)
	return there.Fields
}

// checkDelivery reports a route's delivery that is none, or that its store cannot
// make good.
func checkDelivery(r Route) error {
	switch r.Delivery {
	case "", storage.Stream:
		return nil
	case storage.Redirect, storage.Auto:
	default:
		return fmt.Errorf("pattern %s: there is no delivery %q: write %q, %q or %q", r.Pattern, r.Delivery, storage.Stream, storage.Redirect, storage.Auto)
	}
	v, ok := r.View.(*StorageView)
	if ok && v.Store.Elsewhere().Presigner == nil {
		return fmt.Errorf("pattern %s: delivery %q: store %q has no place to send clients to", r.Pattern, r.Delivery, v.Store.Name())
	}
	return nil
}
