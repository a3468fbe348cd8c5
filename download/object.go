package download

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// ObjectView serves items of the catalogue by slug (ObjectDownloadView in
// django-downloadview). What an item says goes before the view's options: its
// name, type, encoding, charset, modification time and entity-tag are sent in place
// of the store's. A file that is not of the size that the item says is refused. A draft
// and an item before its time are answered 404, one that has expired 410.
type ObjectView struct {
	Catalog *catalog.Catalog
	Stores  map[string]*storage.Store // by the name items use
	Path    string                    // of the slug; "" is "{slug}"
	// Field is the field of the item whose file is served (file_field in
	// django-downloadview), with {name} for a variable of the pattern; "" is the
	// item's own file, "@{version}" that of a version (catalog.VersionField). A field that
	// the item does not have is answered 404.
	Field   string
	Options core.Options
	// Precompressed is as in File. The item's size is that of the plain file, and its
	// entity-tag gets the coding added.
	Precompressed []string
}

var _ View = (*ObjectView)(nil)

// File returns the file of the item that the route's slug names.
func (v *ObjectView) File(ctx context.Context, r *Request) (File, error) {
	item, err := v.Catalog.Item(ctx, r.Plan.Key)
	if err != nil {
		return File{}, err
	}
	if err := item.Offered(r.Now); err != nil {
		return File{}, fmt.Errorf("item %q: a draft, not yet published or expired: %w", item.Slug, err)
	}
	f, ok := item.File(r.Plan.Field)
	if !ok {
		return File{}, fmt.Errorf("item %q: no file in field %q: %w", item.Slug, r.Plan.Field, storage.ErrNotFound)
	}
	store := v.Stores[f.Store]
	if store == nil {
		return File{}, fmt.Errorf("item %q: no store is called %q: %w", item.Slug, f.Store, storage.ErrNotFound)
	}
	file := File{Store: store, Key: f.Key, Options: f.Options(item.Inline).Or(v.Options), Precompressed: v.Precompressed}
	if f.Size > 0 {
		file.Check = func(found core.Metadata) error { return checkSize(item.Slug, f.Size, found.Size) }
	}
	if r.Plan.Field == "" || r.Plan.Field == catalog.OwnField || strings.HasPrefix(r.Plan.Field, catalog.VersionField("")) {
		file.Limit = Limit{ID: limitID(&item), Max: item.MaxDownloads}
	}
	file.Rate = item.LimitRate
	if f.Tag() != "" || !f.Modified.IsZero() {
		file.Adjust = func(rep *core.Representation) { describe(rep, &f) }
	}
	return file, nil
}

// limitID names an item for the count of its limit. One that is deleted and made anew
// under the same slug begins with none. Workers name items in the same way (items.mjs).
func limitID(item *catalog.Item) string {
	return "/items/" + item.Slug + "@" + strconv.FormatInt(item.Created.UnixMilli(), 10)
}

// checkSize compares the size that the item says with the store's. The file is
// another one than the item means if they differ: its validators would name the
// wrong bytes.
func checkSize(slug string, said, found int64) error {
	if found >= 0 && found != said {
		return fmt.Errorf("item %q: it says %d bytes and the store has %d: import the item again: %w", slug, said, found, storage.ErrChanged)
	}
	return nil
}

// describe puts the item's validators in place of the store's.
func describe(rep *core.Representation, f *catalog.File) {
	if tag := f.Tag(); tag != "" {
		rep.ETag, rep.Digest = tag, f.Digest()
	}
	if !f.Modified.IsZero() {
		rep.LastModified = f.Modified
	}
}

func (v *ObjectView) route() core.Route {
	return core.Route{Lookup: core.Item, Path: v.Path, Field: v.Field, Options: v.Options}
}
