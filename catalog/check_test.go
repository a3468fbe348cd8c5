package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

func TestCheckSlug(t *testing.T) {
	for _, slug := range []string{"a", "Z", "0", "9a", "printer-manual_1.0", "a..b", "a.", strings.Repeat("s", 200)} {
		if err := catalog.CheckSlug(slug); err != nil {
			t.Errorf("%q: got %v, want none", slug, err)
		}
	}
	for _, slug := range []string{
		"", ".", "..", ".a", "-a", "_a", "a b", " a", "a\n", "a/b", "a\\b", "a%2fb", "a?b", "a#b", "a:b", "a~b", "a+b",
		"é", "aé", "a\x00", "a\xff", "a\x7f", "@", "a[", "a`", "a{", strings.Repeat("s", 201),
	} {
		if catalog.CheckSlug(slug) == nil {
			t.Errorf("%q: got no error", slug)
		}
	}
}

func TestCheck(t *testing.T) {
	further := func(field string, f catalog.File) func(*catalog.Item) {
		return func(it *catalog.Item) { it.Files = map[string]catalog.File{field: f} }
	}
	least := catalog.File{Store: "s", Key: "k"}
	rows := map[string]struct {
		change func(*catalog.Item)
		want   string // "" is none
	}{
		"weak tag":                 {func(it *catalog.Item) { it.ETag = `W/"1"` }, ""},
		"time before 1970":         {func(it *catalog.Item) { it.Modified = time.UnixMilli(-1) }, ""},
		"a further file":           {further("thumb-1.0_a", least), ""},
		"encoding of two words":    {func(it *catalog.Item) { it.Encoding = "gzip, br" }, "encoding \"gzip, br\": write one word"},
		"charset with a space":     {func(it *catalog.Item) { it.Charset = "utf 8" }, "charset \"utf 8\": write one word"},
		"time finer than kept":     {func(it *catalog.Item) { it.Modified = time.Unix(1, 1) }, "no more than milliseconds"},
		"time after 9999":          {func(it *catalog.Item) { it.Modified = time.UnixMilli(253402300800000) }, "write a year up to 9999"},
		"the first moment of 1970": {func(it *catalog.Item) { it.Modified = time.Unix(0, 0) }, "leave it out"},
		"size below 0":             {func(it *catalog.Item) { it.Size = -1 }, "size -1"},
		"tag without quotes":       {func(it *catalog.Item) { it.ETag = "v1" }, "etag \"v1\": write an entity-tag"},
		"field of the own file":    {further("file", least), "files \"file\": field \"file\" is the item's own file"},
		"field with a slash":       {further("a/b", least), "field \"a/b\": write 1 to 64"},
		"field that is empty":      {further("", least), "field \"\": write 1 to 64"},
		"key of a further file":    {further("t", catalog.File{Store: "s", Key: "../k"}), "files \"t\": key \"../k\": empty or dot segment"},
		"least":                    {func(*catalog.Item) {}, ""},
		"any bytes as name":        {func(it *catalog.Item) { it.Name = "\x00/\xff\r\n" }, ""},
		"key not UTF-8":            {func(it *catalog.Item) { it.Key = "caf\xe9" }, ""},
		"media type of all signs":  {func(it *catalog.Item) { it.MediaType = "a!#$&-^_/b.c+d" }, ""},
		"control in the title":     {func(it *catalog.Item) { it.Title = "a\tb" }, ""},
		"slug missing":             {func(it *catalog.Item) { it.Slug = "" }, "slug is missing"},
		"slug too long":            {func(it *catalog.Item) { it.Slug = strings.Repeat("s", 201) }, "201 characters long: a slug has at most 200"},
		"store missing":            {func(it *catalog.Item) { it.Store = "" }, "store is missing"},
		"store not UTF-8":          {func(it *catalog.Item) { it.Store = "\xff" }, "store \"\\xff\" is not UTF-8"},
		"store too long":           {func(it *catalog.Item) { it.Store = strings.Repeat("s", 256) }, "store is 256 bytes long"},
		"key missing":              {func(it *catalog.Item) { it.Key = "" }, "key is missing"},
		"key upwards":              {func(it *catalog.Item) { it.Key = "a/../b" }, "key \"a/../b\": empty or dot segment"},
		"key with NUL":             {func(it *catalog.Item) { it.Key = "a\x00" }, "control character"},
		"key too long":             {func(it *catalog.Item) { it.Key = strings.Repeat("k", 4097) }, "path too long"},
		"title not UTF-8":          {func(it *catalog.Item) { it.Title = "caf\xe9" }, "is not UTF-8"},
		"title with NUL":           {func(it *catalog.Item) { it.Title = "a\x00" }, "has a NUL character"},
		"title too long":           {func(it *catalog.Item) { it.Title = strings.Repeat("t", 1<<16+1) }, "title is 65537 bytes long"},
		"name too long":            {func(it *catalog.Item) { it.Name = strings.Repeat("n", 1<<16+1) }, "name is 65537 bytes long"},
		"category with a gap":      {func(it *catalog.Item) { it.Category = "A//B" }, "category \"A//B\": write names"},
		"category with a slash":    {func(it *catalog.Item) { it.Category = "/A" }, "category \"/A\": write names"},
		"category not UTF-8":       {func(it *catalog.Item) { it.Category = "\xff" }, "is not UTF-8"},
		"media type without slash": {func(it *catalog.Item) { it.MediaType = "pdf" }, "media_type \"pdf\": write type/subtype"},
		"media type with two":      {func(it *catalog.Item) { it.MediaType = "a/b/c" }, "media_type"},
		"media type half":          {func(it *catalog.Item) { it.MediaType = "text/" }, "media_type"},
		"media type with more":     {func(it *catalog.Item) { it.MediaType = "text/plain; charset=utf-8" }, "media_type"},
		"media type of two lines":  {func(it *catalog.Item) { it.MediaType = "text/plain\r\nX: y" }, "media_type"},
		"media type not ASCII":     {func(it *catalog.Item) { it.MediaType = "text/é" }, "media_type"},
		"media type too long":      {func(it *catalog.Item) { it.MediaType = "a/" + strings.Repeat("b", 254) }, "media_type is 256 bytes long"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			it := valid
			row.change(&it)
			err := it.Check()
			switch {
			case row.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("got %v, want %q", err, row.want)
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Errorf("got %q, want one fault", err)
			}
		})
	}
}

func TestCheckReportsAll(t *testing.T) {
	it := catalog.Item{Title: "\xff", Name: strings.Repeat("n", 1<<17), Category: "/", MediaType: "x", ETag: "x", Files: map[string]catalog.File{"file": {Store: "s", Key: "k"}}}
	err := it.Check()
	if err == nil {
		t.Fatal("got no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, field := range []string{"slug", "title", "name", "store", "key", "media_type", "etag", "category", "files"} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], field+" ") {
			t.Fatalf("got\n%v\nwant a line of %s next", err, field)
		}
	}
	if len(lines) != 9 {
		t.Errorf("got %d lines, want 9", len(lines))
	}
}
