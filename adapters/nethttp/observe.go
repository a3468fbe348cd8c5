package nethttp

import (
	"time"

	"github.com/downlink-go/downlink/core"
)

// Observer is told of every request, for metrics: see package metrics. Its methods
// are called by many goroutines and take no time.
type Observer interface {
	// Sending is told 1 when this process begins to send a file, -1 when it ended.
	Sending(n int)
	// Ended is told of an answer: how many bytes of body were sent, and how long it
	// took until its head was ready.
	Ended(status int, delivery core.Delivery, bytes int64, ready time.Duration)
}

// observe tells the observer how the exchange ended, whatever happened in it.
func (x *exchange) observe() {
	if o := x.opts.Observer; o != nil {
		if x.ready == 0 {
			x.ready = time.Since(x.start)
		}
		o.Ended(x.answer.Status, x.answer.Delivery, x.bytes, x.ready)
	}
}

// headIsReady notes the time.
func (x *exchange) headIsReady() {
	if x.opts.Observer != nil {
		x.ready = time.Since(x.start)
	}
}

// sending tells the observer that a file begins to go out. Call what it returns at the
// end.
func (x *exchange) sending() (ended func()) {
	o := x.opts.Observer
	if o == nil {
		return func() {}
	}
	o.Sending(1)
	return func() { o.Sending(-1) }
}
