package httpstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxRedirects is how many redirects in a row are followed.
const maxRedirects = 5

// call is an exchange with a server from the first connection to the last byte.
type call struct {
	client *Client
	loop   string          // CDN-Loop
	outer  context.Context // the caller's
	ctx    context.Context // ends with outer, or when a time limit is over
	cancel context.CancelCauseFunc
	total  *time.Timer // nil without a limit
}

func (o *object) call(outer context.Context) *call {
	ctx, cancel := context.WithCancelCause(outer)
	c := o.client
	return &call{client: c, loop: c.passedOn(o.through), outer: outer, ctx: ctx, cancel: cancel, total: after(c.opts.TotalTimeout, cancel, errTotal)}
}

// after ends a context with cause when d is over, unless d is no limit.
func after(d time.Duration, cancel context.CancelCauseFunc, cause error) *time.Timer {
	if d < 0 {
		return nil
	}
	return time.AfterFunc(d, func() { cancel(cause) })
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// end gives the exchange up: its connection is closed if the answer was not read.
func (x *call) end() {
	stop(x.total)
	x.cancel(nil)
}

// send sends a request with these fields and follows redirects. On an error the
// call has ended.
func (x *call) send(method string, u *url.URL, fields http.Header) (*http.Response, error) {
	head := after(x.client.opts.HeadTimeout, x.cancel, errHead)
	defer stop(head)
	resp, err := x.follow(method, u, fields)
	if err != nil {
		err = x.failure(err)
		x.end()
	}
	return resp, err
}

func (x *call) follow(method string, u *url.URL, fields http.Header) (*http.Response, error) {
	for hop := 0; hop <= maxRedirects; hop++ {
		if err := x.client.check(u); err != nil {
			return nil, err
		}
		resp, err := x.once(method, u, fields)
		if err != nil {
			return nil, err
		}
		location := resp.Header.Get("Location")
		if !redirects(resp.StatusCode) || location == "" {
			return resp, nil
		}
		discard(resp.Body)
		next, err := u.Parse(location)
		if err != nil {
			return nil, badGateway("%s redirects to what is no URL", place(u))
		}
		u = next
	}
	return nil, badGateway("more than %d redirects, the last to %s", maxRedirects, place(u))
}

func redirects(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// once sends one request, built from nothing.
func (x *call) once(method string, u *url.URL, fields http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(x.ctx, method, "", nil)
	if err != nil {
		return nil, badGateway("%w", err)
	}
	req.URL, req.Host = u, u.Host
	req.Header = http.Header{
		"Accept":          {"*/*"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"Downlink"},
		loopField:         {x.loop},
	}
	for name, values := range fields {
		req.Header[name] = values
	}
	return x.client.transport.RoundTrip(req)
}

// discard reads a short body, so that its connection can be used again.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	body.Close()
}

var (
	errHead  = errors.New("no head of an answer within head_timeout")
	errIdle  = errors.New("nothing more of the body within idle_timeout")
	errTotal = errors.New("the answer took longer than total_timeout")
)

// failure says what an error of the network comes to.
func (x *call) failure(err error) error {
	var late net.Error
	switch cause := context.Cause(x.ctx); {
	case errors.Is(err, ErrBadGateway), errors.Is(err, ErrTimeout):
		return err
	case cause == errHead, cause == errIdle, cause == errTotal:
		return fmt.Errorf("%w: %w", ErrTimeout, cause)
	case x.outer.Err() != nil:
		return x.outer.Err()
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return badGateway("%w", err)
}
