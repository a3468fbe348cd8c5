package awscall

import (
	"context"
	"math/rand/v2"
	"time"
)

// longestPause is the most that is waited between two tries.
const longestPause = time.Second

// Pause waits after so many tries: a random time of up to first after the first try,
// twice as much after each further one and a second at most, so that what failed
// together does not come back together. The error is ctx's.
func Pause(ctx context.Context, first time.Duration, tried int) error {
	most := first << min(tried-1, 10)
	timer := time.NewTimer(rand.N(min(most, longestPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
