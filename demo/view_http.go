package demo

import (
	"net/netip"

	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage/httpstore"
)

// Files of another server, which is the only one that is ever asked. Here it runs on
// this machine; without Networks only public addresses are dialled.
func remote(origin string) (download.Route, *httpstore.Client, error) {
	client, err := httpstore.NewClient(httpstore.Options{
		Origins:  []string{origin},
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	view := &download.HTTPView{Client: client, URL: origin + "/{path}"}
	return download.Route{Pattern: "/http/{path...}", View: view}, client, err
}
