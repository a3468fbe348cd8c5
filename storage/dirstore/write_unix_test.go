//go:build unix

package dirstore_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// writing is a store over a new directory beside a folder that is outside of it.
func writing(t *testing.T) (s *storage.Store, d *dirstore.Store, dir, outside string) {
	t.Helper()
	top := t.TempDir()
	dir, outside = filepath.Join(top, "in"), filepath.Join(top, "out")
	for _, path := range []string{dir, outside} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return storage.New("s", d), d, dir, outside
}

// Nothing outside is written or removed, through whatever links.
func TestSaveFollowsNoLink(t *testing.T) {
	s, _, dir, outside := writing(t)
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"to-file": victim, "dangling": filepath.Join(outside, "new"), "relative": "../out/new", "dir": outside, "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"to-file", "dangling", "relative", "loop", "dir"} {
		if _, err := s.Save(t.Context(), key, strings.NewReader("new")); err != nil {
			t.Errorf("save %q: %v: a link is replaced", key, err)
		}
		if info, err := os.Lstat(filepath.Join(dir, key)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%q is %v, %v, want a file", key, info, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "dir")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), "dir/new", strings.NewReader("new")); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("save through a link that leads out: %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), "dir/victim"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("delete through a link that leads out: %v, want ErrNotFound", err)
	}
	if err := s.Delete(t.Context(), "dir"); err != nil {
		t.Errorf("delete a link: %v", err)
	}
	entries, err := os.ReadDir(outside)
	if content, _ := os.ReadFile(victim); err != nil || len(entries) != 1 || string(content) != "old" {
		t.Errorf("outside there is %v, %v, the victim says %q", entries, err, content)
	}
}

// What is being written has a name that nobody can ask for, and is gone after a
// failure.
func TestPartsAreNotSeen(t *testing.T) {
	s, d, dir, _ := writing(t)
	names := func() (all []string) {
		filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				all = append(all, e.Name())
			}
			return err
		})
		return all
	}
	part := ""
	failing := readerFunc(func([]byte) (int, error) {
		if now := names(); len(now) == 1 {
			part = now[0]
		}
		return 0, io.ErrUnexpectedEOF
	})
	if _, err := s.Save(t.Context(), "sub/a", io.MultiReader(strings.NewReader("half"), failing)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("save: %v", err)
	}
	if !strings.HasPrefix(part, ".downlink-part-") || len(names()) != 0 {
		t.Errorf("the part was called %q, and there is %q now", part, names())
	}
	// As a process leaves it that ends in the middle.
	left := filepath.Join(dir, "sub", part)
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stat(t.Context(), "sub/"+part); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a part can be asked for: %v", err)
	}
	if _, err := s.Open(t.Context(), "sub/"+part); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a part can be opened: %v", err)
	}
	err := s.List(t.Context(), "", func(e storage.Entry) bool { t.Errorf("%q is listed", e.Key); return true })
	if err != nil {
		t.Error(err)
	}
	if n, err := d.RemoveParts(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("a young part: removed %d, %v", n, err)
	}
	if n, err := d.RemoveParts(t.Context(), time.Now().Add(time.Hour)); n != 1 || err != nil || len(names()) != 0 {
		t.Errorf("an old part: removed %d, %v, and there is %q", n, err, names())
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestSaveOverADirectory(t *testing.T) {
	s, _, dir, _ := writing(t)
	if err := os.MkdirAll(filepath.Join(dir, "sub", "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), "sub", bytes.NewReader(nil)); err == nil {
		t.Error("a directory was replaced")
	}
	if _, err := s.Save(t.Context(), "a", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), "a/b", strings.NewReader("x")); err == nil {
		t.Error("a file was made a directory")
	}
	if err := s.Delete(t.Context(), "sub/deep"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("delete of an empty directory: %v, want ErrNotFound", err)
	}
}

func TestTimes(t *testing.T) {
	s, _, dir, _ := writing(t)
	before := time.Now().Add(-time.Minute)
	if _, err := s.Save(t.Context(), "a", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	modified, accessed := time.Unix(1000, 0), time.Unix(2000, 0)
	if err := os.Chtimes(filepath.Join(dir, "a"), accessed, modified); err != nil {
		t.Fatal(err)
	}
	times, err := s.Times(t.Context(), "a")
	if err != nil || !times.Modified.Equal(modified) {
		t.Errorf("%+v, %v", times, err)
	}
	if !times.Accessed.IsZero() && !times.Accessed.Equal(accessed) || !times.Created.IsZero() && times.Created.Before(before) {
		t.Errorf("accessed %v, created %v", times.Accessed, times.Created)
	}
	if _, err := s.Times(t.Context(), "none"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("times of nothing: %v", err)
	}
}
