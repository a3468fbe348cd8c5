package download

import (
	"context"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// StorageView serves the objects of a store (StorageDownloadView in
// django-downloadview).
type StorageView struct {
	Store *storage.Store
	// Path is the key, with {name} for a variable of the pattern; "" is "{path}".
	Path string
	// Compute, if set, returns the key in place of Path.
	Compute func(ctx context.Context, r *Request) (string, error)
	Options core.Options
	// Precompressed is as in File.
	Precompressed []string
}

var _ View = (*StorageView)(nil)

// File returns the object that the route's Path or Compute names.
func (v *StorageView) File(ctx context.Context, r *Request) (File, error) {
	key, err := r.Plan.Key, error(nil)
	if v.Compute != nil {
		key, err = v.Compute(ctx, r)
	}
	return File{Store: v.Store, Key: key, Options: v.Options, Precompressed: v.Precompressed}, err
}

func (v *StorageView) route() core.Route {
	if v.Compute != nil {
		return core.Route{Lookup: core.Custom}
	}
	return core.Route{Lookup: core.Object, Source: v.Store.Name(), Path: v.Path, Options: v.Options}
}
