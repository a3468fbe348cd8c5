package download

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// ObjectView serves items of the catalogue by slug (ObjectDownloadView in
// django-downloadview). What an item says goes before the view's options.
type ObjectView struct {
	Catalog *catalog.Catalog
	Stores  map[string]*storage.Store // by the name items use
	Path    string                    // of the slug; "" is "{slug}"
	Options core.Options
}

var _ View = (*ObjectView)(nil)

// File returns the file of the item that the route's slug names.
func (v *ObjectView) File(ctx context.Context, r *Request) (File, error) {
	item, err := v.Catalog.Item(ctx, r.Plan.Key)
	if err != nil {
		return File{}, err
	}
	store := v.Stores[item.Store]
	if store == nil {
		return File{}, fmt.Errorf("item %q: no store is called %q: %w", item.Slug, item.Store, storage.ErrNotFound)
	}
	return File{Store: store, Key: item.Key, Options: item.Options().Or(v.Options)}, nil
}

func (v *ObjectView) route() core.Route {
	return core.Route{Lookup: core.Item, Path: v.Path, Options: v.Options}
}
