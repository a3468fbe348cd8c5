package downloadtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// TempStore returns a store called name over a new folder with the given files, by
// key. Folder and store go when the test ends (temporary_media_root in
// django-downloadview). The folder is the store's LocalPath of "".
func TempStore(t testing.TB, name string, files map[string]string) *storage.Store {
	t.Helper()
	dir := t.TempDir()
	for key, content := range files {
		if fault := core.CheckKey(key); fault != "" {
			t.Fatalf("key %q: %s", key, fault)
		}
		path := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	driver, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { driver.Close() })
	return storage.New(name, driver)
}
