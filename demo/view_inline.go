package demo

import (
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// Files that a browser may show. What can run script is saved all the same.
func inline(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/inline/{path...}",
		View: &download.StorageView{
			Store:   store,
			Options: core.Options{Inline: true, CacheControl: "private, max-age=60"},
		},
	}
}
