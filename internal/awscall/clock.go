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

// offset is how far it is ahead of the machine's.
func (c *clock) offset() time.Duration { return time.Duration(c.ahead.Load()) }

func (c *clock) now() time.Time { return time.Now().Add(c.offset()) }

// learn sets the clock by an answer to a request that was signed at an offset, and
// reports whether that is another than the service's. How long the answer took says
// nothing of that.
func (c *clock) learn(answer *http.Response, signed time.Duration) (wrong bool) {
	there, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil { // or it has none
		return false
	}
	ahead := time.Until(there)
	wrong = (ahead - signed).Abs() >= tolerated
	if ahead.Abs() < tolerated {
		ahead = 0
	}
	c.ahead.Store(int64(ahead))
	return wrong
}
