package docs_test

import (
	"context"
	"log"

	"github.com/downlink-go/downlink/catalog"
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

func exampleCall(items *catalog.Catalog, store *sqlcat.Store) *track.Tracker {
	hook := track.Call("download_requested", items, func(ctx context.Context, item catalog.Item, e track.Event) error {
		log.Printf("%s, asked for by a %s: %s", item.Title, e.Client, e.Request.Header.Get("Referer"))
		return nil
	})
	tracker := track.New(track.Options{Counter: store, Receivers: []track.Receiver{hook}})
	return tracker
}

var _, _ = exampleTracker, exampleCall
