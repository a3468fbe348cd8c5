package demo

import (
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// A rule hands files of a store to the server in front, here nginx.
func rules() []download.Rule {
	return []download.Rule{{
		Name: "nginx", Front: download.Nginx, Source: "files", Destination: "/_internal/files/",
		LimitRate: 1 << 20, // bytes per second, for each download
	}}
}

// A view whose files fall under that rule. Without nginx, Downlink sends them itself.
func offloaded(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/offload/{path...}",
		View:    &download.StorageView{Store: store},
		Offload: "nginx",
	}
}
