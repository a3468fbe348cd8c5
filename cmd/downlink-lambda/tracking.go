package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/track"
)

// track has downloads counted in the catalogue and told to receivers; nil if there is
// nobody to tell. out is the standard output.
func (s *site) track(out io.Writer, log *slog.Logger) *track.Tracker {
	t := s.config.Tracking
	o := track.Options{Window: cmp.Or(t.Window, -1), Flush: t.Flush, Queue: t.Queue, Log: log}
	if s.items != nil && t.Count {
		o.Counter = s.items
	}
	if t.Events == config.Standard {
		o.Receivers = append(o.Receivers, track.Lines("standard output", out))
	}
	for _, w := range s.config.Webhooks {
		o.Receivers = append(o.Receivers, newHook(w, newSecrets(os.Getenv).get))
	}
	if o.Counter == nil && o.Receivers == nil {
		return nil
	}
	tracker := track.New(o)
	s.service.SetRecorder(tracker)
	return tracker
}

// hook is a webhook whose secret is fetched when there is something to tell.
type hook struct {
	webhook config.Webhook
	secret  func(ctx context.Context, variable string) (string, error)

	mu sync.Mutex
	to track.Receiver // without a signature until the secret is there
	ok bool
}

func newHook(w config.Webhook, secret func(context.Context, string) (string, error)) *hook {
	return &hook{webhook: w, secret: secret, to: track.Webhook(w.URL, track.WebhookOptions{Timeout: w.Timeout}), ok: w.SecretEnv == ""}
}

// Name is the webhook's.
func (h *hook) Name() string { return h.to.Name() }

// Receive tells the webhook. Without its secret it is not told, now.
func (h *hook) Receive(ctx context.Context, events []track.Event) error {
	to, err := h.open(ctx)
	if err != nil {
		return fmt.Errorf("secret of a webhook: %w: %w", track.ErrTryAgain, err)
	}
	return to.Receive(ctx, events)
}

func (h *hook) open(ctx context.Context) (track.Receiver, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ok {
		return h.to, nil
	}
	text, err := h.secret(ctx, h.webhook.SecretEnv)
	if err != nil {
		return nil, err
	}
	secret, err := track.ParseSecret(text)
	if err != nil {
		return nil, err
	}
	h.to, h.ok = track.Webhook(h.webhook.URL, track.WebhookOptions{Timeout: h.webhook.Timeout, Secret: secret}), true
	return h.to, nil
}
