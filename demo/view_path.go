package demo

import (
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Files of this machine below a root, and none outside, whatever is asked for.
func local(root string) (download.Route, *download.PathView, error) {
	view, err := download.NewPathView(root, core.Options{})
	return download.Route{Pattern: "/path/{path...}", View: view}, view, err
}
