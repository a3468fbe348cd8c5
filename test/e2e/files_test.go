package e2e

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/httpstore"
	"github.com/downlink-go/downlink/test/server"
)

// TestV10_FileWrappers has what django-downloadview's StorageFile and HTTPFile have of
// the store interfaces: a file that is saved is served by the command, and read back
// from it.
func TestV10_FileWrappers(t *testing.T) {
	dir := t.TempDir()
	driver, err := dirstore.Open(dir)
	must(t, err)
	defer driver.Close()
	files := storage.New("files", driver).WithBaseURL("/files/")
	const key = "sub/日本 a.txt"
	start := time.Now().Add(-time.Minute)
	saved, err := files.Save(t.Context(), key, strings.NewReader("hello"))
	must(t, err)

	p := server.Downlink(t, []string{dir})
	resp, body := fetch(t, "http://"+p.Addr+filesPath(key))
	if body != "hello" || resp.Header.Get("ETag") != saved.ETag {
		t.Errorf("served: %q with %s, want %s", body, resp.Header.Get("ETag"), saved.ETag)
	}
	if path, ok := files.LocalPath(key); !ok || path != filepath.Join(dir, filepath.FromSlash(key)) {
		t.Errorf("path %q", path)
	}
	if url, ok := files.URL(key); !ok || url != "/files/"+key {
		t.Errorf("url %q", url)
	}
	times, err := files.Times(t.Context(), key)
	must(t, err)
	for name, when := range map[string]time.Time{"modified": times.Modified, "accessed": times.Accessed, "created": times.Created} {
		if when.IsZero() && name == "modified" || !when.IsZero() && when.Before(start) {
			t.Errorf("%s %v", name, when)
		}
	}

	// The same file over HTTP: size, entity-tag, time, content; it cannot be written.
	client, err := httpstore.NewClient(httpstore.Options{
		Origins: []string{"http://" + p.Addr}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	must(t, err)
	defer client.Close()
	far, err := httpstore.NewStore(client, "http://"+p.Addr+"/files/")
	must(t, err)
	remote := storage.New("remote", far)
	m, err := remote.Stat(t.Context(), key)
	must(t, err)
	if m.Size != 5 || m.ETag != saved.ETag || m.LastModified.Unix() != saved.LastModified.Unix() || remote.Writable() {
		t.Errorf("over HTTP: %+v, want %+v", m, saved)
	}
	o, err := remote.OpenAt(t.Context(), key, core.Span{Start: 1, Length: 3})
	must(t, err)
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Start: 1, Length: 3})
	must(t, err)
	var part [3]byte
	if _, err := io.ReadFull(r, part[:]); string(part[:]) != "ell" || err != nil {
		t.Errorf("a part over HTTP: %q, %v", part, err)
	}

	must(t, files.Delete(t.Context(), key))
	for name, s := range map[string]*storage.Store{"here": files, "over HTTP": remote} {
		if ok, err := s.Exists(t.Context(), key); ok || err != nil {
			t.Errorf("after it was deleted, %s: %v, %v", name, ok, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(key))); !os.IsNotExist(err) {
		t.Errorf("after it was deleted: %v", err)
	}
}
