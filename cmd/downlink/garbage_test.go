package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestGarbageIsBounded(t *testing.T) {
	for live, want := range map[uint64]int{0: 300, 4 << 20: 300, 8 << 20: 150, 12 << 20: 100, 1 << 30: 100} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes alive: %d %%, want %d", live, got, want)
		}
	}
}

// TestBoundFollowsWhatIsAlive: collections change the percentage, not only the first one.
func TestBoundFollowsWhatIsAlive(t *testing.T) {
	t.Setenv("GOGC", "")
	boundGarbage()
	alive := make([]byte, 32<<20)
	collectUntil(t, func(percent uint64) bool { return percent == 100 })
	runtime.KeepAlive(alive)
	collectUntil(t, func(percent uint64) bool { return percent > 100 })
}

// collectUntil collects garbage until the percentage is as it should be.
func collectUntil(t *testing.T, ok func(percent uint64) bool) {
	t.Helper()
	waitUntil(t, func() bool {
		runtime.GC()
		percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(percent)
		return ok(percent[0].Value.Uint64())
	})
}
