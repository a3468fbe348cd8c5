package dirstore

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDirectStaysInside asks openat2 alone, without the checks before it.
func TestDirectStaysInside(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"root/sub", "secret"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"root/sub/a", "root/a", "secret/a"} {
		if err := os.WriteFile(filepath.Join(top, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(top, "root/sub/link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(top, "root"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	d := newDirect(root)
	defer d.close()
	if d.conn == nil {
		t.Skip("no openat2(2) here")
	}
	for key, want := range map[string]bool{
		"sub/a":                            true,
		"sub/../a":                         true, // resolved, and inside
		"sub/../../secret/a":               false,
		"../secret/a":                      false,
		"/" + filepath.Join(top, "root/a"): false,
		"sub/link":                         false, // left to os.Root
	} {
		f := d.open(key)
		if (f != nil) != want {
			t.Errorf("open %q: got %v, want a file: %v", key, f, want)
		}
		f.Close()
		if _, ok := d.stat(key); ok != want {
			t.Errorf("stat %q: got %v, want %v", key, ok, want)
		}
	}
}
