package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

const (
	// smallestPart is the size of a part, in bytes, unless there would be more than
	// mostStoreParts; S3 takes none below 5 MiB but the last.
	smallestPart   = 8 << 20
	largestPart    = 5 << 30
	mostStoreParts = 10_000
	// mostSigned is how many parts are signed at a time, and partLife how long each may
	// be begun with.
	mostSigned = 32
	partLife   = 5 * time.Minute
	// givenUp is how long after its beginning a direct upload is removed, and until when
	// it is known what became of one that is done.
	givenUp = 7 * 24 * time.Hour
)

// unfinishedPrefix begins the keys of what is known of direct uploads. It is kept in the
// store itself: whichever process answers next finds it there.
const unfinishedPrefix = uploadPrefix + "unfinished/"

// direct is an upload whose parts go to the store without us.
type direct struct {
	Name   string // without what could do harm
	Size   int64
	To     place
	Upload string // the store's name for it; "" of an empty file
	Part   int64  // bytes of each part but the last
	Slug   string // of the item that it became; "" before
}

// parts is how many parts there are.
func (d *direct) parts() int { return int((d.Size + d.Part - 1) / d.Part) }

// sizeOf is the size that a part must have.
func (d *direct) sizeOf(number int) int64 {
	return min(d.Part, d.Size-int64(number-1)*d.Part)
}

// fits reports whether a part that is there is one of the file's.
func (d *direct) fits(p storage.Part) bool {
	return p.Number >= 1 && p.Number <= d.parts() && p.Size == d.sizeOf(p.Number)
}

// partSize is the size of the parts of a file; 0 if it has more than a store takes.
func partSize(size int64) int64 {
	if size > mostStoreParts*largestPart {
		return 0
	}
	const step = 1 << 20
	each := (size + mostStoreParts - 1) / mostStoreParts
	return max((each+step-1)/step*step, smallestPart)
}

// beginDirect begins an upload, and says how large its parts are to be.
func (h *Handler) beginDirect(ctx context.Context, name string, size int64, to place) (id string, d *direct, err error) {
	if size < 0 {
		return "", nil, errForm
	}
	if to.Item == "" {
		to = place{} // of a new draft nothing else is asked
	}
	d = &direct{Name: core.CleanName(name), Size: size, To: to, Part: partSize(size)}
	if size > h.opts.MaxUpload || d.Part == 0 {
		return "", nil, errTooLarge
	}
	if err := h.checkPlace(ctx, to); err != nil {
		return "", nil, err
	}
	h.removeGivenUp(ctx)
	id = newID()
	if size > 0 {
		if d.Upload, err = h.direct.Begin(ctx, objectKey(id)); err != nil {
			return "", nil, err
		}
	}
	return id, d, h.note(ctx, id, d)
}

// note keeps what is known of an upload.
func (h *Handler) note(ctx context.Context, id string, d *direct) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = h.opts.Store.Save(ctx, unfinishedPrefix+id, bytes.NewReader(text))
	return err
}

// noted is what is known of an upload. Errors: errNoPage.
func (h *Handler) noted(ctx context.Context, id string) (*direct, error) {
	if h.direct == nil || !isID(id) {
		return nil, errNoPage
	}
	text, err := h.head(ctx, unfinishedPrefix+id, mostField)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, errNoPage
	}
	d := &direct{}
	if err == nil {
		err = json.Unmarshal(text, d)
	}
	return d, err
}

// head is an object's first bytes, most at most.
func (h *Handler) head(ctx context.Context, key string, most int64) ([]byte, error) {
	o, err := h.opts.Store.OpenAt(ctx, key, core.Span{Length: most})
	if err != nil {
		return nil, err
	}
	defer o.Close()
	span := core.Span{Length: min(most, o.Metadata().Size)}
	r, err := o.Section(ctx, span)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, span.Length))
}

// there are the parts that are in the store as they must be.
func (h *Handler) there(ctx context.Context, id string, d *direct) (parts []storage.Part, err error) {
	if d.Size == 0 {
		return nil, nil
	}
	all, err := h.direct.Parts(ctx, objectKey(id), d.Upload)
	for _, p := range all {
		if d.fits(p) {
			parts = append(parts, p)
		}
	}
	return parts, err
}

// unquoted is an entity-tag of a part as browsers and the store both say it.
func unquoted(etag string) string { return strings.Trim(etag, `"`) }

