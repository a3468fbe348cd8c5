package demo

import (
	"context"
	"strings"

	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// The files of a store by key.
func stored(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/storage/{path...}",
		View:    &download.StorageView{Store: store},
	}
}

// A key that is computed for each request.
func lowercase(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/lowercase/{path}",
		View: &download.StorageView{
			Store: store,
			Compute: func(_ context.Context, r *download.Request) (string, error) {
				return strings.ToLower(r.Param("path")), nil
			},
		},
	}
}
