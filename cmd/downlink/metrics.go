package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/metrics"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/track"
)

// metricsPath is where the numbers are on a listener of their own.
const metricsPath = "/metrics"

// observe keeps numbers of the site, if the configuration says where to show them.
func (s *site) observe(t *track.Tracker) {
	if s.config.Metrics != (config.Metrics{}) {
		s.metrics = metrics.New(metrics.Tracking(t.Stats))
		s.observer = s.metrics
	}
}

// serveMetrics shows the numbers on a listener of their own, if there is to be one,
// until it is stopped.
func (s *site) serveMetrics(ctx context.Context, out io.Writer, log *slog.Logger) (stop func(), err error) {
	listen := s.config.Metrics.Listen
	if listen == "" {
		return func() {}, nil
	}
	l, err := nethttp.Listen(ctx, listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen at %s for metrics: %w", listen, err)
	}
	health := (&page.Index{}).Pages()[page.HealthPath]
	pages := map[string]http.Handler{metricsPath: s.metrics, page.HealthPath: health, page.ReadyPath: s.ready(log)}
	server := nethttp.NewServer(root{pages: pages, downloads: http.NotFoundHandler()}, nethttp.ServerOptions{Log: log})
	fmt.Fprintf(out, "Metrics are at %s\n", address(l))
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // also while downloads come to their end
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			log.Error("metrics", "cause", err)
		}
	}, nil
}

// ready is the page that says whether all that the site needs can be reached.
func (s *site) ready(log *slog.Logger) *page.Ready {
	y := &page.Ready{Log: log, Parts: []page.Part{{Name: "catalogue", Check: s.catalogAnswers}}}
	for _, st := range s.config.Stores {
		y.Parts = append(y.Parts, page.Part{
			Name:  fmt.Sprintf("store %q", st.Name),
			Check: func(ctx context.Context) error { return storeAnswers(ctx, st, s.stores[st.Name]) },
		})
	}
	return y
}

// nothing is a name that no item and no file has: what there is not costs the least to
// ask for.
const nothing = "downlink-is-ready"

func (s *site) catalogAnswers(ctx context.Context) error {
	_, err := s.catalog.Item(ctx, nothing)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}

func storeAnswers(ctx context.Context, st config.Store, store *storage.Store) error {
	if st.Driver == config.DriverDir {
		if info, err := os.Stat(st.Path); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no directory now: %w", st.Path, err)
		}
	}
	_, err := store.Stat(ctx, nothing)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}
