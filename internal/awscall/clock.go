package awscall

import (
	"net/http"
	"sync/atomic"
	"time"
)

// tolerated is how far two clocks may be apart: a field Date is whole seconds, and its
// answer takes time. AWS refuses what is five minutes off, or 15.
const tolerated = time.Minute

// clock is the service's, as far as its answers tell: what a machine with a wrong clock
// signs would be of no use.
type clock struct{ ahead atomic.Int64 } // nanoseconds, of the machine's

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// learn sets the clock by an answer to a request that was signed at a time, and
// reports whether that was another time than the service's.
func (c *clock) learn(answer *http.Response, signed time.Time) (wrong bool) {
	date := answer.Header.Get("Date")
	if date == "" {
		return false
	}
	there, err := http.ParseTime(date)
	if err != nil {
		return false
	}
	ahead := time.Until(there)
	if ahead.Abs() < tolerated {
		ahead = 0
	}
	c.ahead.Store(int64(ahead))
	return there.Sub(signed).Abs() >= tolerated
}
