package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/track"
)

// track has the site's downloads recorded. Close what it returns.
func (s *site) track(out io.Writer, log *slog.Logger) (*track.Tracker, error) {
	t := s.config.Tracking
	receivers, err := receivers(s.config, out)
	if err != nil {
		return nil, err
	}
	o := track.Options{
		Window: cmp.Or(t.Window, -1), Flush: t.Flush, Queue: t.Queue, Await: t.AwaitLog,
		Receivers: receivers, Log: log,
	}
	if t.Count {
		o.Counter = s.items
	}
	if len(s.config.Offload) > 0 && s.config.Server.ClientAddressHeader == "" {
		o.Window = -1 // all clients have the front server's address
	}
	tracker := track.New(o)
	s.service.SetRecorder(tracker)
	return tracker, nil
}

// receivers are told of downloads. out is the standard output.
func receivers(c *config.Config, out io.Writer) (all []track.Receiver, err error) {
	switch events := c.Tracking.Events; events {
	case "":
	case config.Standard:
		all = append(all, track.Lines("standard output", out))
	default:
		all = append(all, track.LinesFile(events))
	}
	for _, w := range c.Webhooks {
		o := track.WebhookOptions{Timeout: w.Timeout}
		text, err := w.Secret()
		if err == nil && text != "" {
			o.Secret, err = track.ParseSecret(text)
		}
		if err != nil {
			return nil, fmt.Errorf("[[webhooks]] of %s: %w", w.URL, err)
		}
		all = append(all, track.Webhook(w.URL, o))
	}
	return all, nil
}

// leastEnd is how long storing counts may take at the end in any case.
const leastEnd = time.Second

// closeTracker stores what was counted, within the time that downloads have to end.
func closeTracker(t *track.Tracker, cfg *config.Config, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), max(cfg.Server.ShutdownTimeout, leastEnd))
	defer cancel()
	if err := t.Close(ctx); err != nil {
		log.Error("the end came too early", "cause", err)
	}
}
