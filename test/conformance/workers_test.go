package conformance_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/worker"
)

// TestX1_Workerd plays the table against the Worker in workerd, with the files in R2
// and the items in D1.
func TestX1_Workerd(t *testing.T) {
	site := workers.Site{
		Site: wire.Site{Routes: []core.Route{
			{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
			{Pattern: "/d/{slug}", Lookup: core.Item},
			{Pattern: "/coded/{path...}", Lookup: core.Object, Source: "files"},
		}},
		Stores:  map[string]string{"files": "FILES"},
		Catalog: "DB",
	}
	f := fixtures(t)
	dir := worker.Modules(t, site, nil)
	w := worker.Run(t, worker.Setup{Dir: dir, Entry: "worker.mjs", Objects: objects(t, f)})
	for _, it := range f.Items {
		w.Query("INSERT INTO items (slug, title, name, store, key, category, visible, inline, media_type, encoding, charset, modified, size, etag, sha256, draft, publish, expires)"+
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			it.Slug, it.Title, []byte(it.Name), it.Store, []byte(it.Key), it.Category, flag(it.Visible), flag(it.Inline), it.MediaType,
			it.Encoding, it.Charset, milliseconds(it.Modified), sizeOf(it.Size), it.ETag, it.SHA256,
			flag(it.Draft), milliseconds(it.Publish), milliseconds(it.Expires))
	}
	conformance.Run(t, conformance.NewOpenSocket("workerd", w.Addr))
}

// milliseconds since 1970, 0 for no time, as the table has it.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// sizeOf is a size as the table has it: -1 says nothing.
func sizeOf(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// objects are the files for R2, with the validators that a local file has: the time
// of an upload and an MD5 would be others in each run.
func objects(t *testing.T, f *conformance.Fixtures) (all []worker.Object) {
	dir := t.TempDir()
	for i := range f.Files {
		file := &f.Files[i]
		if !utf8.ValidString(file.Key()) || len(file.Key()) > 1024 {
			continue // no key of R2
		}
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(path, file.Content(), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, worker.Object{
			Key: file.Key(), Path: path,
			ETag: strings.Trim(file.Metadata().ETag, `"`), Uploaded: file.Modified.UnixMilli(),
		})
	}
	return all
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
