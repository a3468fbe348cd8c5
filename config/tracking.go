package config

import "time"

// Tracking is how downloads are counted.
type Tracking struct {
	Count    bool          `toml:"count" default:"true"`
	Window   time.Duration `toml:"window" default:"1h" off:"true"` // 0: every request from the beginning counts
	Flush    time.Duration `toml:"flush" default:"500ms"`
	Queue    int           `toml:"queue" default:"20000"` // downloads
	AwaitLog time.Duration `toml:"await_log" off:"true"`  // 0: not at all
}

// mostWaiting is the longest that downloads may wait in memory.
const mostWaiting = time.Minute

func (r *report) checkTracking(t Tracking) {
	if t.Flush > mostWaiting {
		r.fault("tracking.flush", `flush is what is lost if the process is killed: write at most "1m"`)
	}
	if t.Queue < 1 || t.Queue > 1_000_000 {
		r.fault("tracking.queue", "queue must be 1 to 1000000 downloads; 20000 suits most sites")
	}
	if t.Window > 24*time.Hour {
		r.fault("tracking.window", `window takes memory for each download in it: write at most "24h"`)
	}
}
