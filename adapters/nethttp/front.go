package nethttp

import (
	"cmp"

	"github.com/downlink-go/downlink/download"
)

// front is the front server that the request came through, by its own word. A
// client that says one without any gets an empty answer and the path it asked for;
// a request that names none is answered in full, so that a server without its
// configuration, or the open port of Downlink, shows nothing internal.
func (x *exchange) front() string {
	if x.opts.FrontField == "" {
		return ""
	}
	return cmp.Or(x.r.Header.Get(x.opts.FrontField), x.opts.Front, download.Off)
}

// handOver has the front server send the file. It is called for a decision to
// serve only: nginx would send the file under 200 whatever the status, lighttpd
// under any status.
func (x *exchange) handOver() {
	t := &x.answer.Target
	switch t.Rule.Front {
	case download.Apache, download.Lighttpd:
		x.toSendfile(t)
	case download.Caddy:
		x.toCaddy(t)
	case download.Header:
		x.toOther(t)
	default:
		x.toNginx()
	}
}

// hand writes all fields of the decision, and the one by which a front server sends
// the file.
func (x *exchange) hand(name, path string) {
	x.writeFields(x.answer.Fields)
	h := x.w.Header()
	h[name] = []string{path}
	h["Date"] = nil // net/http's own, in whose place the front server puts one
}
