package sqlcat_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

func TestOpenTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, filepath.Join(dir, "catalog.db"))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no folder", err)
	}
}

func TestOpenWithoutPath(t *testing.T) {
	if _, err := sqlcat.Open(""); err == nil {
		t.Error("got no error")
	}
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes on Windows")
	}
	dir := filepath.Join(t.TempDir(), "a", "data")
	put(t, open(t, filepath.Join(dir, "catalog.db")), item("a"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v, %v; want 0600", e.Name(), info.Mode(), err)
		}
	}
	if got, want := strings.Join(names, " "), "catalog.db catalog.db-shm catalog.db-wal"; got != want {
		t.Errorf("got files %s, want %s", got, want)
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: got %v, %v; want 0700", d, info.Mode(), err)
		}
	}
}

func TestPathsThatMeanSomethingInURLs(t *testing.T) {
	for _, name := range []string{"a b.db", "a?b.db", "a%20b.db", "a#b.db", "a&_txlock=x.db", "ä文.db", ":memory:", "file:x"} {
		dir := t.TempDir()
		put(t, open(t, filepath.Join(dir, name)), item("a"))
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%q: got %v; want a database in that very file", name, err)
		}
		wantItem(t, open(t, filepath.Join(dir, name)), "a")
	}
}

func TestRelativePath(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Chdir(first)
	s := open(t, "catalog.db")
	t.Chdir(second) // the path is that of the moment of Open
	put(t, s, item("a"))
	if _, err := os.Stat(filepath.Join(first, "catalog.db")); err != nil {
		t.Error(err)
	}
}

func TestUnusableFiles(t *testing.T) {
	rows := map[string]func(t *testing.T, path string){
		"not a database": func(t *testing.T, path string) {
			write(t, path, strings.Repeat("this is not a database ", 100))
		},
		"a folder": func(t *testing.T, path string) { mustDo(t, os.Mkdir(path, 0o700)) },
		"in a file, not a folder": func(t *testing.T, path string) {
			mustDo(t, os.Remove(filepath.Dir(path)))
			write(t, filepath.Dir(path), "")
		},
		"tables of another program": func(t *testing.T, path string) {
			execute(t, path, "CREATE TABLE items (slug TEXT)")
		},
		"damaged page": func(t *testing.T, path string) {
			s := open(t, path)
			put(t, s, items(2000)...)
			mustDo(t, s.Close())
			data, err := os.ReadFile(path)
			mustDo(t, err)
			write(t, path, string(data[:4096])+strings.Repeat("\xff", len(data)-4096))
		},
		"cut short": func(t *testing.T, path string) {
			s := open(t, path)
			put(t, s, items(2000)...)
			mustDo(t, s.Close())
			mustDo(t, os.Truncate(path, 4096))
		},
	}
	for name, spoil := range rows {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "d", "catalog.db")
			mustDo(t, os.Mkdir(filepath.Dir(path), 0o700))
			spoil(t, path)
			s := open(t, path)
			_, err := s.Item(context.Background(), "item-1000")
			wantUnavailable(t, "item", err)
			wantUnavailable(t, "put", s.Put(context.Background(), items(2000)))
			wantUnavailable(t, "list", s.List(context.Background(), "", func(catalog.Item) bool { return true }))
		})
	}
}

// TestUnusableFilesAreNamed: whoever reads the log knows which file it is, and what to do.
func TestUnusableFilesAreNamed(t *testing.T) {
	const give = "let the user"
	type row struct {
		spoil  func(t *testing.T, path string)
		remedy string
	}
	rows := map[string]row{
		"not a database":   {func(t *testing.T, path string) { write(t, path, strings.Repeat("no database ", 100)) }, "name another file"},
		"cannot be opened": {func(t *testing.T, path string) { mustDo(t, os.Mkdir(path, 0o700)) }, give},
	}
	if os.Geteuid() > 0 { // root may write everything
		rows["may not be written"] = row{mayNotBeWritten, give}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "catalog.db")
			row.spoil(t, path)
			_, err := open(t, path).Item(context.Background(), "a")
			wantUnavailable(t, "item", err)
			if text := err.Error(); !strings.Contains(text, path+": ") || !strings.Contains(text, row.remedy) {
				t.Errorf("got %q, want the path and %q in it", text, row.remedy)
			}
		})
	}
}

// mayNotBeWritten makes a catalogue that may be read and no more, as a backup is.
func mayNotBeWritten(t *testing.T, path string) {
	s := open(t, path)
	put(t, s, item("a"))
	mustDo(t, s.Close())
	mustDo(t, os.Chmod(path, 0o400))
	mustDo(t, os.Chmod(filepath.Dir(path), 0o500))
	t.Cleanup(func() { mustDo(t, os.Chmod(filepath.Dir(path), 0o700)) })
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, catalog.ErrUnavailable) || errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("%s: got %v, want ErrUnavailable", what, err)
	}
}

func TestUnusableFileIsTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d", "catalog.db")
	write(t, filepath.Dir(path), "")
	s := open(t, path)
	_, err := s.Item(context.Background(), "a")
	wantUnavailable(t, "item", err)
	mustDo(t, os.Remove(filepath.Dir(path)))
	put(t, s, item("a"))
	wantItem(t, s, "a")
}

func TestPutThatFailsInTheMiddleLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	put(t, s, item("b"))
	execute(t, path, `CREATE TRIGGER t BEFORE INSERT ON items WHEN NEW.slug = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END`)
	changed := item("b")
	changed.Title = "changed"
	wantUnavailable(t, "put", s.Put(context.Background(), []catalog.Item{item("a"), changed, item("bad"), item("c")}))
	for _, slug := range []string{"a", "bad", "c"} {
		if _, err := s.Item(context.Background(), slug); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", slug, err)
		}
	}
	wantItem(t, s, "b")
	put(t, s, item("c")) // and the lock is free
}

// execute runs SQL as another program would.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	_, err = db.Exec(statement)
	mustDo(t, err)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	mustDo(t, os.WriteFile(path, []byte(text), 0o600))
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// D1 and PostgreSQL keep only UTF-8 without NUL as text.
func TestNameAndKeyAreKeptAsBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	it := item("a")
	it.Name = "n"
	put(t, open(t, path), it, item("b"))
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	var got string
	mustDo(t, db.QueryRow("SELECT group_concat(typeof(name) || typeof(key) || typeof(title) || typeof(visible)) FROM items").Scan(&got))
	if want := "blobblobtextinteger,blobblobtextinteger"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
