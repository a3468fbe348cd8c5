package httpstore

import (
	"net/http"
	"strings"
)

// loopPrefix begins the name that a client gives itself in CDN-Loop (RFC 8586);
// the rest is random, so that Downlink may well ask another Downlink.
const loopPrefix = "downlink-"

// loopField is the field in which a request carries the names of those who passed
// it on.
const loopField = "Cdn-Loop"

// maxThrough is how many bytes these names may have: some 50 of them.
const maxThrough = 2 << 10

// Through are the names of those who passed on a request with these fields, for
// Ask.Through. To answer a request that this client sent itself by asking again would
// never end, however many are between: it is ErrBadGateway, and so is one that came
// through too many.
func (c *Client) Through(fields http.Header) (string, error) {
	through := strings.Join(fields[loopField], ", ")
	switch {
	case strings.Contains(through, c.loop):
		return "", badGateway("the request was sent by this very view: its URL leads back here")
	case len(through) > maxThrough || !plain(through):
		return "", badGateway("the request came through too many servers, or CDN-Loop holds what is none")
	}
	return through, nil
}

// passedOn is the field's value for a request that goes on.
func (c *Client) passedOn(through string) string {
	if through == "" {
		return c.loop
	}
	return through + ", " + c.loop
}
