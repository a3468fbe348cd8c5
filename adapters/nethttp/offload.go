package nethttp

import (
	"net/http"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// toNginx has nginx send the file: X-Accel-Redirect and its companions
// (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers).
// It is called for a decision to serve only: with an error status nginx would
// send the file under 200 all the same.
func (x *exchange) toNginx() {
	t := &x.answer.Target
	w := newFieldWriter(x.w.Header(), len(x.answer.Fields)+6)
	for _, f := range x.answer.Fields {
		if !nginxMakes(f.Name, t.Own) {
			w.set(http.CanonicalHeaderKey(f.Name), f.Value)
		}
	}
	w.header["Date"] = nil // net/http's own, in whose place nginx puts one
	var buf [256]byte
	w.set("X-Accel-Redirect", string(core.AppendEscapedPath(buf[:0], t.Path)))
	w.setAccel(t.Rule, x.answer.Rate)
	if t.Rule.Remote != "" {
		w.setRange(x.answer.Spans)
	}
	w.set(requestIDName, x.id)
}

// nginxMakes reports whether nginx leaves a field of ours out and makes its own in
// the locations that Downlink configures: there is no need to send it.
func nginxMakes(name string, own bool) bool {
	switch name {
	case "X-Content-Type-Options":
		return true
	case "ETag", "Last-Modified":
		return !own
	}
	return false
}

// setAccel says what a rule does; rate is the file's own limit, 0 without one.
func (w *fieldWriter) setAccel(r *download.Rule, rate int64) {
	if r.Expires != nil {
		w.set("X-Accel-Expires", expires(*r.Expires))
	}
	if r.Buffering != nil {
		w.set("X-Accel-Buffering", yesNo(*r.Buffering))
	}
	if r.LimitRate > 0 && (rate == 0 || r.LimitRate < rate) || rate == 0 {
		rate = r.LimitRate
	}
	if rate != 0 {
		w.set("X-Accel-Limit-Rate", limitRate(rate))
	}
	if r.Charset != "" {
		w.set("X-Accel-Charset", r.Charset)
	}
}

// expires is whole seconds, at least 1; 0 is not at all. nginx takes no word for it:
// "off" would have no effect (ngx_http_upstream_process_accel_expires).
func expires(d time.Duration) string {
	if d <= 0 {
		return "0"
	}
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// limitRate is bytes per second; a negative rate is no limit, which nginx knows as 0
// and by no word.
func limitRate(n int64) string {
	if n < 0 {
		return "0"
	}
	return strconv.FormatInt(n, 10)
}
