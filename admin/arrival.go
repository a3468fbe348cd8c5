package admin

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// arrival is a file that somebody uploads, and what is to become of it.
type arrival struct {
	id   string // of newID; it names the object
	name string // as the browser says it
	to   place
}

// place is where an uploaded file goes: into a field of an item or, without one, into
// a new draft.
type place struct {
	Item    string // slug; "" makes a draft
	Field   string // "" is the item's own file
	Version string // of the item's own file; the one before stays as a version if its name is another
	// KeepName has clients save the item's own file under the name that it has, not
	// under that of the new one.
	KeepName bool
}

// isOwn reports whether it is the item's own file.
func (p place) isOwn() bool { return p.Field == "" || p.Field == catalog.OwnField }

// newID names an upload: 130 random bits, as 26 letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }

// isID reports whether newID could have made it.
func isID(id string) bool {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	return len(id) == 26 && strings.Trim(id, alphabet) == ""
}

// uploadPrefix begins the keys of uploaded files.
const uploadPrefix = "uploads/"

// objectKey is the key under which an upload is stored: nothing in it is the user's.
func objectKey(id string) string { return uploadPrefix + id[:2] + "/" + id }

// isUpload reports whether objectKey could have made the key.
func isUpload(key string) bool {
	id := path.Base(key)
	return isID(id) && key == objectKey(id)
}

// arrive stores what r gives and then puts it into its place, which is the slug of an
// item. Until it returns nobody sees anything; a second arrival of the same id changes
// nothing. A place that is gone becomes a draft: what was uploaded is not lost.
func (h *Handler) arrive(ctx context.Context, a arrival, r io.Reader) (slug string, err error) {
	f, err := h.store(ctx, a, r)
	if err != nil {
		return "", err
	}
	return h.settle(ctx, a, f)
}

// store saves a file under its generated key, and says of it what its bytes do.
func (h *Handler) store(ctx context.Context, a arrival, r io.Reader) (catalog.File, error) {
	buffered := bufio.NewReaderSize(r, sniffed)
	head, err := buffered.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return catalog.File{}, err
	}
	f := catalog.File{Name: core.CleanName(a.name), Store: h.opts.Store.Name(), Key: objectKey(a.id)}
	f.MediaType = pinnedType(f.Name, head)
	if a.to.Field == catalog.ImageField && !isPicture(f.MediaType) {
		return catalog.File{}, errPicture
	}
	hash := sha256.New()
	m, err := h.opts.Store.Save(ctx, f.Key, io.TeeReader(buffered, hash))
	f.Size, f.SHA256 = m.Size, hex.EncodeToString(hash.Sum(nil))
	return f, err
}

// settle puts a stored file into its place.
func (h *Handler) settle(ctx context.Context, a arrival, f catalog.File) (slug string, err error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	if a.to.Item != "" {
		it, err := h.opts.Catalog.Item(ctx, a.to.Item)
		if err == nil {
			return it.Slug, h.fill(ctx, it, a.to, f)
		}
		if !errors.Is(err, catalog.ErrNotFound) {
			return "", err
		}
	}
	return h.draft(ctx, a.id, f)
}

// draft puts a file into an item of its own, under a slug that is free.
func (h *Handler) draft(ctx context.Context, id string, f catalog.File) (slug string, err error) {
	title := strings.TrimSuffix(f.Name, path.Ext(f.Name))
	if title == "" {
		title = f.Name
	}
	for _, slug := range []string{slugOf(title), slugOf(title) + "-" + id[:6], id} {
		there, err := h.opts.Catalog.Item(ctx, slug)
		switch {
		case err == nil && there.Key == f.Key:
			return slug, nil // it was put before
		case err == nil:
			continue
		case !errors.Is(err, catalog.ErrNotFound):
			return "", err
		}
		it := catalog.Item{Slug: slug, Title: title, Visible: true, Draft: true}
		setOwn(&it, f)
		return slug, h.opts.Catalog.Put(ctx, []catalog.Item{it})
	}
	return "", fmt.Errorf("no slug is free for %q", f.Name)
}

// fill puts a file into an item that is there.
func (h *Handler) fill(ctx context.Context, it catalog.Item, to place, f catalog.File) error {
	var before catalog.File
	if to.isOwn() {
		before, _ = it.File("")
		if before.Key == f.Key {
			return nil // it was put before
		}
		if to.Version != "" && to.Version != it.Version && it.Version != "" {
			it.Versions = append([]catalog.Version{{Name: it.Version, File: before, Added: time.Now().Truncate(time.Millisecond)}}, it.Versions...)
			before = catalog.File{}
		}
		if to.Version != "" {
			it.Version = to.Version
		}
		if to.KeepName && it.Name != "" {
			f.Name = it.Name
		}
		setOwn(&it, f)
	} else {
		before = it.Files[to.Field]
		files := map[string]catalog.File{to.Field: f}
		for field, other := range it.Files {
			if field != to.Field {
				files[field] = other
			}
		}
		it.Files = files
	}
	if err := h.opts.Catalog.Put(ctx, []catalog.Item{it}); err != nil {
		return err
	}
	h.discard(ctx, before)
	return nil
}

// setOwn makes f the item's own file.
func setOwn(it *catalog.Item, f catalog.File) {
	it.Name, it.Store, it.Key, it.MediaType, it.Size, it.SHA256 = f.Name, f.Store, f.Key, f.MediaType, f.Size, f.SHA256
	it.Encoding, it.Charset, it.Modified, it.ETag = f.Encoding, f.Charset, f.Modified, f.ETag
}

// discard removes an uploaded file that took its place in no item any more, unless
// another has it. What cannot be removed now, the page of files finds.
func (h *Handler) discard(ctx context.Context, f catalog.File) {
	if f.Store != h.opts.Store.Name() || !isUpload(f.Key) {
		return
	}
	used, err := h.used(ctx, []catalog.File{f})
	if err == nil && !used[at(f)] {
		err = h.opts.Store.Delete(ctx, f.Key)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		h.log.Warn("admin: a file that nobody uses stays", "store", f.Store, "key", f.Key, "cause", err.Error())
	}
}

// located is where a file is.
type located struct{ store, key string }

func at(f catalog.File) located { return located{f.Store, f.Key} }

// used says which of the files items have. It reads the whole catalogue, once for all of
// them.
func (h *Handler) used(ctx context.Context, files []catalog.File) (map[located]bool, error) {
	used := map[located]bool{}
	if len(files) == 0 {
		return used, nil
	}
	asked := map[located]bool{}
	for _, f := range files {
		asked[at(f)] = true
	}
	err := h.opts.Catalog.List(ctx, "", func(it catalog.Item) bool {
		for _, f := range it.AllFiles() {
			if asked[at(f)] {
				used[at(f)] = true
			}
		}
		return true
	})
	return used, err
}

// slugOf is a slug for a title: its ASCII letters and digits in lower case, the rest as
// hyphens.
func slugOf(title string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(title)) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			b.WriteByte(c)
		case b.Len() > 0 && b.String()[b.Len()-1] != '-':
			b.WriteByte('-')
		}
	}
	const longest = 60
	slug := b.String()
	if len(slug) > longest {
		slug = slug[:longest]
	}
	if slug = strings.TrimRight(slug, "-"); slug == "" {
		return "file"
	}
	return slug
}
