package r2store

import (
	"context"
	"fmt"
	"syscall/js"
	"time"
	"unicode/utf8"

	"github.com/syumai/workers/cloudflare"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/promise"
	"github.com/downlink-go/downlink/storage"
)

// maxKey is the longest key that R2 takes, in bytes.
const maxKey = 1024

// Store is a bucket.
type Store struct{ bucket js.Value }

var _ storage.Driver = (*Store)(nil)

// Open returns the bucket that wrangler.toml binds to the name binding. It is good
// for the request in which it was opened.
func Open(binding string) (*Store, error) {
	bucket := cloudflare.GetBinding(binding)
	if bucket.IsUndefined() {
		return nil, fmt.Errorf("open store: no R2 bucket is bound to %q in wrangler.toml", binding)
	}
	return &Store{bucket}, nil
}

// Stat returns the metadata of the object at key.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if err := ctx.Err(); err != nil {
		return core.Metadata{}, err
	}
	if !holds(key) {
		return core.Metadata{}, storage.ErrNotFound
	}
	o, err := promise.Call(s.bucket, "head", key)
	switch {
	case err != nil:
		return core.Metadata{}, err
	case o.IsNull():
		return core.Metadata{}, storage.ErrNotFound
	}
	return metadata(o), nil
}

// Open looks at the object; each Section gets it anew, in the same version.
func (s *Store) Open(ctx context.Context, key string) (storage.Object, error) {
	m, err := s.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	return &object{store: s, key: key, metadata: m}, nil
}

// List calls yield for the objects in the order of their keys: a request for each
// thousand.
func (s *Store) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	options := map[string]any{"prefix": prefix, "include": []any{"httpMetadata"}}
	if !utf8.ValidString(prefix) {
		return ctx.Err() // no key begins so
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := promise.Call(s.bucket, "list", options)
		if err != nil {
			return err
		}
		objects := page.Get("objects")
		for i := range objects.Length() {
			o := objects.Index(i)
			if !yield(storage.Entry{Key: o.Get("key").String(), Metadata: metadata(o)}) {
				return nil
			}
		}
		if !page.Get("truncated").Bool() {
			return ctx.Err()
		}
		options["cursor"] = page.Get("cursor")
	}
}

// holds reports whether there can be an object at key. R2's keys are text: other
// bytes would turn into the key of another object on the way there.
func holds(key string) bool { return len(key) <= maxKey && utf8.ValidString(key) }

// metadata is what R2 knows of an object.
func metadata(o js.Value) core.Metadata {
	m := core.Metadata{
		Size:         int64(o.Get("size").Float()),
		ETag:         o.Get("httpEtag").String(),
		LastModified: time.UnixMilli(int64(o.Get("uploaded").Call("getTime").Float())).UTC(),
	}
	if fields := o.Get("httpMetadata"); fields.Truthy() {
		m.MediaType, m.Encoding = text(fields, "contentType"), text(fields, "contentEncoding")
	}
	return m
}

// text is a property that may be missing.
func text(object js.Value, name string) string {
	if v := object.Get(name); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}
