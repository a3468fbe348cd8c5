package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// What the page of files shows at most, and how long a store may take to list.
const (
	mostFiles   = 500
	mostLooked  = 20_000
	listTimeout = 20 * time.Second
)

// picker is what the page of files shows.
type picker struct {
	Store, Prefix string
	Stores        []string
	Up            string // prefix of the folder above
	Folders       []string
	Files         []storedFile
	More          bool   // there is more than is shown
	Item, Field   string // the item that a file is picked for; "" makes a draft
}

// storedFile is a file of a store.
type storedFile struct {
	Key, Name string
	Size      int64
	Modified  time.Time
}

func (h *Handler) storeCalled(name string) *storage.Store {
	for _, s := range h.opts.Stores {
		if s.Name() == name {
			return s
		}
	}
	return nil
}

// files shows a folder of a store.
func files(x *visit) error {
	q := x.r.URL.Query()
	p := picker{Store: q.Get("store"), Prefix: q.Get("prefix"), Item: q.Get("item"), Field: q.Get("field")}
	for _, s := range x.opts.Stores {
		p.Stores = append(p.Stores, s.Name())
	}
	if p.Store == "" && len(p.Stores) > 0 {
		p.Store = p.Stores[0]
	}
	s := x.storeCalled(p.Store)
	if s == nil {
		return &fault{http.StatusNotFound, "There is no such store."}
	}
	if p.Prefix != "" && !strings.HasSuffix(p.Prefix, "/") {
		p.Prefix += "/"
	}
	if err := p.list(x.r.Context(), s); err != nil {
		return err
	}
	return x.show("files", shown{Title: "Files", Section: "files", Data: p})
}

// list fills in the folder's contents.
func (p *picker) list(ctx context.Context, s *storage.Store) error {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	if above := path.Dir(strings.TrimSuffix(p.Prefix, "/")); p.Prefix != "" && above != "." {
		p.Up = above + "/"
	}
	folders, looked := map[string]bool{}, 0
	err := s.List(ctx, p.Prefix, func(e storage.Entry) bool {
		rest := strings.TrimPrefix(e.Key, p.Prefix)
		if folder, _, inside := strings.Cut(rest, "/"); inside {
			folders[folder] = true
		} else {
			p.Files = append(p.Files, storedFile{e.Key, rest, e.Size, e.LastModified})
		}
		looked++
		p.More = looked >= mostLooked || len(p.Files) >= mostFiles
		return !p.More
	})
	for folder := range folders {
		p.Folders = append(p.Folders, folder)
	}
	slices.Sort(p.Folders)
	slices.SortFunc(p.Files, func(a, b storedFile) int { return strings.Compare(a.Name, b.Name) })
	return err
}

// picked is a file that is in a store.
func (x *visit) picked(store, key string) (catalog.File, error) {
	s := x.storeCalled(store)
	if s == nil {
		return catalog.File{}, storage.ErrNotFound
	}
	m, err := s.Stat(x.r.Context(), key)
	if err != nil {
		return catalog.File{}, err
	}
	return catalog.File{Name: core.CleanName(path.Base(key)), Store: store, Key: key, Size: m.Size}, nil
}

// draftOf makes a draft of a file that is in a store already.
func (h *Handler) draftOf(ctx context.Context, f catalog.File) (string, error) {
	f.Size = 0 // it may be replaced in the store
	return h.draft(ctx, newID(), f)
}

// pickFile puts a file of a store into a field of an item.
func pickFile(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	form := x.r.PostForm
	f, err := x.picked(form.Get("store"), form.Get("key"))
	if err != nil {
		return err
	}
	f.Size = 0
	to := place{Item: form.Get("item"), Field: form.Get("field")}
	if to.Field == catalog.ImageField && !isPicture(core.MediaType(f.Name)) {
		return errPicture
	}
	if err := x.checkPlace(x.r.Context(), to); err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	it, err := x.opts.Catalog.Item(x.r.Context(), to.Item)
	if err == nil {
		err = x.fill(x.r.Context(), it, to, f)
	}
	if err != nil {
		return err
	}
	notice := "The file was put in."
	if to.isOwn() && it.Name != "" && it.Name != f.Name {
		notice += fmt.Sprintf(" Clients save it as %q now; before it was %q.", f.Name, it.Name)
	}
	return x.goTo(itemPath(to.Item), notice)
}

// mostPicture is the largest picture that the pages show, in bytes.
const mostPicture = 20 << 20

