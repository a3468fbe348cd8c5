package demo

import (
	"context"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// A view of one's own is one function: which file is it, for whom, under which name?
// This one looks at the language that the browser asks for.
func greeting(store *storage.Store) download.Route {
	return download.Route{
		Pattern: "/own/greeting",
		View: download.ViewFunc(func(_ context.Context, r *download.Request) (download.File, error) {
			file := download.File{Store: store, Key: "hello.txt", Options: core.Options{Basename: "greeting.txt"}}
			if strings.HasPrefix(r.Header.Get("Accept-Language"), "ja") {
				file.Key = "letters/日本 語.txt"
			}
			file.Adjust = func(rep *core.Representation) { rep.Vary = "Accept-Language" }
			return file, nil
		}),
	}
}
