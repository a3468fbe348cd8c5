package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// editing is what the page of an item shows.
type editing struct {
	Item       catalog.Item
	Form       itemForm
	State      string
	Link       string // where it is served; "" if it is not
	Signed     string // a link that was just made
	CanSign    bool
	Categories []string
	Picture    bool
	Size       int64       // of the file as it is stored, in bytes; -1 is not known
	Further    []namedFile // but the picture
	Versions   []versionRow
	Downloads  catalog.Tally
	Charts     []chart
	Others     []string // uploaded files go with the item; these were there before
}

// namedFile is a further file of an item.
type namedFile struct {
	Field string
	catalog.File
}

// versionRow is an older version of an item.
type versionRow struct {
	catalog.Version
	Link string
}

// item shows one item to be edited.
func item(x *visit) error {
	it, err := x.opts.Catalog.Item(x.r.Context(), x.r.PathValue("slug"))
	if err != nil {
		return err
	}
	return x.item(it, formOf(&it), "", "")
}

func (x *visit) item(it catalog.Item, f itemForm, signed, problem string) (err error) {
	e := editing{
		Item: it, Form: f, State: stateOf(&it, time.Now()), Link: x.itemLink(it.Slug), Signed: signed, CanSign: x.opts.Sign != nil,
	}
	if e.Categories, err = x.categories(); err != nil {
		return err
	}
	e.Size = x.sizeOf(&it)
	for field, file := range it.Files {
		e.Picture = e.Picture || field == catalog.ImageField
		if field != catalog.ImageField {
			e.Further = append(e.Further, namedFile{field, file})
		}
	}
	slices.SortFunc(e.Further, func(a, b namedFile) int { return strings.Compare(a.Field, b.Field) })
	for _, v := range it.Versions {
		e.Versions = append(e.Versions, versionRow{v, x.versionLink(it.Slug, v.Name)})
	}
	for _, file := range it.AllFiles() {
		if !isUpload(file.Key) {
			e.Others = append(e.Others, file.Key)
		}
	}
	if e.Downloads, e.Charts, err = x.itemCharts(it.Slug); err != nil {
		return err
	}
	return x.show("item", shown{Title: titleOf(&it), Section: "items", Problem: problem, Data: e})
}

// sizeOf is the size of an item's file in bytes, -1 if it is not known. One that was
// taken from a store may be replaced there: the store is asked.
func (x *visit) sizeOf(it *catalog.Item) int64 {
	s := x.storeCalled(it.Store)
	if it.Size > 0 || s == nil {
		return cmp.Or(it.Size, -1)
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), sizeTimeout)
	defer cancel()
	m, err := s.Stat(ctx, it.Key)
	if err != nil {
		return -1
	}
	return m.Size
}

// sizeTimeout is how long a page waits for the size of a file.
const sizeTimeout = 2 * time.Second

func (h *Handler) versionLink(slug, version string) string {
	if h.opts.Version == nil {
		return ""
	}
	path, ok := h.opts.Version(slug, version)
	if !ok {
		return ""
	}
	return h.absolute(path)
}

// saveItem puts what the form says, unless somebody else changed the item meanwhile.
func saveItem(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	ctx, slug, form := x.r.Context(), x.r.PathValue("slug"), readForm(x.r.PostForm)
	before, err := x.opts.Catalog.Item(ctx, slug)
	if err != nil {
		return err
	}
	after := before
	problem := form.fill(&after)
	if problem == nil {
		problem = after.Check()
	}
	if problem == nil && form.Updated != formOf(&before).Updated {
		problem = errors.New("somebody else changed this item meanwhile: look at it in another tab, then load this page again")
	}
	if problem == nil && after.Slug != slug {
		problem, err = x.isFree(ctx, after.Slug)
	}
	if err != nil {
		return err
	}
	if problem != nil {
		return x.item(before, form, "", sentence(problem))
	}
	if err := x.putAs(ctx, slug, after); err != nil {
		return err
	}
	return x.goTo(itemPath(after.Slug), "Saved.")
}

