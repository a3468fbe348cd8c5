package download

import (
	"context"
	"time"

	"github.com/downlink-go/downlink/core"
)

// coded is the form of a file that was chosen instead of its plain one; the zero
// value is the plain one.
type coded struct {
	coding    string
	key       string // of the plain file
	mediaType string // that the store says of it
}

// negotiate chooses the form of the file that the client would rather have, of those
// that the store has. The plain file must be there, and is what the view's Check is
// about. A form that is older was made of a file that is there no more: its bytes are
// those of another version, and it counts as none. So does any if the store does not
// know when files were modified.
func (f *File) negotiate(ctx context.Context, r *Request) error {
	wanted := core.Encodings(r.AcceptEncoding, f.Precompressed)
	if len(wanted) == 0 || f.Options.Encoding != "" {
		return nil
	}
	plain, err := f.Store.Stat(ctx, f.Key)
	if err == nil {
		err = f.check(plain)
	}
	if err != nil {
		return err
	}
	if plain.Encoding != "" || plain.LastModified.IsZero() {
		return nil
	}
	for _, coding := range wanted {
		key := f.Key + core.Extension(coding)
		found, err := f.Store.Stat(ctx, key)
		if err != nil || found.LastModified.Before(plain.LastModified) {
			continue
		}
		f.coded = coded{coding: coding, key: f.Key, mediaType: plain.MediaType}
		f.Key, f.Check = key, nil
		return nil
	}
	return nil
}

// of is the key that gives the file's name and type, with what the store says of the
// plain file's type in found.
func (c *coded) of(key string, found *core.Metadata) string {
	if c.coding == "" {
		return key
	}
	found.MediaType, found.Encoding = c.mediaType, ""
	return c.key
}

// describe says which form of a file a representation is. Each has an entity-tag of
// its own, and the coded ones have no date: two forms may well have the same one, and
// If-Range by date would join parts of both.
func (c *coded) describe(rep *core.Representation) {
	const field = "Accept-Encoding"
	if rep.Vary == "" {
		rep.Vary = field
	} else {
		rep.Vary += ", " + field
	}
	if c.coding == "" {
		return
	}
	rep.ContentEncoding = c.coding
	rep.ETag = string(core.AppendCodedETag(nil, rep.ETag, c.coding))
	rep.LastModified = time.Time{}
	rep.Digest = "" // of the plain bytes
}
