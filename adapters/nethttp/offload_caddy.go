package nethttp

import (
	"strconv"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// toCaddy is X-Accel-Redirect, as handle_response in Caddy's configuration takes it,
// with the path as it is: Caddy 2.6 does not decode a placeholder. The service
// names no path that newer ones would decode or cut. The range is always there, ""
// for none: Caddy leaves a placeholder as it stands for a field that is missing.
func (x *exchange) toCaddy(t *download.Target) {
	x.hand("X-Accel-Redirect", t.Path)
	w := fieldWriter{header: x.w.Header()}
	w.header[rangeName] = []string{""}
	w.setRange(x.answer.Spans)
}

// rangeName is the field that tells a front server what to send.
const rangeName = "X-Downlink-Range"

// setRange tells a front server that obeys the one range to send. It takes the
// place of the client's Range and If-Range, which were looked at already.
func (w *fieldWriter) setRange(spans []core.Span) {
	if len(spans) != 1 {
		return
	}
	var buf [64]byte
	b := append(buf[:0], "bytes="...)
	b = strconv.AppendInt(b, spans[0].Start, 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, spans[0].Start+spans[0].Length-1, 10)
	w.header[rangeName] = []string{string(b)}
}
