package demo

import (
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// A folder as one zip file of known length, which is written nowhere.
func zipped(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/zip/{path...}",
		View:    &download.ZipView{Store: store},
	}
}
