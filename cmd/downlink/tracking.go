package main

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/track"
)

// track has the site's downloads recorded. Close what it returns.
func (s *site) track(log *slog.Logger) *track.Tracker {
	t := s.config.Tracking
	o := track.Options{
		Window: cmp.Or(t.Window, -1), Flush: t.Flush, Queue: t.Queue, Await: t.AwaitLog, Log: log,
	}
	if t.Count {
		o.Counter = s.items
	}
	if len(s.config.Offload) > 0 && s.config.Server.ClientAddressHeader == "" {
		o.Window = -1 // all clients have the front server's address
	}
	tracker := track.New(o)
	s.service.SetRecorder(tracker)
	return tracker
}

// closeTracker stores what was counted, within the time that downloads have to end.
func closeTracker(t *track.Tracker, cfg *config.Config, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), max(cfg.Server.ShutdownTimeout, time.Second))
	defer cancel()
	if err := t.Close(ctx); err != nil {
		log.Error("the end came too early", "cause", err)
	}
}
