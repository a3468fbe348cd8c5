package jsonl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/jsonl"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

// listing is a driver that only lists, in the order given.
type listing struct {
	catalog.Driver
	items []catalog.Item
	err   error
}

func (l listing) List(_ context.Context, _ string, yield func(catalog.Item) bool) error {
	for _, it := range l.items {
		if !yield(it) {
			return nil
		}
	}
	return l.err
}

func write(t testing.TB, items ...catalog.Item) string {
	t.Helper()
	var b bytes.Buffer
	if err := jsonl.Write(context.Background(), &b, catalog.New(listing{items: items})); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteForm(t *testing.T) {
	got := write(t,
		catalog.Item{Slug: "a", Title: "\"T\" \\ / <b> 文😀\x00\n\x7f\u0085\u2028\u202e\u2066", Name: "caf\xe9\xed\xa0\x80\ufffd", Store: "files", Key: "k", Category: "A/B", Visible: true, MediaType: "text/plain"},
		catalog.Item{Slug: "b", Store: "files", Key: "l", Inline: true},
	)
	want := `{"slug":"a","title":"\"T\" \\ / <b> 文😀\u0000\u000a\u007f\u0085\u2028\u202e\u2066","name":"caf\udce9\udced\udca0\udc80�","store":"files","key":"k","category":"A/B","visible":true,"inline":false,"media_type":"text/plain"}
{"slug":"b","title":"","name":"","store":"files","key":"l","category":"","visible":false,"inline":true,"media_type":""}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The longest item that Check accepts makes a line that Read accepts.
func TestLongestItem(t *testing.T) {
	it := catalog.Item{
		Slug: strings.Repeat("s", 200), Title: strings.Repeat("\x01", 64<<10), Name: strings.Repeat("\xff", 64<<10),
		Store: strings.Repeat("\x01", 255), Key: strings.Repeat("\xff", 4096), Category: strings.Repeat("\u0085", 512),
		MediaType: "a/" + strings.Repeat("b", 253), Visible: true,
		Encoding: strings.Repeat("e", 255), Charset: strings.Repeat("c", 255), Size: math.MaxInt64,
		Modified: time.UnixMilli(253402300799999), ETag: `"` + strings.Repeat(`\`, 253) + `"`, Files: map[string]catalog.File{},
	}
	for i := range 16 {
		it.Files[strings.Repeat("f", 62)+fmt.Sprintf("%02d", i)] = catalog.File{
			Name: strings.Repeat("\xff", 1<<10), Store: it.Store, Key: it.Key, MediaType: it.MediaType, Encoding: it.Encoding,
			Charset: it.Charset, Modified: it.Modified, Size: it.Size, ETag: it.ETag, SHA256: strings.Repeat("f", 64),
		}
		it.Categories = append(it.Categories, fmt.Sprintf("%02d", i)+strings.Repeat("\u0085", 511))
	}
	for i := range 64 {
		f := it.Files[strings.Repeat("f", 62)+"00"]
		it.Versions = append(it.Versions, catalog.Version{Name: strings.Repeat("v", 62) + fmt.Sprintf("%02d", i), File: f, Added: it.Modified})
	}
	longer := []func(*catalog.Item){
		func(it *catalog.Item) { it.Slug += "s" }, func(it *catalog.Item) { it.Title += "a" }, func(it *catalog.Item) { it.Name += "a" },
		func(it *catalog.Item) { it.Store += "a" }, func(it *catalog.Item) { it.Key += "a" }, func(it *catalog.Item) { it.Category += "a" },
		func(it *catalog.Item) { it.MediaType += "a" }, func(it *catalog.Item) { it.Encoding += "e" }, func(it *catalog.Item) { it.Charset += "c" },
		func(it *catalog.Item) { it.ETag = `"` + strings.Repeat(`x`, 254) + `"` },
		func(it *catalog.Item) { it.Categories = append(slices.Clip(it.Categories), "c") },
		func(it *catalog.Item) {
			it.Versions = append(slices.Clip(it.Versions), catalog.Version{Name: "v", File: catalog.File{Store: "s", Key: "k"}})
		},
		func(it *catalog.Item) { it.Version = strings.Repeat("v", 65) },
		func(it *catalog.Item) {
			it.Files = maps.Clone(it.Files)
			it.Files["g"] = catalog.File{Store: "s", Key: "k"}
		},
		func(it *catalog.Item) {
			it.Files = map[string]catalog.File{"g": {Store: "s", Key: "k", Name: strings.Repeat("n", 1<<10+1)}}
		},
		func(it *catalog.Item) {
			it.Files = map[string]catalog.File{strings.Repeat("g", 65): {Store: "s", Key: "k"}}
		},
	}
	if err := it.Check(); err != nil {
		t.Fatal(err)
	}
	for i, change := range longer {
		it := it
		change(&it)
		if it.Check() == nil {
			t.Errorf("item %d could be longer still", i)
		}
	}
	got, err := jsonl.Read(strings.NewReader(write(t, it)), []string{it.Store}, "")
	if err != nil || !slices.EqualFunc(got, []catalog.Item{it}, catalog.Item.Equal) {
		t.Errorf("got %d items, %.300v", len(got), err)
	}
}

func TestWriteFails(t *testing.T) {
	item := catalog.Item{Slug: "a", Store: "files", Key: "k", Title: strings.Repeat("x", 100<<10)}
	full := errors.New("disk full")
	err := jsonl.Write(context.Background(), failing{full}, catalog.New(listing{items: []catalog.Item{item, item}}))
	if !errors.Is(err, full) {
		t.Errorf("got %v, want the writer's error", err)
	}
	item.Title = "" // so short that only the flush fails
	err = jsonl.Write(context.Background(), failing{full}, catalog.New(listing{items: []catalog.Item{item}}))
	if !errors.Is(err, full) {
		t.Errorf("got %v, want the writer's error", err)
	}
	err = jsonl.Write(context.Background(), &bytes.Buffer{}, catalog.New(listing{items: []catalog.Item{item}, err: catalog.ErrUnavailable}))
	if !errors.Is(err, catalog.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestThroughADatabase(t *testing.T) {
	text := `{"slug":"a","title":"T","name":"caf\udce9\u0000","store":"files","key":"k\udcff","category":"A/B","visible":false,"inline":true,"media_type":"text/plain","categories":["A/C","D"],"draft":true,"publish":"2024-01-01T00:00:00.001Z","expires":"2025-01-01T00:00:00Z","version":"2","versions":[{"version":"1","added":"2023-01-01T00:00:00Z","store":"files","key":"k\udcfe","size":1},{"version":"0","store":"files","key":"z"}],"max_downloads":3,"limit_rate":5,"created":"2024-01-01T00:00:00Z"}
{"slug":"b","title":"","name":"","store":"files","key":"l","category":"","visible":true,"inline":false,"media_type":"","encoding":"gzip","charset":"utf-8","modified":"2024-01-02T03:04:05.678Z","size":7,"etag":"\"v1\"","files":{"a":{"name":"caf\udce9\u0000","store":"files","key":"k\udcff","media_type":"image/png","encoding":"br","charset":"x","modified":"1969-12-31T23:59:59Z","size":9223372036854775807,"etag":"W/\"1\""},"b":{"store":"files","key":"b"}},"created":"2024-01-01T00:00:00.5Z"}
`
	items, err := jsonl.Read(strings.NewReader(text), files, "")
	if err != nil {
		t.Fatal(err)
	}
	driver, err := sqlcat.Open(filepath.Join(t.TempDir(), "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := catalog.New(driver)
	defer c.Close()
	for range 2 { // importing again changes nothing
		if err := c.Put(context.Background(), items); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := jsonl.Write(context.Background(), &got, c); err != nil || got.String() != text {
			t.Errorf("got %s, %v; want %s", &got, err, text)
		}
	}
}
