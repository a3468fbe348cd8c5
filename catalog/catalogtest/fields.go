package catalogtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// everyByte is all 256 bytes, neither text nor UTF-8.
var everyByte = func() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

func fieldsComeBack(t *testing.T, d catalog.Driver) {
	full := catalog.Item{
		Slug: "full-1.0_a", Title: "A \"title\", 'quoted' \\ naïve 文 😀\r\n\t\x1b\x7f\u202e;--", Name: "an e\u0301\tname.pdf",
		Store: "files", Key: "manuals/a%20b 'c' \"d\" 文.pdf", Category: "Manuals/Drucker & Co. 🖨",
		Visible: true, Inline: true, MediaType: "application/vnd.x+json",
		Encoding: "x-gzip", Charset: "iso-8859-1", Modified: time.UnixMilli(1709210096789).UTC(), Size: 1 << 60, ETag: `W/"it's\v1"`,
		Files: map[string]catalog.File{
			"thumb-1.0_a": {
				Name: "a\x00\xff 文.png", Store: "it's", Key: "thumbs/caf\xe9\xff", MediaType: "image/png", Encoding: "br",
				Charset: "utf-8", Modified: time.UnixMilli(-62135596799999).UTC(), Size: 1, ETag: `"x"`,
			},
			"0": {Store: "s", Key: "0x10"},
		},
		SHA256: strings.Repeat("0f", 32), Categories: []string{"Z", "Manuals", "a b/文 🖨"}, Draft: true,
		Publish: time.UnixMilli(1709210096789).UTC(), Expires: time.UnixMilli(253402300799999).UTC(),
		Version: "2.0-rc_1", MaxDownloads: 1 << 52, LimitRate: 1 << 40,
		Versions: []catalog.Version{
			{Name: "thumb-1.0_a", Added: time.UnixMilli(1).UTC(), File: catalog.File{
				Name: "a\x00\xff", Store: "it's", Key: "caf\xe9", MediaType: "image/png", Encoding: "br", Charset: "utf-8",
				Modified: time.UnixMilli(2).UTC(), Size: 1 << 60, ETag: `"x"`, SHA256: strings.Repeat("a1", 32),
			}},
			{Name: "0", File: catalog.File{Store: "s", Key: "k"}},
			{Name: "10", File: catalog.File{Store: "s", Key: "k"}},
		},
	}
	rows := map[string]func(*catalog.Item){
		"all":                  func(*catalog.Item) {},
		"only what must be":    func(it *catalog.Item) { *it = catalog.Item{Slug: "a", Store: "s", Key: "k"} },
		"not visible":          func(it *catalog.Item) { it.Visible = false },
		"not inline":           func(it *catalog.Item) { it.Inline = false },
		"no further file":      func(it *catalog.Item) { it.Files = nil },
		"another further file": func(it *catalog.Item) { it.Files = map[string]catalog.File{"1": {Store: "s", Key: "k"}} },
		"as many as there may be": func(it *catalog.Item) {
			it.Files = map[string]catalog.File{}
			for i := range 16 {
				it.Files[fmt.Sprint("f", i)] = catalog.File{Store: "s", Key: "k", Size: int64(i)}
			}
		},
		"not a draft":      func(it *catalog.Item) { it.Draft = false },
		"no category":      func(it *catalog.Item) { it.Category, it.Categories = "", nil },
		"no older version": func(it *catalog.Item) { it.Versions = nil },
		"versions turned":  func(it *catalog.Item) { it.Versions = []catalog.Version{full.Versions[2], full.Versions[0]} },
		"many versions and categories": func(it *catalog.Item) {
			it.Versions, it.Categories = nil, nil
			for i := range 64 {
				it.Versions = append(it.Versions, catalog.Version{Name: fmt.Sprint("v", i*7%64), File: catalog.File{Store: "s", Key: "k"}})
			}
			for i := range 16 {
				it.Categories = append(it.Categories, fmt.Sprint("c", i*7%16, "/x"))
			}
		},
		"always offered":     func(it *catalog.Item) { it.Publish, it.Expires = time.Time{}, time.Time{} },
		"published long ago": func(it *catalog.Item) { it.Publish = time.UnixMilli(-62135596799999).UTC() },
		"category of 1024 bytes": func(it *catalog.Item) {
			sign := uint32(1) // letters that nobody can write shorter
			b := make([]byte, 1024)
			for i := range b {
				sign = sign*1664525 + 1013904223
				b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[sign>>26]
			}
			it.Category, it.Slug = string(b), "long"+string(b[:196])
		},
		"nothing said of files": func(it *catalog.Item) {
			it.Encoding, it.Charset, it.Modified, it.Size, it.ETag = "", "", time.Time{}, 0, ""
		},
		"time of the last year": func(it *catalog.Item) { it.Modified = time.UnixMilli(253402300799999).UTC() },
		"name of NUL":           func(it *catalog.Item) { it.Name = "\x00" },
		"name around NUL":       func(it *catalog.Item) { it.Name = "a\x00b.pdf" },
		"name of any bytes":     func(it *catalog.Item) { it.Name = everyByte },
		"name not UTF-8":        func(it *catalog.Item) { it.Name = "caf\xe9.txt" },
		"name like a number":    func(it *catalog.Item) { it.Name = "007" },
		"name of white space":   func(it *catalog.Item) { it.Name = " \r\n " },
		"name of 64 KiB":        func(it *catalog.Item) { it.Name = strings.Repeat("文\x00\xff!?", 1<<13) },
		"title of 64 KiB":       func(it *catalog.Item) { it.Title = strings.Repeat("ab\"😀\\", 1<<13) },
		"title like a number":   func(it *catalog.Item) { it.Title = "1e3" },
		"key not UTF-8":         func(it *catalog.Item) { it.Key = "d/caf\xe9\xff" },
		"key like a number":     func(it *catalog.Item) { it.Key = "0x10" },
		"key of 4096 bytes":     func(it *catalog.Item) { it.Key = strings.Repeat("é", 2048) },
		"slug like a number":    func(it *catalog.Item) { it.Slug = "00.10" },
		"slug of 200":           func(it *catalog.Item) { it.Slug = strings.Repeat("s", 200) },
		"store with a quote":    func(it *catalog.Item) { it.Store = "it's" },
		"category like a word":  func(it *catalog.Item) { it.Category = "NULL" },
	}
	for name, change := range rows {
		t.Run(name, func(t *testing.T) {
			want := full
			change(&want)
			put(t, d, want)
			wantItem(t, d, want)
			err := d.List(context.Background(), "", func(got catalog.Item) bool {
				if got.Slug == want.Slug && !got.Equal(want) {
					t.Errorf("list: got %s, want %s", show(got), show(want))
				}
				return true
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func sameSlugReplaces(t *testing.T, d catalog.Driver) {
	first := catalog.Item{
		Slug: "a", Title: "T", Name: "N", Store: "files", Key: "k", Category: "C",
		Visible: true, Inline: true, MediaType: "text/plain", Encoding: "gzip", Charset: "utf-8",
		Modified: time.UnixMilli(1).UTC(), Size: 1, ETag: `"v1"`,
		Files: map[string]catalog.File{"x": {Store: "files", Key: "x"}, "y": {Store: "files", Key: "y"}},
	}
	second := catalog.Item{Slug: "a", Store: "other", Key: "l"}
	put(t, d, first, item("b"))
	put(t, d, second)
	wantItem(t, d, second)
	wantItem(t, d, item("b"))
	wantSlugs(t, d, "", "a", "b")
	put(t, d, first)
	wantItem(t, d, first)
}

func slugsDifferByCase(t *testing.T, d catalog.Driver) {
	upper, lower := item("A"), item("a")
	put(t, d, upper, lower)
	wantItem(t, d, upper)
	wantItem(t, d, lower)
}

func laterStays(t *testing.T, d catalog.Driver) {
	first, second := item("a"), item("a")
	first.Title, second.Title = "first", "second"
	put(t, d, first, item("b"), second)
	wantItem(t, d, second)
	wantSlugs(t, d, "", "a", "b")
}

func unknownSlug(t *testing.T, d catalog.Driver) {
	put(t, d, item("ab"))
	for _, slug := range []string{"a", "abc", "AB", "ab ", " ab", "ab\x00", "", "a%", "a_", "*"} {
		wantMissing(t, d, slug)
	}
}
