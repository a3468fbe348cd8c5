package download

import (
	"context"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
)

// GeneratedView serves files that a generator makes when they are asked for. They
// are kept in a cache; from there they are served, and handed to front servers, as
// stored files are.
type GeneratedView struct {
	Generator generate.Generator
	Cache     *generate.Cache
	// User says who asks, for files of one user; "" is nobody. Without it that is
	// the subject of a signed link.
	User    func(ctx context.Context, r *Request) (string, error)
	Options core.Options // a Basename goes before the name that the generator gives
}

var _ View = (*GeneratedView)(nil)

// File returns the file when it is in the cache.
func (v *GeneratedView) File(ctx context.Context, r *Request) (File, error) {
	user, err := v.user(ctx, r)
	if err != nil {
		return File{}, err
	}
	g := generate.Request{Request: r.Request, Plan: r.Plan, User: user, Native: r.Native}
	recipe, err := v.Generator.Plan(ctx, &g)
	if err != nil {
		return File{}, err
	}
	file, err := recipe.File(&g)
	if err != nil {
		return File{}, err
	}
	if err := v.Cache.Make(ctx, file.Key, recipe.Create); err != nil {
		return File{}, err
	}
	options := v.Options
	if options.Basename == "" {
		options.Basename = file.Name
	}
	return File{Store: v.Cache.Store(), Key: file.Key, Options: options}, nil
}

func (v *GeneratedView) user(ctx context.Context, r *Request) (string, error) {
	switch {
	case v.User != nil:
		return v.User(ctx, r)
	case r.Plan.Link != nil:
		return r.Plan.Link.Subject, nil
	}
	return "", nil
}
