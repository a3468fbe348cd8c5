// Package views makes of a configuration what every program in Go that runs a site
// makes of it in the same way, be it on a server or on Lambda.
package views

import (
	"cmp"
	"context"
	"slices"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
)

// Parts are what a program has opened for a configuration that was checked.
type Parts struct {
	Config  *config.Config
	Stores  map[string]*storage.Store // by name
	Catalog *catalog.Catalog          // nil without one
	Sums    *zipfile.Sums             // of the members of zip files
}

// View is the view of a kind that asks stores and the catalogue alone: storage, object
// or zip.
func (p Parts) View(v config.View) download.View {
	switch v.Kind {
	case config.KindZip:
		return p.zip(v)
	case config.KindObject:
		return &download.ObjectView{Catalog: p.Catalog, Stores: p.Stores, Path: v.Path, Field: v.Field, Options: v.Options(), Precompressed: v.Precompressed}
	}
	return &download.StorageView{Store: p.Stores[v.Store], Path: v.Path, Options: v.Options(), Precompressed: v.Precompressed}
}

// zip is the view of folders, stores and items as zip files.
func (p Parts) zip(v config.View) download.View {
	view := &download.ZipView{
		Store: p.Stores[v.Store], Path: v.Path, Whole: v.Whole(), Most: p.Config.Generated.ZipFiles, Sums: p.Sums, Options: v.Options(),
	}
	if len(v.Items) > 0 {
		view.Members = func(ctx context.Context, _ *download.Request) ([]zipfile.Member, string, error) {
			members, err := download.ItemMembers(ctx, p.Catalog, p.Stores, v.Items)
			return members, "files.zip", err
		}
	}
	return view
}

// Index is the page that lists what the views offer to everybody.
func (p Parts) Index() *page.Index {
	x := &page.Index{URL: p.Config.Admin.URL}
	for _, v := range p.Config.Views {
		at, err := core.ParsePattern(v.Pattern)
		below, listed := v.ListedBelow()
		switch {
		case err != nil: // the configuration was checked
		case v.Protected(): // not everybody may know what is there
		case v.Kind == config.KindObject && v.Path == "" && v.Field == "" && x.Catalog == nil:
			x.Catalog, x.Item = p.Catalog, at
		case v.Kind == config.KindObject && v.Path == "" && v.Field == catalog.ImageField:
			x.Image, x.Pictures = at, p.elsewhere(v)
		case v.List && listed:
			x.Files = append(x.Files, page.Listing{Store: p.Stores[v.Store], Prefix: below, Pattern: at})
		}
	}
	return x
}

// elsewhere are the origins that a view of items may send browsers to: their files are
// in any store.
func (p Parts) elsewhere(v config.View) (origins []string) {
	for _, st := range p.Config.Stores {
		to := p.Stores[st.Name].Elsewhere()
		switch cmp.Or(storage.Delivery(v.Delivery), to.Delivery) {
		case storage.Redirect, storage.Auto:
			if to.Presigner != nil && !slices.Contains(origins, to.Origin()) {
				origins = append(origins, to.Origin())
			}
		}
	}
	return origins
}
