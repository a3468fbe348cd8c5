package core

import "time"

// Offer says when an item of the catalogue is to be had. The zero value is always.
type Offer struct {
	Draft   bool      // not yet, whatever the time
	Publish time.Time // not before; zero: from the start
	Expires time.Time // not from then on; zero: never
}

// Status is 200 while the item is offered; before, 404, as if it were not there; later,
// 410.
func (o Offer) Status(now time.Time) int {
	switch {
	case o.Draft || now.Before(o.Publish):
		return 404
	case !o.Expires.IsZero() && !now.Before(o.Expires):
		return 410
	}
	return 200
}
