package migrations_test

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/infra/migrations"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"
)

func names(t *testing.T) []string {
	t.Helper()
	list, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(list) == 0 {
		t.Fatalf("got %d files, %v; want some", len(list), err)
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := migrations.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFilesAreNumberedInARow(t *testing.T) {
	for i, name := range names(t) {
		if want := fmt.Sprintf("%05d_", i+1); !regexp.MustCompile(`^` + want + `[a-z0-9_]+\.sql$`).MatchString(name) {
			t.Errorf("got %s, want %s<words>.sql", name, want)
		}
	}
}

// D1 runs a whole file, so a Down section would undo what it has just done.
func TestFilesGoUpOnly(t *testing.T) {
	for _, name := range names(t) {
		text := read(t, name)
		if !strings.HasPrefix(text, "-- +goose Up\n") {
			t.Errorf("%s: does not start with -- +goose Up", name)
		}
		if strings.Contains(strings.ToLower(text), "+goose down") {
			t.Errorf("%s: has a Down section", name)
		}
		// Downlink applies all steps in one transaction, and so must D1.
		if strings.Contains(text, "NO TRANSACTION") {
			t.Errorf("%s: wants no transaction", name)
		}
	}
}

func TestLatest(t *testing.T) {
	got, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, open(t), migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	sources := p.ListSources()
	if want := int(sources[len(sources)-1].Version); got != want {
		t.Errorf("got %d, goose says %d", got, want)
	}
}

// As wrangler applies them: each file whole, in order, comments and all.
func TestFilesRunWhole(t *testing.T) {
	db := open(t)
	for _, name := range names(t) {
		if _, err := db.Exec(read(t, name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if _, err := db.Exec(`INSERT INTO items (slug, store, key) VALUES ('a', 'files', 'a.pdf')`); err != nil {
		t.Fatal(err)
	}
	var visible, inline bool
	var name, key string
	err := db.QueryRow(`SELECT visible, inline, name, key FROM items`).Scan(&visible, &inline, &name, &key)
	if err != nil || !visible || inline || name != "" || key != "a.pdf" {
		t.Errorf("got visible %v, inline %v, name %q, key %q, %v", visible, inline, name, key, err)
	}
	if _, err := db.Exec(`INSERT INTO items (slug, store, key) VALUES (NULL, 'files', 'a.pdf')`); err == nil {
		t.Error("an item without a slug was accepted")
	}
}

// TestTotalsOfWhatWasCounted: what was counted before there were totals is in them.
func TestTotalsOfWhatWasCounted(t *testing.T) {
	db := open(t)
	for _, name := range names(t) {
		if strings.HasPrefix(name, "00009") {
			const before = `INSERT INTO items (slug, store, key) VALUES ('a', 'files', 'a.pdf'), ('b', 'files', 'b.pdf');
				INSERT INTO counts (slug, hour, n) VALUES ('a', 1, 5), ('a', 2, 9000000000), ('a/image', 1, 3), ('/files/a', 1, 3), ('gone', 1, 2)`
			if _, err := db.Exec(before); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(read(t, name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var totals string
	err := db.QueryRow(`SELECT group_concat(slug || ' ' || rank) FROM (SELECT * FROM totals ORDER BY slug)`).Scan(&totals)
	if want := "a -9000000005,b 0,gone -2"; err != nil || totals != want {
		t.Errorf("totals are %s, want %s, %v", totals, want, err)
	}
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
