package demo

import (
	"context"
	"net/http"

	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// Files for those whom the application knows: here, user "demo" with password "demo".
func members(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/members/{path...}",
		View:    &download.StorageView{Store: store},
		Allow: func(_ context.Context, r *download.Request) error {
			user, password, _ := r.Native.(*http.Request).BasicAuth()
			if user != "demo" || password != "demo" {
				return &download.Denial{Status: 401, Challenge: `Basic realm="demo"`}
			}
			return nil
		},
	}
}
