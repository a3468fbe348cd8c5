package sqlcat_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/infra/migrations"
	"github.com/pressly/goose/v3"
)

// pathVariable makes the test binary a process that opens the file named in it
// and puts an item, as TestProcessesStartTogether asks.
const pathVariable = "SQLCAT_TEST_PATH"

func TestMain(m *testing.M) {
	path := os.Getenv(pathVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := firstUse(path, fmt.Sprintf("p%d", os.Getpid())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func firstUse(path, slug string) error {
	s, err := sqlcat.Open(path)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Item(context.Background(), slug); !errors.Is(err, catalog.ErrNotFound) {
		return fmt.Errorf("item before put: %w", err)
	}
	if err := s.Put(context.Background(), []catalog.Item{item(slug)}); err != nil {
		return err
	}
	_, err = s.Item(context.Background(), slug)
	return err
}

func TestProcessesStartTogether(t *testing.T) {
	self, err := os.Executable()
	mustDo(t, err)
	for range 3 {
		path := filepath.Join(t.TempDir(), "data", "catalog.db")
		const processes = 8
		together(t, processes, func(int) error {
			var stderr bytes.Buffer
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), pathVariable+"="+path)
			cmd.Stderr = &stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%w: %s", err, &stderr)
			}
			return nil
		})
		wantMigratedOnce(t, path, processes)
	}
}

func TestStoresOfOneProcessStartTogether(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "data", "catalog.db")
		const stores = 8
		together(t, stores, func(n int) error { return firstUse(path, fmt.Sprintf("s%d", n)) })
		wantMigratedOnce(t, path, stores)
	}
}

func together(t *testing.T, n int, f func(int) error) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func wantMigratedOnce(t *testing.T, path string, items int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	var steps, distinct, count int
	var check, mode string
	mustDo(t, db.QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version").Scan(&steps, &distinct))
	mustDo(t, db.QueryRow("SELECT count(*) FROM items").Scan(&count))
	mustDo(t, db.QueryRow("PRAGMA integrity_check").Scan(&check))
	mustDo(t, db.QueryRow("PRAGMA journal_mode").Scan(&mode))
	if steps != distinct || count != items || check != "ok" || mode != "wal" {
		t.Errorf("got %d steps, %d of them different, %d items, integrity %s, mode %s; want %d items", steps, distinct, count, check, mode, items)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	mustDo(t, err)
	for _, e := range entries {
		switch e.Name() {
		case "catalog.db", "catalog.db-wal", "catalog.db-shm":
		default:
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

// A catalogue of before there were lists has its items in them.
func TestItemsOfAnOlderCatalogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.Files)
	mustDo(t, err)
	_, err = steps.UpTo(t.Context(), 7)
	mustDo(t, err)
	_, err = db.Exec("INSERT INTO items (slug, title, store, key, category, visible) VALUES" +
		" ('b', 'Zebra', 's', 'k', 'A/B c/D', TRUE), ('a', '', 's', 'k', 'A', FALSE), ('c', 'ape', 's', 'k', '', TRUE)")
	mustDo(t, err)
	mustDo(t, db.Close())
	c := catalog.New(open(t, path))
	for _, row := range []struct {
		q    catalog.Query
		want string
	}{
		{catalog.Query{}, "a c b 3"}, {catalog.Query{Now: now}, "c b 2"}, {catalog.Query{Category: "A/B c"}, "b 1"}, {catalog.Query{Category: "A", Search: "ZEB"}, "b 1"},
	} {
		p, err := c.Page(t.Context(), row.q)
		got := ""
		for _, it := range p.Items {
			got += it.Slug + " "
		}
		if got += fmt.Sprint(p.Total); err != nil || got != row.want {
			t.Errorf("%+v: %s, %v; want %s", row.q, got, err, row.want)
		}
	}
	counts, err := c.Categories(t.Context(), time.Time{})
	if got := fmt.Sprint(counts); err != nil || got != "[{{A  0} 2} {{A/B c  0} 1} {{A/B c/D  0} 1}]" {
		t.Errorf("categories: %s, %v", got, err)
	}
	mustDo(t, c.Delete(t.Context(), "b"))
	if counts, err := c.Categories(t.Context(), now); err != nil || counts[0].Items != 0 {
		t.Errorf("after the last listed one was deleted: %v, %v", counts, err)
	}
}
