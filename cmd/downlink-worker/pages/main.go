//go:build js && wasm

// Command pages is pages.wasm: the public pages of a site on Cloudflare Workers.
package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/downlink-go/downlink/adapters/workers/pages"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/r2store"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	index, err := open()
	if err != nil {
		log.Error("open the site", "cause", err)
		pages.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page.Refuse(w, r, core.Refuse(503, ""))
		}))
		return
	}
	index.Log = log
	all := index.Pages()
	pages.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p, ok := all[r.URL.EscapedPath()]; ok {
			p.ServeHTTP(w, r)
			return
		}
		page.Refuse(w, r, core.Refuse(404, ""))
	}))
}

// open puts the site together over the request's bindings.
func open() (*page.Index, error) {
	site, err := pages.Given()
	if err != nil {
		return nil, err
	}
	x := &page.Index{WholeURLs: true}
	if site.Catalog != "" {
		driver, err := sqlcat.OpenD1(site.Catalog)
		if err != nil {
			return nil, err
		}
		x.Catalog = catalog.New(driver)
		if x.Item, err = core.ParsePattern(site.Item); err != nil {
			return nil, fmt.Errorf("pattern of the items: %w", err)
		}
	}
	if site.Image != "" {
		if x.Image, err = core.ParsePattern(site.Image); err != nil {
			return nil, fmt.Errorf("pattern of the pictures: %w", err)
		}
	}
	for _, l := range site.Files {
		bucket, err := r2store.Open(l.Bucket)
		if err != nil {
			return nil, err
		}
		p, err := core.ParsePattern(l.Pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern of store %q: %w", l.Store, err)
		}
		x.Files = append(x.Files, page.Listing{Store: storage.New(l.Store, bucket), Prefix: l.Prefix, Pattern: p})
	}
	return x, nil
}
