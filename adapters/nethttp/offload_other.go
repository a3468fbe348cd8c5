package nethttp

import (
	"net/http"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// toOther is the field that the rule names, such as X-LiteSpeed-Location or
// X-Reproxy-URL. The destination may be a URL and stands there as it is written.
func (x *exchange) toOther(t *download.Target) {
	path := t.Path
	if !t.Rule.Raw {
		var buf [256]byte
		b := append(buf[:0], t.Rule.Destination...)
		path = string(core.AppendEscapedPath(b, path[len(t.Rule.Destination):]))
	}
	x.hand(http.CanonicalHeaderKey(t.Rule.Field), path)
}
