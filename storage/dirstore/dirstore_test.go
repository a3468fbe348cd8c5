package dirstore_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

// ways are the two ways of resolving names: as it comes, and by os.Root only.
var ways = []struct {
	name string
	open func(testing.TB, string) *dirstore.Store
}{
	{"direct", open},
	{"by os.Root", func(t testing.TB, dir string) *dirstore.Store { return dirstore.WithoutDirect(open(t, dir)) }},
}

func TestDriver(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			storagetest.Run(t, storagetest.Harness{
				New: func(t *testing.T) (storage.Driver, storagetest.Put) {
					dir, scratch := t.TempDir(), t.TempDir()
					return way.open(t, dir), func(key string, data []byte, modified time.Time) error {
						return replace(scratch, filepath.Join(dir, filepath.FromSlash(key)), data, modified)
					}
				},
				Holds: holds,
			})
		})
	}
}

func TestMetadata(t *testing.T) {
	dir := t.TempDir()
	when := time.Unix(1700000000, 123456700) // NTFS keeps units of 100 ns
	for _, way := range ways {
		s := way.open(t, dir)
		for _, key := range []string{"five", "x/y/five"} {
			if err := os.Chtimes(write(t, dir, key, "12345"), when, when); err != nil {
				t.Fatal(err)
			}
			got, err := s.Stat(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			// nginx: "%xT-%xO" of seconds and bytes.
			want := core.Metadata{Size: 5, ETag: `"6553f100-5"`, LastModified: when}
			if !got.LastModified.Equal(when) {
				t.Errorf("%s, %s: last modified %v, want %v", way.name, key, got.LastModified, when)
			}
			got.LastModified = when
			if got != want {
				t.Errorf("%s, %s: got %+v, want %+v", way.name, key, got, want)
			}
		}
	}
}

// sendfile(2) works on an *os.File only, and from its current offset.
func TestSectionIsTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "0123456789")
	o, err := open(t, dir).Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, start := range []int64{0, 4, 0} {
		r, err := o.Section(t.Context(), core.Span{Start: start, Length: 3})
		if err != nil {
			t.Fatal(err)
		}
		f, ok := r.(*os.File)
		if !ok {
			t.Fatalf("section is a %T, want *os.File", r)
		}
		got, err := f.Seek(0, io.SeekCurrent)
		if err != nil || got != start {
			t.Errorf("offset %d, %v, want %d", got, err, start)
		}
		if _, err := f.Read(make([]byte, 2)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocalPath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(filepath.Dir(dir))
	s := open(t, filepath.Base(dir)) // relative
	t.Chdir(t.TempDir())
	want, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"":           want,
		"a.txt":      filepath.Join(want, "a.txt"),
		"x/y z%.txt": filepath.Join(want, "x", "y z%.txt"),
	} {
		got := s.LocalPath(key)
		if !filepath.IsAbs(got) {
			t.Errorf("%q: %q is not absolute", key, got)
		}
		if real, err := filepath.EvalSymlinks(got); err == nil {
			got = real
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
}

func TestOpenStore(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "file", "")
	for _, path := range []string{file, filepath.Join(dir, "none"), filepath.Join(file, "below")} {
		if s, err := dirstore.Open(path); err == nil {
			s.Close()
			t.Errorf("%s: opened, want an error", path)
		}
	}
}

func TestClosed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "x/a", "content")
	s, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.Open(t.Context(), "x/a")
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	store := storage.New("files", s)
	if _, err := store.Open(t.Context(), "x/a"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("open: got %v, want ErrUnavailable", err)
	}
	if _, err := store.Stat(t.Context(), "x/a"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("stat: got %v, want ErrUnavailable", err)
	}
	if err := store.List(t.Context(), "", func(storage.Entry) bool { return true }); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("list: got %v, want ErrUnavailable", err)
	}
	r, err := kept.Section(t.Context(), core.Span{Start: 3, Length: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "tent" {
		t.Errorf("object opened before: got %q, %v", got, err)
	}
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
		if c > 0x7e || c < 0x21 || c == '?' || c == '*' || c == ':' || c == '\\' || c == '"' || c == '<' || c == '>' || c == '|' {
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