// isFree returns a problem if another item has the slug.
func (x *visit) isFree(ctx context.Context, slug string) (problem, err error) {
	_, err = x.opts.Catalog.Item(ctx, slug)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, nil
	}
	return fmt.Errorf("another item is called %q: choose another slug", slug), err
}

// putAs puts an item that was called slug before. Under a new slug it is put first and
// only then taken out under the old one: it is never missing.
func (x *visit) putAs(ctx context.Context, slug string, it catalog.Item) error {
	if err := x.opts.Catalog.Put(ctx, []catalog.Item{it}); err != nil || it.Slug == slug {
		return err
	}
	return x.opts.Catalog.Delete(ctx, slug)
}

// deleteItem removes the row, then those of its files that were uploaded and nobody
// else uses; others only if the form says so. What is missing already is no fault.
func deleteItem(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	ctx, slug := context.WithoutCancel(x.r.Context()), x.r.PathValue("slug")
	it, err := x.opts.Catalog.Item(ctx, slug)
	if err == nil {
		err = x.opts.Catalog.Delete(ctx, slug)
	}
	if errors.Is(err, catalog.ErrNotFound) {
		return x.goTo(Path, fmt.Sprintf("%s was deleted already.", slug))
	}
	if err != nil {
		return err
	}
	kept := x.removeFiles(ctx, &it, x.r.PostFormValue("others") != "")
	if len(kept) > 0 {
		return x.goTo(Path, fmt.Sprintf("%s is deleted. These files stay: %s.", titleOf(&it), strings.Join(kept, ", ")))
	}
	return x.goTo(Path, fmt.Sprintf("%s is deleted.", titleOf(&it)))
}

// signLink makes a signed link to the item.
func signLink(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	it, err := x.opts.Catalog.Item(x.r.Context(), x.r.PathValue("slug"))
	if err != nil {
		return err
	}
	link := x.itemLink(it.Slug)
	if x.opts.Sign == nil || link == "" {
		return &fault{http.StatusNotFound, "There are no keys to sign links with: the configuration needs [[links.keys]]."}
	}
	hours, err1 := readNumber("hours", x.r.PostFormValue("hours"))
	uses, err2 := readNumber("downloads", x.r.PostFormValue("uses"))
	if err := errors.Join(err1, err2); err != nil {
		return x.item(it, formOf(&it), "", sentence(err))
	}
	w := Wish{Life: time.Duration(min(max(hours, 1), 1<<20)) * time.Hour, Uses: uses, Name: x.r.PostFormValue("name"), Subject: x.r.PostFormValue("subject")}
	signed, err := x.opts.Sign(link, w)
	if err != nil {
		return x.item(it, formOf(&it), "", sentence(err))
	}
	x.log.Info("admin: link signed", "user", x.user, "item", it.Slug, "hours", hours, "uses", uses)
	return x.item(it, formOf(&it), signed, "")
}

// dropFile takes a further file or an older version out of an item.
func dropFile(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	ctx := context.WithoutCancel(x.r.Context())
	it, err := x.opts.Catalog.Item(ctx, x.r.PathValue("slug"))
	if err != nil {
		return err
	}
	gone, ok := without(&it, x.r.PostFormValue("field"), x.r.PostFormValue("version"))
	if !ok {
		return x.goTo(itemPath(it.Slug), "That file was taken out already.")
	}
	if err := x.opts.Catalog.Put(ctx, []catalog.Item{it}); err != nil {
		return err
	}
	x.discard(ctx, gone)
	return x.goTo(itemPath(it.Slug), "The file was taken out.")
}

// without takes the file in a field, or of a version, out of an item.
func without(it *catalog.Item, field, version string) (gone catalog.File, ok bool) {
	if field != "" {
		gone, ok = it.Files[field]
		files := map[string]catalog.File{}
		for name, f := range it.Files {
			if name != field {
				files[name] = f
			}
		}
		it.Files = files
		return gone, ok
	}
	for i, v := range it.Versions {
		if v.Name == version {
			it.Versions = slices.Delete(slices.Clone(it.Versions), i, i+1)
			return v.File, true
		}
	}
	return gone, false
}