// picture sends an item's picture for its page.
func picture(x *visit) error {
	it, err := x.opts.Catalog.Item(x.r.Context(), x.r.PathValue("slug"))
	if err != nil {
		return err
	}
	f, ok := it.Files[catalog.ImageField]
	s := x.storeCalled(f.Store)
	mediaType := cmp.Or(f.MediaType, core.MediaType(f.Key))
	if !ok || s == nil || !isPicture(mediaType) {
		return errNoPage
	}
	o, err := s.Open(x.r.Context(), f.Key)
	if err != nil {
		return err
	}
	defer o.Close()
	size := o.Metadata().Size
	if size > mostPicture {
		return errTooLarge
	}
	r, err := o.Section(x.r.Context(), core.Span{Length: size})
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", mediaType)
	x.w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	_, err = io.CopyN(x.w, r, size)
	if err != nil { // the answer has begun
		panic(http.ErrAbortHandler)
	}
	return nil
}

// removeFiles removes the files of an item that is not in the catalogue any more:
// uploaded ones, others too if asked; none that another item has. It returns those that
// stay though they should not.
func (h *Handler) removeFiles(ctx context.Context, it *catalog.Item, others bool) (kept []string) {
	files := slices.DeleteFunc(it.AllFiles(), func(f catalog.File) bool { return !isUpload(f.Key) && !others })
	used, err := h.used(ctx, files)
	for _, f := range files {
		s := h.storeCalled(f.Store)
		if err != nil || used[at(f)] || s == nil || !s.Writable() {
			kept = append(kept, f.Key)
			continue
		}
		if err := s.Delete(ctx, f.Key); err != nil && !errors.Is(err, storage.ErrNotFound) {
			kept = append(kept, f.Key)
		}
	}
	return kept
}

// orphans is what the page of what does not fit shows.
type orphans struct {
	Rows  []lostRow
	Files []storedFile
	Store string
	More  bool
}

// lostRow is an item whose file is not there.
type lostRow struct{ Slug, Title, Field, Store, Key string }

// mostOrphans are shown at most of either kind.
const mostOrphans = 500

// settling is how long a file may be without its item: one that is uploaded just now
// is none yet.
const settling = time.Hour

// findOrphans compares all items with all files of the stores that they are in.
func findOrphans(x *visit) error {
	const patience = 2 * time.Minute
	_ = x.control().SetWriteDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(x.r.Context(), patience)
	defer cancel()
	there := map[string]map[string]storedFile{} // by store and key
	for _, s := range x.opts.Stores {
		keys := map[string]storedFile{}
		err := s.List(ctx, "", func(e storage.Entry) bool {
			keys[e.Key] = storedFile{e.Key, e.Key, e.Size, e.LastModified}
			return true
		})
		if err != nil {
			return err
		}
		there[s.Name()] = keys
	}
	o := orphans{Store: x.opts.Store.Name()}
	used := map[string]bool{} // uploads
	err := x.opts.Catalog.List(ctx, "", func(it catalog.Item) bool {
		o.look(&it, there, used)
		return true
	})
	if err != nil {
		return err
	}
	o.addUnused(there[o.Store], used)
	return x.show("orphans", shown{Title: "What does not fit", Section: "files", Data: o})
}

// look adds the files of an item that are not there, and notes those that are used.
func (o *orphans) look(it *catalog.Item, there map[string]map[string]storedFile, used map[string]bool) {
	for _, f := range it.AllFiles() {
		if f.Store == o.Store {
			used[f.Key] = true
		}
		if _, ok := there[f.Store][f.Key]; ok {
			continue
		}
		if len(o.Rows) >= mostOrphans {
			o.More = true
			continue
		}
		o.Rows = append(o.Rows, lostRow{it.Slug, titleOf(it), f.Name, f.Store, f.Key})
	}
}

// addUnused adds the uploaded files that no item has.
func (o *orphans) addUnused(keys map[string]storedFile, used map[string]bool) {
	for key, f := range keys {
		if isUpload(key) && !used[key] && time.Since(f.Modified) > settling {
			o.Files = append(o.Files, f)
		}
	}
	slices.SortFunc(o.Files, func(a, b storedFile) int { return strings.Compare(a.Key, b.Key) })
	if len(o.Files) > mostOrphans {
		o.Files, o.More = o.Files[:mostOrphans], true
	}
}

// removeOrphans removes uploaded files that no item has.
func removeOrphans(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	ctx, removed := x.r.Context(), int64(0)
	used := map[string]bool{}
	err := x.opts.Catalog.List(ctx, "", func(it catalog.Item) bool {
		for _, f := range it.AllFiles() {
			used[f.Key] = used[f.Key] || isUpload(f.Key)
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, key := range x.r.PostForm["key"] {
		if !isUpload(key) || used[key] {
			continue
		}
		if err := x.opts.Store.Delete(ctx, key); err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		removed++
	}
	return x.goTo(Path+"orphans", "Removed: "+counted(removed, "file")+".")
}
