package download

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// PathView serves local files below a root (PathDownloadView in
// django-downloadview, which has no root). Make one with NewPathView.
type PathView struct {
	// Path is the file's path below the root, with {name} for a variable of the
	// pattern; "" is "{path}".
	Path string
	// Compute, if set, returns the file's absolute path in place of Path. A path
	// outside the root is answered 404.
	Compute func(ctx context.Context, r *Request) (string, error)
	Options core.Options
	// Precompressed is as in File.
	Precompressed []string

	root  string
	dir   *dirstore.Store
	store *storage.Store
}

var _ View = (*PathView)(nil)

// NewPathView returns a view of the files below the directory root.
func NewPathView(root string, opts core.Options) (*PathView, error) {
	dir, err := dirstore.Open(root)
	if err != nil {
		return nil, fmt.Errorf("path view: %w", err)
	}
	return &PathView{Options: opts, root: dir.LocalPath(""), dir: dir, store: storage.New(root, dir)}, nil
}

// Close lets go of the root.
func (v *PathView) Close() error { return v.dir.Close() }

// File returns the file that the route's Path or Compute names.
func (v *PathView) File(ctx context.Context, r *Request) (File, error) {
	key := r.Plan.Key
	if v.Compute != nil {
		path, err := v.Compute(ctx, r)
		if err != nil {
			return File{}, err
		}
		if key, err = v.below(path); err != nil {
			return File{}, err
		}
	}
	return File{Store: v.store, Key: key, Options: v.Options, Precompressed: v.Precompressed}, nil
}

// below is path relative to the root; the root's sibling "root-secret" is not.
func (v *PathView) below(path string) (string, error) {
	rel, err := filepath.Rel(v.root, path)
	if err != nil || !filepath.IsAbs(path) || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("path %q is not below %q: %w", path, v.root, storage.ErrNotFound)
	}
	return filepath.ToSlash(rel), nil
}

func (v *PathView) route() core.Route {
	if v.Compute != nil {
		return core.Route{Lookup: core.Custom}
	}
	return core.Route{Lookup: core.File, Source: v.root, Path: v.Path, Options: v.Options}
}
