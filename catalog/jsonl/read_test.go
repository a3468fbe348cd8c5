package jsonl_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/jsonl"
)

var files = []string{"files"}

func TestReadItems(t *testing.T) {
	least := catalog.Item{Slug: "a", Store: "files", Key: "a.pdf", Visible: true}
	with := func(change func(*catalog.Item)) []catalog.Item {
		it := least
		change(&it)
		return []catalog.Item{it}
	}
	named := func(name string) []catalog.Item { return with(func(it *catalog.Item) { it.Name = name }) }
	rows := map[string]struct {
		text string
		want []catalog.Item
	}{
		"nothing":     {"", nil},
		"blank lines": {"\n \t\r\n\n", nil},
		"least":       {`{"slug":"a","key":"a.pdf"}`, []catalog.Item{least}},
		"all keys": {
			`{"slug":"b","title":"T","name":"N","store":"files","key":"k","category":"A/B","visible":false,"inline":true,"media_type":"text/plain"}` + "\n",
			[]catalog.Item{{Slug: "b", Title: "T", Name: "N", Store: "files", Key: "k", Category: "A/B", Inline: true, MediaType: "text/plain"}},
		},
		"visible and inline said": {`{"slug":"a","key":"a.pdf","visible":true,"inline":false}`, []catalog.Item{least}},
		"empty store":             {`{"slug":"a","key":"a.pdf","store":""}`, []catalog.Item{least}},
		"byte order mark":         {"\ufeff" + `{"slug":"a","key":"a.pdf"}`, []catalog.Item{least}},
		"two files joined":        {"\ufeff{\"slug\":\"b\",\"key\":\"a.pdf\"}\n\ufeff{\"slug\":\"a\",\"key\":\"a.pdf\"}\n", append(with(func(it *catalog.Item) { it.Slug = "b" }), least)},
		"byte order mark alone":   {"\ufeff\n", nil},
		"Windows line ends":       {"{\"slug\":\"a\",\"key\":\"a.pdf\"}\r\n\r\n{\"slug\":\"b\",\"key\":\"a.pdf\"}\r\n", append(with(func(it *catalog.Item) {}), with(func(it *catalog.Item) { it.Slug = "b" })...)},
		"white space around":      {" \t{ \"slug\" : \"a\" , \"key\" : \"a.pdf\" } \t", []catalog.Item{least}},
		"escaped key":             {`{"sl\u0075g":"a","key":"a.pdf"}`, []catalog.Item{least}},
		"NUL in the name":         {`{"slug":"a","key":"a.pdf","name":"a\u0000b"}`, named("a\x00b")},
		"every escape":            {`{"slug":"a","key":"a.pdf","name":"\"\\\/\b\f\n\r\t\u0041\u00e9\u6587"}`, named("\"\\/\b\f\n\r\tAé文")},
		"surrogate pair":          {`{"slug":"a","key":"a.pdf","name":"\ud83d\uDE00!"}`, named("😀!")},
		"byte as Python has it":   {`{"slug":"a","key":"a.pdf","name":"caf\udce9\udc80\udcff"}`, named("caf\xe9\x80\xff")},
		"byte in the key":         {`{"slug":"a","key":"caf\udce9"}`, with(func(it *catalog.Item) { it.Key = "caf\xe9" })},
		"other lone surrogates":   {`{"slug":"a","key":"a.pdf","name":"\ud800\udc7f!\ud800\ud83d\ude00\udd00\ud8ff"}`, named("\U0001007f!\ufffd😀\ufffd\ufffd")},
		"lone at ASCII's place":   {`{"slug":"a","key":"a.pdf","name":"\udc2f"}`, named("\ufffd")},
		"what is said of files": {`{"slug":"a","key":"a.pdf","encoding":"gzip","charset":"x","modified":"2024-01-02T04:04:05.5+01:00","size":7,"etag":"W/\"1\"","files":{"t":{"key":"t.png","size":1},"u":{"key":"u","store":"files","name":"\udce9"}}}`, with(func(it *catalog.Item) {
			it.Encoding, it.Charset, it.Size, it.ETag = "gzip", "x", 7, `W/"1"`
			it.Modified = time.Date(2024, 1, 2, 3, 4, 5, 5e8, time.UTC)
			it.Files = map[string]catalog.File{"t": {Key: "t.png", Store: "files", Size: 1}, "u": {Key: "u", Store: "files", Name: "\xe9"}}
		})},
		"nothing said of files": {`{"slug":"a","key":"a.pdf","encoding":"","modified":"","size":0,"etag":"","files":{}}`, []catalog.Item{least}},
		"U+FFFD itself":         {`{"slug":"a","key":"a.pdf","name":"\ufffd�"}`, named("\ufffd\ufffd")},
		"line of 2 MiB":         {`{"slug":"a","key":"a.pdf"}` + strings.Repeat(" ", 2<<20-26) + "\r\n", []catalog.Item{least}},
		"no line end":           {"{\"slug\":\"b\",\"key\":\"k\",\"store\":\"files\"}\n{\"slug\":\"a\",\"key\":\"a.pdf\"}", append(with(func(it *catalog.Item) { it.Slug, it.Key = "b", "k" }), least)},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(row.text), iotest.OneByteReader(strings.NewReader(row.text)), iotest.DataErrReader(strings.NewReader(row.text))} {
				got, err := jsonl.Read(r, files, "")
				if err != nil || !slices.EqualFunc(got, row.want, catalog.Item.Equal) {
					t.Errorf("got %#v, %v; want %#v", got, err, row.want)
				}
			}
		})
	}
}

