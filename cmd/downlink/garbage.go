package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// boundGarbage lets 12 MiB of garbage gather before it is collected, or as much as is
// alive if that is more, as Go does; GOGC says otherwise. A server of downloads keeps
// next to nothing alive, and at Go's smallest heap would collect all the time.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percentFor(0))
		afterCollection(&generation{})
	}
}

// generation is garbage at once: its finalizer runs after each collection.
type generation struct{ _ [16]byte }

func afterCollection(g *generation) {
	runtime.SetFinalizer(g, func(g *generation) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(percentFor(live[0].Value.Uint64()))
		afterCollection(g)
	})
}

// percentFor is the percentage of what is alive that may be garbage.
func percentFor(live uint64) int {
	const garbage, least = 12 << 20, 4 << 20 // bytes; Go's least is of 100 %
	return int(max(100, 100*garbage/max(live, least)))
}