// finishDirect puts an upload that is whole into its place, once, and returns the slug
// of the item there. etags are those that the store answered whoever sent the parts.
func (h *Handler) finishDirect(ctx context.Context, id string, etags []string) (slug string, err error) {
	return h.finishing.Do(ctx, id, func(ctx context.Context) (string, error) {
		d, err := h.noted(ctx, id)
		if err != nil || d.Slug != "" {
			return d.slug(), err
		}
		if err := h.assemble(ctx, id, d, etags); err != nil {
			return "", err
		}
		f, err := h.described(ctx, id, d)
		if err != nil {
			return "", err
		}
		if d.Slug, err = h.settle(ctx, arrival{id, d.Name, d.To}, f); err != nil {
			return "", err
		}
		return d.Slug, h.note(ctx, id, d)
	})
}

func (d *direct) slug() string {
	if d == nil {
		return ""
	}
	return d.Slug
}

// assemble has the store make the object of its parts, if they are the ones that were
// sent to their ends: some servers keep half of a part whose connection was cut, with
// the size that it was to have. One that was made before stays as it is.
func (h *Handler) assemble(ctx context.Context, id string, d *direct, etags []string) error {
	if d.Size == 0 {
		_, err := h.opts.Store.Save(ctx, objectKey(id), strings.NewReader(""))
		return err
	}
	parts, err := h.there(ctx, id, d)
	if err == nil && !slices.EqualFunc(parts, etags, func(p storage.Part, etag string) bool { return unquoted(p.ETag) == unquoted(etag) }) {
		return errUnfinished
	}
	if err == nil && len(parts) != d.parts() {
		return errUnfinished
	}
	if err == nil {
		_, err = h.direct.Complete(ctx, objectKey(id), d.Upload, parts)
	}
	if errors.Is(err, storage.ErrNotFound) { // or it was, and the answer was lost
		err = nil
	}
	return err
}

// described is the file of an upload that is in the store, with what its first bytes say
// of it. One that does not fit into its place is removed.
func (h *Handler) described(ctx context.Context, id string, d *direct) (catalog.File, error) {
	f := catalog.File{Name: d.Name, Store: h.opts.Store.Name(), Key: objectKey(id), Size: d.Size}
	m, err := h.opts.Store.Stat(ctx, f.Key)
	if errors.Is(err, storage.ErrNotFound) {
		return f, errNoPage // it was given up
	}
	if err == nil && m.Size != d.Size {
		err = fmt.Errorf("upload %s has %d bytes in the store, want %d", id, m.Size, d.Size)
	}
	if err != nil {
		return f, err
	}
	head, err := h.head(ctx, f.Key, sniffed)
	if err != nil {
		return f, err
	}
	if f.MediaType = pinnedType(f.Name, head); d.To.Field == catalog.ImageField && !isPicture(f.MediaType) {
		return f, errors.Join(errPicture, h.opts.Store.Delete(ctx, f.Key), h.opts.Store.Delete(ctx, unfinishedPrefix+id))
	}
	return f, nil
}

// cancelDirect lets go of an upload that is not done.
func (h *Handler) cancelDirect(ctx context.Context, id string) error {
	d, err := h.noted(ctx, id)
	if err != nil || d.Slug != "" {
		return err
	}
	if d.Upload != "" {
		err = h.direct.Abort(ctx, objectKey(id), d.Upload)
	}
	if errors.Is(err, storage.ErrNotFound) { // it was completed
		h.discard(ctx, catalog.File{Store: h.opts.Store.Name(), Key: objectKey(id)})
	} else if err != nil {
		return err
	}
	return h.opts.Store.Delete(ctx, unfinishedPrefix+id)
}

// removeGivenUp removes uploads that were begun long ago. What it cannot remove now, the
// next one will.
func (h *Handler) removeGivenUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	var old []string
	err := h.opts.Store.List(ctx, unfinishedPrefix, func(e storage.Entry) bool {
		if time.Since(e.LastModified) > givenUp {
			old = append(old, path.Base(e.Key))
		}
		return true
	})
	for _, id := range old {
		var d *direct
		if d, err = h.noted(ctx, id); err == nil && d.Slug == "" {
			err = h.cancelDirect(ctx, id)
		} else if err == nil {
			err = h.opts.Store.Delete(ctx, unfinishedPrefix+id)
		}
	}
	if err != nil {
		h.log.Warn("admin: uploads that were given up stay", "cause", err.Error())
	}
}
