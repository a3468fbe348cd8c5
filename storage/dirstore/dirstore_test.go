package dirstore_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

func TestDriver(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{
		New: func(t *testing.T) (storage.Driver, storagetest.Put) {
			dir := t.TempDir()
			scratch := t.TempDir()
			return open(t, dir), func(key string, data []byte, modified time.Time) error {
				return replace(scratch, filepath.Join(dir, filepath.FromSlash(key)), data, modified)
			}
		},
		Holds: holds,
	})
}

// holds leaves out what the file systems usual on other systems cannot name.
func holds(key string) bool {
	switch runtime.GOOS {
	case "linux":
		return true
	case "darwin", "ios": // names are Unicode, composed or not is one name
		return utf8.ValidString(key) && key != "e\u0301.txt"
	}
	for _, c := range key {
		if c > 0x7e || c < 0x21 || c == '?' || c == '*' || c == ':' || c == '"' || c == '<' || c == '>' || c == '|' {
			return false
		}
	}
	return key[len(key)-1] != '.' && len(key) < 200
}

// open opens the store of dir until the test ends.
func open(t testing.TB, dir string) *dirstore.Store {
	t.Helper()
	s, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// replace puts a file in place as uploads are: written aside, then renamed.
func replace(scratch, path string, data []byte, modified time.Time) error {
	aside, err := os.CreateTemp(scratch, "")
	if err != nil {
		return err
	}
	if _, err := aside.Write(data); err != nil {
		return err
	}
	if err := aside.Close(); err != nil {
		return err
	}
	if err := os.Chtimes(aside.Name(), modified, modified); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.Rename(aside.Name(), path)
}

// write makes a file below dir and returns its path.
func write(t testing.TB, dir, key, data string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
