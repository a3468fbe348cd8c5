package httpstore

import (
	"net/url"
	"strconv"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// check refuses a URL whose origin may not be asked.
func (c *Client) check(u *url.URL) error {
	from, err := origin.Of(u)
	if err != nil {
		return badGateway("%s: %w", place(u), err)
	}
	if !c.origins[from] {
		return badGateway("%s: %s is not among the origins that may be asked", place(u), from)
	}
	return nil
}

// place is a URL as a log may have it: without user name and query, which may hold
// secrets.
func place(u *url.URL) string {
	return strconv.Quote((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
}
