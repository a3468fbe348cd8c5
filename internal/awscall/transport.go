package awscall

import (
	"cmp"
	"net"
	"net/http"
	"time"
)

// newTransport returns the connections of a client. A transport follows no redirect: to
// whom a signed request goes is the configuration's to say.
func newTransport(o Options) *http.Transport {
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: o.Timeout / 2, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   o.Timeout / 2,
		ResponseHeaderTimeout: cmp.Or(o.Patience, o.Timeout/2),
		MaxIdleConnsPerHost:   100,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true, // the stored bytes, whatever they are
		// HTTP/1.1 only: a download that is given up costs its own connection, and a
		// slow one holds up no other.
		Protocols: http1,
	}
}
