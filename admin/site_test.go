package admin_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// site is an admin that runs.
type site struct {
	*httptest.Server
	db      *sqlcat.Store
	records admin.Records
	items   *catalog.Catalog
	files   *storage.Store
	uploads string // the folder
	admin   *admin.Handler
}

// start runs an admin over a database of its own. change may change its options.
func start(t testing.TB, change func(*admin.Options)) *site {
	t.Helper()
	db, err := sqlcat.Open(filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	dir, err := dirstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	o := admin.Options{
		Records: admin.SQL(db), Session: time.Hour, Catalog: catalog.New(db), Store: storage.New("files", dir), Uploads: filepath.Join(t.TempDir(), "uploads"),
		MaxUpload: 1 << 30, Counter: db, Item: func(slug string) (string, bool) { return "/d/" + slug, true },
	}
	if change != nil {
		change(&o)
	}
	if o.Stores == nil {
		o.Stores = []*storage.Store{o.Store}
	}
	s := &site{db: db, records: o.Records, items: o.Catalog, files: o.Store, uploads: o.Uploads}
	if s.admin, err = admin.New(o); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.admin)
	t.Cleanup(s.Close)
	return s
}

// browser is somebody with cookies, who follows no redirect.
type browser struct {
	t    testing.TB
	site *site
	http.Client
}

func (s *site) browser(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t, s, http.Client{Jar: jar, CheckRedirect: stay}}
}

// answer is an answer with its body read.
type answer struct {
	*http.Response
	body string
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(body)}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.site.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.send(b.request("GET", path, nil))
}

// post sends a form of names and values in turn.
func (b *browser) post(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

const password = "correct horse battery"

// anna is a browser of somebody who made the first account and is logged in.
func (s *site) anna(t testing.TB) *browser {
	t.Helper()
	path, err := s.admin.SetUp(context.Background())
	if err != nil || path == "" {
		t.Fatalf("no link to set up: %q, %v", path, err)
	}
	b := s.browser(t)
	b.want(b.post("/admin/setup", "token", tokenOf(t, path), "name", "anna", "password", password, "again", password), http.StatusSeeOther)
	return b
}

func tokenOf(t testing.TB, path string) string {
	t.Helper()
	u, err := url.Parse(path)
	if err != nil || u.Path != "/admin/setup" {
		t.Fatalf("link %q, %v", path, err)
	}
	return u.Query().Get("token")
}

func (b *browser) want(a answer, status int) {
	b.t.Helper()
	if a.StatusCode != status {
		b.t.Fatalf("%s %s: %d, want %d\n%.2000s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
}

// in reports whether the browser is logged in.
func (b *browser) in() bool {
	b.t.Helper()
	return b.get("/admin/account").StatusCode == http.StatusOK
}

func contains(t testing.TB, a answer, text string) {
	t.Helper()
	if !strings.Contains(a.body, text) {
		t.Errorf("%s does not say %q:\n%s", a.Request.URL.Path, text, a.body)
	}
}
