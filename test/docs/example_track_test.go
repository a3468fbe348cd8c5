package docs_test

import (
	"context"

	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/track"
)

// The Go snippets of docs/tracking.md.
func exampleTracker(ctx context.Context, service *download.Service, store *sqlcat.Store) {
	tracker := track.New(track.Options{Counter: store}) // a *sqlcat.Store, say
	service.SetRecorder(tracker)
	defer tracker.Close(ctx) // stores what is left
}

var _ = exampleTracker
