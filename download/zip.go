package download

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
)

// ZipView serves sets of objects as one zip file each, which is made while it is
// sent: nothing is compressed, nothing is written to a disk.
type ZipView struct {
	Store *storage.Store
	// Path is the folder whose objects are packed, with {name} for a variable of
	// the pattern; "" is "{path}".
	Path string
	// Whole packs all objects of Store; Path is not looked at.
	Whole bool
	// Members, if set, returns what is packed in place of Store and Path, and the
	// name of the zip file.
	Members func(ctx context.Context, r *Request) (members []zipfile.Member, name string, err error)
	// Most is how many objects may be packed; more are answered 403. 0 is 10,000.
	Most int
	// Sums remembers checksums from one download to the next; views may share one.
	// nil remembers nothing, and the ends of large archives are slow to come by.
	Sums    *zipfile.Sums
	Options core.Options
}

var _ View = (*ZipView)(nil)

// File lays the archive out. Its members are opened when their bytes are sent.
func (v *ZipView) File(ctx context.Context, r *Request) (File, error) {
	members, name, err := v.members(ctx, r)
	if err != nil {
		return File{}, err
	}
	archive, err := zipfile.New(members, v.Sums)
	if err != nil {
		return File{}, err
	}
	return File{Key: name, Open: archive.Open, Options: v.Options}, nil
}

func (v *ZipView) members(ctx context.Context, r *Request) ([]zipfile.Member, string, error) {
	if v.Members != nil {
		members, name, err := v.Members(ctx, r)
		if err == nil && len(members) > v.most() {
			err = fmt.Errorf("%d objects: %w", len(members), zipfile.ErrTooMany)
		}
		return members, name, err
	}
	folder, name := r.Plan.Key, r.Plan.Key
	if v.Whole {
		folder, name = "", v.Store.Name()
	}
	members, err := zipfile.Below(ctx, v.Store, folder, v.most())
	return members, name[strings.LastIndexByte(name, '/')+1:] + ".zip", err
}

func (v *ZipView) most() int {
	if v.Most == 0 {
		return 10_000
	}
	return v.Most
}

func (v *ZipView) route() core.Route {
	if v.Members != nil || v.Whole {
		return core.Route{Lookup: core.Custom}
	}
	return core.Route{Lookup: core.Object, Source: v.Store.Name(), Path: v.Path, Options: v.Options}
}

// ItemMembers are the files of the catalogue's items with these slugs, for
// ZipView's Members. Each has the name that the item is downloaded under. A file
// that is not of the size that its item says is storage.ErrChanged, an item with
// MaxDownloads ErrForbidden: nobody would count it here.
func ItemMembers(ctx context.Context, c *catalog.Catalog, stores map[string]*storage.Store, slugs []string) ([]zipfile.Member, error) {
	members := make([]zipfile.Member, len(slugs))
	for i, slug := range slugs {
		item, err := c.Item(ctx, slug)
		if err == nil {
			err = item.Offered(time.Now())
		}
		if err == nil && item.MaxDownloads > 0 {
			err = fmt.Errorf("it has max_downloads, and a zip file would not be counted: %w", ErrForbidden)
		}
		if err != nil {
			return nil, fmt.Errorf("item %q: %w", slug, err)
		}
		store := stores[item.Store]
		if store == nil {
			return nil, fmt.Errorf("item %q: no store is called %q: %w", slug, item.Store, storage.ErrNotFound)
		}
		found, err := store.Stat(ctx, item.Key)
		if err == nil && item.Size != 0 && item.Size != found.Size {
			err = fmt.Errorf("%d bytes, not the %d that the item says: %w", found.Size, item.Size, storage.ErrChanged)
		}
		if err != nil {
			return nil, fmt.Errorf("item %q: %w", slug, err)
		}
		name := item.Name
		if name == "" {
			name = item.Key[strings.LastIndexByte(item.Key, '/')+1:]
		}
		// A name is no path here: its slashes are not folders.
		members[i] = zipfile.Member{Name: core.CleanName(name), Store: store, Key: item.Key, Metadata: found}
	}
	return members, nil
}
