package nethttp

import (
	"net/http"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// writeOffload writes the fields by which nginx sends the file
// (X-Accel-Redirect and its companions,
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers).
// It is called for a decision to serve only: with an error status nginx would
// send the file under 200 all the same.
func writeOffload(h http.Header, t *download.Target) {
	var buf [256]byte
	h["X-Accel-Redirect"] = []string{string(core.AppendEscapedPath(buf[:0], t.Path))}
	r := t.Rule
	if r.Expires != nil {
		h["X-Accel-Expires"] = []string{expires(*r.Expires)}
	}
	if r.Buffering != nil {
		h["X-Accel-Buffering"] = []string{yesNo(*r.Buffering)}
	}
	if r.LimitRate != 0 {
		h["X-Accel-Limit-Rate"] = []string{limitRate(r.LimitRate)}
	}
	if r.Charset != "" {
		h["X-Accel-Charset"] = []string{r.Charset}
	}
}

// expires is whole seconds, at least 1; 0 is nginx's "off".
func expires(d time.Duration) string {
	if d <= 0 {
		return "off"
	}
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// limitRate is bytes per second; a negative rate is nginx's "off".
func limitRate(n int64) string {
	if n < 0 {
		return "off"
	}
	return strconv.FormatInt(n, 10)
}
