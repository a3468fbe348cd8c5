package nethttp

import (
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// toSendfile is X-Sendfile. mod_xsendfile 0.12 takes the path as it is, lighttpd
// decodes it; both send it with the other fields of the answer. The service names
// no path to Apache that a field cannot hold.
func (x *exchange) toSendfile(t *download.Target) {
	path := t.Path
	if t.Rule.Front == download.Lighttpd {
		var buf [256]byte
		path = string(core.AppendEscapedPath(buf[:0], path))
	}
	x.hand("X-Sendfile", path)
	x.w.Header()["Accept-Ranges"] = []string{"bytes"}
}