func TestReadFaults(t *testing.T) {
	rows := map[string]struct {
		text   string
		stores []string
		want   []string
	}{
		"comma at the end":    {`{"slug":"a","key":"k",}`, files, []string{`line 1: column 23: invalid character '}' looking for beginning of object key string`}},
		"column of letters":   {`{"title":"文😀é" "slug":"a"}`, files, []string{`line 1: column 16: invalid character '"' after object key:value pair`}},
		"not finished":        {`{"slug":"a",`, files, []string{`line 1: column 13: the object does not end on this line: write each object on one line`}},
		"two objects":         {`{"slug":"a","key":"k"} {"slug":"b","key":"k"}`, files, []string{`line 1: column 24: there is more text after the value: write one JSON object a line`}},
		"tab in a string":     {"{\"slug\":\"a\tb\",\"key\":\"k\"}", files, []string{`line 1: column 11: invalid character '\t' in string literal`}},
		"not UTF-8":           {"{\"slug\":\"a\",\"key\":\"文\xe9\"}", files, []string{`line 1: column 21: byte 0xe9 is not UTF-8: save the file as UTF-8`}},
		"half a character":    {"{\"slug\":\"a\",\"key\":\"\xe6\x96\"}", files, []string{`line 1: column 20: byte 0xe6 is not UTF-8: save the file as UTF-8`}},
		"UTF-16":              {"\xff\xfe{\x00}\x00", files, []string{`line 1: column 1: byte 0xff is not UTF-8: save the file as UTF-8`}},
		"mark in a line":      {"{}\ufeff", files, []string{"line 1: column 3: there is more text after the value: write one JSON object a line"}},
		"array":               {`[{"slug":"a"}]`, files, []string{`line 1: this is an array: write one JSON object a line, such as {"slug": "a", "key": "a.pdf"}`}},
		"null":                {` null`, files, []string{`line 1: this is null: write one JSON object a line, such as {"slug": "a", "key": "a.pdf"}`}},
		"nested without end":  {strings.Repeat("[", 20000), files, []string{`line 1: column 10001: invalid character '[' exceeded max depth`}},
		"unknown key":         {`{"slug":"a","key":"k","filename":1}`, files, []string{`line 1: unknown key "filename": use "slug", "title", "name", "store", "key", "category", "visible", "inline", "media_type", "encoding", "charset", "modified", "size", "etag", "sha256", "files", "categories", "draft", "publish", "expires", "version", "versions", "max_downloads", "limit_rate" or "created"`}},
		"key with a slip":     {`{"slug":"a","key":"k","mediatype":"text/plain"}`, files, []string{`line 1: unknown key "mediatype": did you mean "media_type"?`}},
		"key in capitals":     {`{"slug":"a","key":"k","Title":"T"}`, files, []string{`line 1: unknown key "Title": did you mean "title"?`}},
		"key that is empty":   {`{"slug":"a","key":"k","":"T"}`, files, []string{`line 1: unknown key "": use "slug", "title", "name", "store", "key", "category", "visible", "inline", "media_type", "encoding", "charset", "modified", "size", "etag", "sha256", "files", "categories", "draft", "publish", "expires", "version", "versions", "max_downloads", "limit_rate" or "created"`}},
		"key twice":           {`{"slug":"a","key":"k","key":"l"}`, files, []string{`line 1: "key" is written twice: remove one`}},
		"key twice, escaped":  {`{"slug":"a","key":"k","k\u0065y":"k"}`, files, []string{`line 1: "key" is written twice: remove one`}},
		"unknown key twice":   {`{"slug":"a","key":"k","names":1,"names":2}`, files, []string{`line 1: unknown key "names": did you mean "name"?`, `line 1: "names" is written twice: remove one`}},
		"slug is a number":    {`{"slug":1,"key":"k"}`, files, []string{`line 1: slug is a number: write a string in double quotes`}},
		"key is null":         {`{"slug":"a","key":null}`, files, []string{`line 1: key is null: write a string in double quotes`}},
		"title is an object":  {`{"slug":"a","key":"k","title":{"en":"A"}}`, files, []string{`line 1: title is an object: write a string in double quotes`}},
		"name is an array":    {`{"slug":"a","key":"k","name":["a"]}`, files, []string{`line 1: name is an array: write a string in double quotes`}},
		"store is true":       {`{"slug":"a","key":"k","store":true}`, files, []string{`line 1: store is true or false: write a string in double quotes`}},
		"visible is a string": {`{"slug":"a","key":"k","visible":"false"}`, files, []string{`line 1: visible is a string: write true or false, without quotes`}},
		"inline is a number":  {`{"slug":"a","key":"k","inline":-1}`, files, []string{`line 1: inline is a number: write true or false, without quotes`}},
		"empty object": {`{}`, files, []string{
			`line 1: slug is missing: write the item's name in URLs, such as "printer-manual"`,
			`line 1: key is missing: write the file's path in the store, such as "manuals/a.pdf"`,
		}},
		"store left out of two":   {`{"slug":"a","key":"k"}`, []string{"files", "cold"}, []string{`line 1: store is missing: use "files" or "cold"`}},
		"store with a slip":       {`{"slug":"a","key":"k","store":"flies"}`, []string{"files", "cold"}, []string{`line 1: store "flies" is not configured: did you mean "files"?`}},
		"store unknown":           {`{"slug":"a","key":"k","store":"s3"}`, []string{"files", "cold", "old"}, []string{`line 1: store "s3" is not configured: use "files", "cold" or "old"`}},
		"no store at all":         {`{"slug":"a","key":"k"}`, nil, []string{`line 1: store "": no store is configured`}},
		"what the item says":      {`{"slug":"-a","key":"../k","media_type":"pdf"}`, files, []string{`line 1: slug "-a": a slug is ASCII letters, digits, "-", "_" and ".", and starts with a letter or a digit`, `line 1: key "../k": empty or dot segment in the path: a key is a relative path such as "manuals/a.pdf"`, `line 1: media_type "pdf": write type/subtype and no more, such as "application/pdf"`}},
		"byte in the title":       {`{"slug":"a","key":"k","title":"\udce9"}`, files, []string{`line 1: title "\xe9" is not UTF-8: only name and key may hold other bytes`}},
		"size in quotes":          {`{"slug":"a","key":"k","size":"1"}`, files, []string{`line 1: size is a string: write a whole number of bytes, without quotes`}},
		"size with a fraction":    {`{"slug":"a","key":"k","size":1.5}`, files, []string{`line 1: size is a number: write a whole number of bytes, without quotes`}},
		"size below 0":            {`{"slug":"a","key":"k","size":-1}`, files, []string{`line 1: size -1: write the file's length in bytes, or 0 to say nothing`}},
		"modified is a number":    {`{"slug":"a","key":"k","modified":1704164645}`, files, []string{`line 1: modified is a number: write a time such as "2024-01-02T03:04:05Z"`}},
		"modified without a zone": {`{"slug":"a","key":"k","modified":"2024-01-02T03:04:05"}`, files, []string{`line 1: modified "2024-01-02T03:04:05": write a time such as "2024-01-02T03:04:05Z"`}},
		"modified too fine":       {`{"slug":"a","key":"k","modified":"2024-01-02T03:04:05.0001Z"}`, files, []string{`line 1: modified 2024-01-02T03:04:05.0001Z: write a year up to 9999, and no more than milliseconds`}},
		"etag without quotes":     {`{"slug":"a","key":"k","etag":"v1"}`, files, []string{`line 1: etag "v1": write an entity-tag with its quotes, such as "v1"`}},
		"encoding of two words":   {`{"slug":"a","key":"k","encoding":"gzip, br"}`, files, []string{`line 1: encoding "gzip, br": write one word, such as "gzip"`}},
		"files is an array":       {`{"slug":"a","key":"k","files":[]}`, files, []string{`line 1: files is an array: write an object such as {"thumb": {"key": "a.png"}}`}},
		"everything wrong in a file": {`{"slug":"a","key":"k","files":{"t":{"key":1,"kex":"a","store":"flies","media_type":"png"}}}`, files, []string{
			`line 1: files.t.key is a number: write a string in double quotes`,
			`line 1: unknown key "files.t.kex": did you mean "key"?`,
			`line 1: files.t.store "flies" is not configured: did you mean "files"?`,
			`line 1: files "t": media_type "png": write type/subtype and no more, such as "application/pdf"`,
		}},
		"a file is a string":   {`{"slug":"a","key":"k","files":{"t":"a.png"}}`, files, []string{`line 1: files.t is a string: write an object such as {"key": "a.png"}`}},
		"a file without a key": {`{"slug":"a","key":"k","files":{"t":{}}}`, files, []string{`line 1: files "t": key is missing: write the file's path in the store, such as "manuals/a.pdf"`}},
		"a field twice":        {`{"slug":"a","key":"k","files":{"t":{"key":"x"},"t":{"key":"y"}}}`, files, []string{`line 1: "files.t" is written twice: remove one`}},
		"a field of odd signs": {`{"slug":"a","key":"k","files":{"t\n":{"key":1}}}`, files, []string{
			`line 1: "files.t\n.key" is a number: write a string in double quotes`,
			`line 1: files "t\n": field "t\n": write 1 to 64 ASCII letters, digits, "-", "_" and ".", the first a letter or a digit`,
		}},
		"sha256 in capitals":     {`{"slug":"a","key":"k","sha256":"` + strings.Repeat("A", 64) + `"}`, files, []string{`line 1: sha256 "` + strings.Repeat("A", 64) + `": write the 64 hexadecimal digits that sha256sum prints, in lower case`}},
		"categories is a string": {`{"slug":"a","key":"k","categories":"A"}`, files, []string{`line 1: categories is a string: write an array of strings such as ["A/B", "C"]`}},
		"a category is a number": {`{"slug":"a","key":"k","categories":["A",1]}`, files, []string{`line 1: categories is an array: write an array of strings such as ["A/B", "C"]`}},
		"a category twice":       {`{"slug":"a","key":"k","category":"A","categories":["B","A","B"]}`, files, []string{`line 1: categories: "A" is there twice: remove one`, `line 1: categories: "B" is there twice: remove one`}},
		"draft is a string":      {`{"slug":"a","key":"k","draft":"yes"}`, files, []string{`line 1: draft is a string: write true or false, without quotes`}},
		"gone before it is there": {`{"slug":"a","key":"k","publish":"2024-02-01T00:00:00Z","expires":"2024-01-01T00:00:00Z"}`, files, []string{
			`line 1: expires 2024-01-01T00:00:00Z: write a time after publish, 2024-02-01T00:00:00Z`,
		}},
		"limits below 0":        {`{"slug":"a","key":"k","max_downloads":-1,"limit_rate":-2}`, files, []string{`line 1: max_downloads -1: write a number above 0, or 0 for no limit`, `line 1: limit_rate -2: write a number above 0, or 0 for no limit`}},
		"limit with a fraction": {`{"slug":"a","key":"k","limit_rate":0.5,"max_downloads":0.5}`, files, []string{`line 1: limit_rate is a number: write a whole number of bytes a second, without quotes`, `line 1: max_downloads is a number: write a whole number, without quotes`}},
		"versions is an object": {`{"slug":"a","key":"k","versions":{"1":{"key":"a"}}}`, files, []string{`line 1: versions is an object: write an array of objects such as [{"version": "1.0", "key": "a-1.0.pdf"}]`}},
		"a version is a string": {`{"slug":"a","key":"k","versions":["1"]}`, files, []string{`line 1: versions is an array: write an array of objects such as [{"version": "1.0", "key": "a-1.0.pdf"}]`}},
		"everything wrong in a version": {`{"slug":"a","key":"k","versions":[{"version":1,"key":"a","kex":"b","store":"flies"},{"version":"1"}]}`, files, []string{
			`line 1: versions.1.version is a number: write a string in double quotes`,
			`line 1: unknown key "versions.1.kex": did you mean "key"?`,
			`line 1: versions.1.store "flies" is not configured: did you mean "files"?`,
			`line 1: versions "1": key is missing: write the file's path in the store, such as "manuals/a.pdf"`,
		}},
		"a version twice":           {`{"slug":"a","key":"k","version":"1","versions":[{"version":"1","key":"b"}]}`, files, []string{`line 1: versions "1": it is there twice: remove one`}},
		"the item's own file again": {`{"slug":"a","key":"k","files":{"file":{"key":"x"}}}`, files, []string{`line 1: files "file": field "file" is the item's own file: choose another name`}},
		"slug twice":                {"{\"slug\":\"a\",\"key\":\"k\"}\n\n{\"slug\":\"b\",\"key\":\"k\"}\n{\"slug\":\"a\",\"key\":\"l\"}\n{\"slug\":\"a\",\"key\":\"l\"}", files, []string{`line 4: slug "a" is already on line 1: a slug is unique`, `line 5: slug "a" is already on line 1: a slug is unique`}},
		"slug twice, first wrong":   {"{\"slug\":\"a\",\"key\":1}\n{\"slug\":\"a\",\"key\":\"l\"}", files, []string{`line 1: key is a number: write a string in double quotes`, `line 2: slug "a" is already on line 1: a slug is unique`}},
		"line over 4 MiB":           {`{"slug":"a","key":"k"}` + strings.Repeat(" ", 4<<20-21) + "\n{}x", files, []string{`line 1: the line is longer than 4194304 bytes: shorten it`, `line 2: column 3: there is more text after the value: write one JSON object a line`}},
		"line of 5 MiB at last":     {"\n" + strings.Repeat("x", 5<<20), files, []string{`line 2: the line is longer than 4194304 bytes: shorten it`}},
		"many lines": {"x\n{}y\n\n{\"slug\":\"a\",\"key\":\"k\"}\n{\"slog\":\"a\",\"key\":\"k\",\"visible\":0}\n", files, []string{
			`line 1: column 1: invalid character 'x' looking for beginning of value`,
			`line 2: column 3: there is more text after the value: write one JSON object a line`,
			`line 5: unknown key "slog": did you mean "slug"?`,
			`line 5: visible is a number: write true or false, without quotes`,
			`line 5: slug is missing: write the item's name in URLs, such as "printer-manual"`,
		}},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			items, err := jsonl.Read(strings.NewReader(row.text), row.stores, "")
			var faults jsonl.Faults
			if !errors.As(err, &faults) || items != nil {
				t.Fatalf("got %+v, %v; want faults and no items", items, err)
			}
			if got, want := err.Error(), strings.Join(row.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if len(faults) != len(row.want) {
				t.Errorf("got %d faults, want %d", len(faults), len(row.want))
			}
		})
	}
}

func TestReadStopsWhereTheReaderFails(t *testing.T) {
	cause := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader("{\"slug\":\"a\",\"key\":\"k\"}\n{\"slug\""), iotest.ErrReader(cause))
	items, err := jsonl.Read(r, files, "")
	var faults jsonl.Faults
	if !errors.Is(err, cause) || errors.As(err, &faults) || items != nil {
		t.Errorf("got %+v, %v; want the reader's error", items, err)
	}
}

func TestReadIntoTheUsualStore(t *testing.T) {
	const text = `{"slug":"a","key":"k"}` + "\n" + `{"slug":"b","key":"k","store":"uploads","files":{"image":{"key":"i"}}}`
	items, err := jsonl.Read(strings.NewReader(text), []string{"uploads", "files"}, "files")
	if err != nil || len(items) != 2 || items[0].Store != "files" || items[1].Store != "uploads" || items[1].Files["image"].Store != "uploads" {
		t.Errorf("got %+v, %v", items, err)
	}
}
