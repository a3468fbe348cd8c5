package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// saboteur has one call of a store, of the catalogue or of the accounts fail.
type saboteur struct {
	armed bool
	after int // calls that go through
	with  error
}

// next is what the next call fails with, nil for all but one.
func (s *saboteur) next() error {
	if !s.armed {
		return nil
	}
	if s.after--; s.after == -1 {
		return s.with
	}
	return nil
}

// brittleStore is a store whose calls may fail.
type brittleStore struct {
	*dirstore.Store
	*saboteur
}

func (s brittleStore) Save(ctx context.Context, key string, r io.Reader) (m core.Metadata, err error) {
	if err := s.next(); err != nil {
		return m, err
	}
	return s.Store.Save(ctx, key, r)
}

func (s brittleStore) Remove(ctx context.Context, key string) error {
	return errors.Join(s.next(), s.Store.Remove(ctx, key))
}

func (s brittleStore) Stat(ctx context.Context, key string) (m core.Metadata, err error) {
	if err := s.next(); err != nil {
		return m, err
	}
	return s.Store.Stat(ctx, key)
}

// brittleItems is a database whose calls may fail.
type brittleItems struct {
	*sqlcat.Store
	*saboteur
}

func (s brittleItems) Item(ctx context.Context, slug string) (it catalog.Item, err error) {
	if err := s.next(); err != nil {
		return it, err
	}
	return s.Store.Item(ctx, slug)
}

func (s brittleItems) Put(ctx context.Context, items []catalog.Item) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.Put(ctx, items)
}

func (s brittleItems) Delete(ctx context.Context, slug string) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.Delete(ctx, slug)
}

func (s brittleItems) List(ctx context.Context, after string, yield func(catalog.Item) bool) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.List(ctx, after, yield)
}

func (s brittleItems) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	if err := s.next(); err != nil {
		return 0, err
	}
	return s.Store.Exec(ctx, statement, args...)
}

func (s brittleItems) Rows(ctx context.Context, query string, args []any, row func(func(...any) error) error) error {
	if err := s.next(); err != nil {
		return err
	}
	return s.Store.Rows(ctx, query, args, row)
}

// startBrittle runs a site whose calls may fail.
func startBrittle(t *testing.T) (*site, *saboteur) {
	t.Helper()
	dir, err := dirstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	evil := &saboteur{}
	return start(t, func(o *admin.Options) {
		db := brittleItems{o.Counter.(*sqlcat.Store), evil}
		o.Records, o.Catalog, o.Store = admin.SQL(db), catalog.New(db), storage.New("files", brittleStore{dir, evil})
	}), evil
}

// Whichever call fails, and however: nobody is told of a success that is none, no item
// has half a file, and the same again goes through.
func TestEveryCallFailsOnce(t *testing.T) {
	for _, with := range []error{storage.ErrUnavailable, catalog.ErrUnavailable, syscall.ENOSPC, syscall.EIO, context.DeadlineExceeded} {
		t.Run(with.Error(), func(t *testing.T) {
			t.Parallel()
			s, evil := startBrittle(t)
			b := s.anna(t)
			const most = 25 // calls of a scenario
			refused := 0
			for n := range most {
				arm := func() { *evil = saboteur{armed: true, after: n, with: with} }
				disarm := func() { evil.armed = false }
				name := fmt.Sprintf("f%d.txt", n)
				if !uploadOnce(t, b, name, arm, disarm) {
					refused++
				}
				editOnce(t, b, fmt.Sprintf("f%d-txt", n), fmt.Sprintf("f%d", n), arm, disarm)
			}
			if refused < 3 || refused == most { // the session, the account, the item's slug, the file, the row
				t.Errorf("%d of %d uploads were refused: the test fails the wrong calls", refused, most)
			}
		})
	}
}

// uploadOnce uploads a file by a form while a call may fail, and reports whether it was
// taken.
func uploadOnce(t *testing.T, b *browser, name string, arm, disarm func()) bool {
	t.Helper()
	before, stored := len(b.site.all(t)), len(b.site.keys(t))
	arm()
	got := b.sendForm("file="+name, "content of "+name)
	disarm()
	after := b.site.all(t)
	switch ok := got.StatusCode == http.StatusSeeOther; {
	case ok && len(after) != before+1:
		t.Errorf("%s: success, and there are %d items after %d", name, len(after), before)
	case !ok && got.StatusCode < 500:
		t.Errorf("%s: %d", name, got.StatusCode)
	case !ok && len(after) == before && len(b.site.keys(t)) != stored:
		t.Errorf("%s: refused, and its file stays", name)
	case !ok && len(after) == before:
		b.want(b.sendForm("file="+name, "content of "+name), http.StatusSeeOther)
	}
	for _, it := range b.site.all(t) {
		if string(b.site.content(t, it.Key)) != "content of "+it.Name {
			t.Errorf("%s has another file", it.Slug)
		}
	}
	return got.StatusCode == http.StatusSeeOther
}

// editOnce edits and then deletes an item while a call may fail.
func editOnce(t *testing.T, b *browser, newSlug, slug string, arm, disarm func()) {
	t.Helper()
	form := b.fields(slug, "title", "Edited")
	form[3] = newSlug
	arm()
	got := b.post("/admin/item/"+slug, form...)
	disarm()
	if it, err := b.site.items.Item(context.Background(), newSlug); got.StatusCode == http.StatusSeeOther && (err != nil || it.Title != "Edited") {
		t.Errorf("%s: saved, and there is %+v, %v", slug, it, err)
	}
	arm()
	b.post("/admin/item/" + newSlug + "/delete")
	disarm()
	for _, name := range []string{newSlug, slug} {
		b.want(b.post("/admin/item/"+name+"/delete"), http.StatusSeeOther)
	}
	if len(b.site.all(t)) != 0 {
		t.Errorf("left: %+v", b.site.all(t))
	}
}

// lostWord is a database that puts items and says that it cannot.
type lostWord struct{ *sqlcat.Store }

func (s lostWord) Put(ctx context.Context, items []catalog.Item) error {
	return errors.Join(s.Store.Put(ctx, items), catalog.ErrUnavailable)
}

// An item that is there in spite of an error keeps its file.
func TestAnUploadThatWasTakenInSpiteOfAnError(t *testing.T) {
	s := start(t, func(o *admin.Options) { o.Catalog = catalog.New(lostWord{o.Counter.(*sqlcat.Store)}) })
	b := s.anna(t)
	b.want(b.sendForm("file=a.txt", "hello"), http.StatusServiceUnavailable)
	if got := string(s.content(t, s.item(t, "a").Key)); got != "hello" {
		t.Errorf("the item's file holds %q", got)
	}
}
