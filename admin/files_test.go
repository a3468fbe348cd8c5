package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// listings is a database that counts how often it is read as a whole.
type listings struct {
	*sqlcat.Store
	n *atomic.Int64
}

func (l listings) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	l.n.Add(1)
	return l.Store.List(ctx, after, yield)
}

// Uploads wait while an item is deleted: the catalogue is read once for it, however many
// files it has.
func TestDeletingReadsTheCatalogueOnce(t *testing.T) {
	var n atomic.Int64
	s := start(t, func(o *admin.Options) { o.Catalog = catalog.New(listings{o.Counter.(*sqlcat.Store), &n}) })
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	for version := range 5 {
		b.upload([]byte("x"), "filename", "a.txt", "item", slug, "field", "file", "version", fmt.Sprint(version))
	}
	if got := len(s.keys(t)); got != 5 { // the first has no version, so the next took its place
		t.Fatalf("there are %d files", got)
	}
	n.Store(0)
	b.want(b.post("/admin/item/"+slug+"/delete"), http.StatusSeeOther)
	if got := n.Load(); got != 1 {
		t.Errorf("the catalogue was read %d times", got)
	}
	if keys := s.keys(t); len(keys) > 0 {
		t.Errorf("left: %v", keys)
	}
}

// A file that an item has is never among those without one, though the item comes after
// more rows without their files than are shown.
func TestWhatDoesNotFitBeyondWhatIsShown(t *testing.T) {
	dir := t.TempDir()
	d, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	s := start(t, func(o *admin.Options) { o.Store = storage.New("files", d) })
	b := s.anna(t)
	const used, orphan = "uploads/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa", "uploads/bb/bbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, key := range []string{used, orphan} {
		if _, err := s.files.Save(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		long := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(key)), long, long); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, s, 500)
	last := catalog.Item{Slug: "last", Store: "files", Key: "gone", Version: "2", Versions: []catalog.Version{{Name: "1", File: catalog.File{Store: "files", Key: used}}}}
	if err := s.items.Put(t.Context(), []catalog.Item{last}); err != nil {
		t.Fatal(err)
	}
	page := b.get("/admin/orphans")
	contains(t, page, orphan)
	contains(t, page, "There is more than is shown.")
	if strings.Contains(page.body, used) {
		t.Error("a file that an item has is said to have none")
	}
}

// A new file brings its own name unless the form says to keep the one that somebody
// gave to the item; the form says it before the file, which is read as it comes.
func TestKeepingTheFileName(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	b.want(b.post("/admin/item/"+slug, b.asShown(slug, "name", "manual.txt")...), http.StatusSeeOther)
	b.upload([]byte("y"), "filename", "final (1).txt", "item", slug, "field", "file", "version", "2", "keep_name", "1")
	if it := s.item(t, slug); it.Name != "manual.txt" || it.SHA256 != sum([]byte("y")) {
		t.Errorf("by tus: %+v", it)
	}
	b.want(b.sendForm("item", slug, "field", "file", "version", "3", "keep_name", "1", "file=final (2).txt", "z"), http.StatusSeeOther)
	if it := s.item(t, slug); it.Name != "manual.txt" || it.SHA256 != sum([]byte("z")) || len(it.Versions) != 1 {
		t.Errorf("by a form: %+v", it)
	}
	page := b.get("/admin/item/" + slug)
	contains(t, page, `Keep the file name <bdi>manual.txt</bdi>`)
	file := strings.Index(page.body, `id="file-file"`)
	for _, name := range []string{"version", "keep_name"} {
		if i := strings.LastIndex(page.body[:file], `name="`+name+`"`); i < strings.LastIndex(page.body[:file], "<form") {
			t.Errorf("%s stands after the file: without JavaScript it is not read", name)
		}
	}
	b.want(b.sendForm("item", slug, "field", "file", "file=new.txt", "n"), http.StatusSeeOther)
	if it := s.item(t, slug); it.Name != "new.txt" {
		t.Errorf("not asked to keep: %+v", it)
	}
	if _, err := s.files.Save(t.Context(), "stored.txt", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	b.want(b.post("/admin/files/pick", "store", "files", "key", "stored.txt", "item", slug, "field", "file"), http.StatusSeeOther)
	contains(t, b.get("/admin/item/"+slug), "Clients save it as &#34;stored.txt&#34; now; before it was &#34;new.txt&#34;.")
}
