package admin_test

import (
	"net/http"
	"testing"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/test/server"
)

// Accounts, sessions and items are in PostgreSQL as in SQLite.
func TestR6_AdminOnPostgres(t *testing.T) {
	db, err := sqlcat.OpenPostgres(server.StartPostgres(t).Database(t), sqlcat.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	useSite(t, start(t, func(o *admin.Options) { o.Records, o.Catalog, o.Counter = admin.SQL(db), catalog.New(db), db }))
}

// useSite does in a site what people do.
func useSite(t *testing.T, s *site) {
	t.Helper()
	b := s.anna(t)
	slug := b.upload([]byte("hello"), "filename", "a.txt")
	b.want(b.post("/admin/item/"+slug, b.fields(slug, "title", "Edited", "category", "A/B", "state", "published")...), http.StatusSeeOther)
	contains(t, b.get("/admin/?q=edit"), "Edited")
	contains(t, b.get("/admin/categories"), ">B</bdi>")
	b.want(b.get("/admin/statistics"), http.StatusOK)
	b.want(b.post("/admin/item/"+slug+"/delete"), http.StatusSeeOther)
	if keys, all := s.keys(t), s.all(t); len(keys)+len(all) > 0 {
		t.Errorf("there are %v and %v", keys, all)
	}
	other := s.browser(t)
	other.want(other.post("/admin/login", "name", "anna", "password", "wrong password"), http.StatusUnauthorized)
	other.want(other.post("/admin/login", "name", "anna", "password", password), http.StatusSeeOther)
	b.want(b.post("/admin/logout"), http.StatusSeeOther)
	if b.in() || !other.in() {
		t.Errorf("after one log-out: %v, %v", b.in(), other.in())
	}
}
