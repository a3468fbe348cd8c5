package jsonl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/jsonl"
)

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`{"slug":"a","key":"a.pdf"}`,
		"\ufeff" + `{"slug":"a","title":"T","name":"\ud83d\ude00\udce9\u0000","store":"files","key":"k","category":"A/B","visible":false,"inline":true,"media_type":"text/plain"}` + "\r\n\n" + `{"slug":"b","key":"a.pdf"}`,
		`{"slug":"a","key":"k","encoding":"gzip","charset":"x","modified":"2024-01-02T04:04:05.5+01:00","size":7,"etag":"W/\"1\"","files":{"t":{"key":"t.png","size":1},"u":{"key":"u","name":"\udce9"}}}`,
		`{"slug":"a","key":"k","categories":["A/B","C"],"draft":true,"publish":"2024-01-02T03:04:05Z","expires":"2025-01-02T03:04:05Z","version":"2","versions":[{"version":"1","added":"2023-01-02T03:04:05Z","key":"\udce9","sha256":"` + strings.Repeat("0f", 32) + `"},{"version":"0","key":"z"}],"max_downloads":3,"limit_rate":9,"created":"2022-01-02T03:04:05Z"}`,
		`{"slug":"a","slug":"b"}`, `{"a":[{}]}`, `[]`, `{"key":"\`, "\xff", `{"slug":1e9,"visible":null}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		items, err := jsonl.Read(bytes.NewReader(text), files, "")
		var faults jsonl.Faults
		switch {
		case errors.As(err, &faults):
			wantInOrder(t, faults, text)
			return
		case err != nil:
			t.Fatalf("got %v, want faults", err)
		}
		for i := range items {
			if err := items[i].Check(); err != nil {
				t.Errorf("read an item that is not valid: %v", err)
			}
		}
		if !bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) { // surrogates are read otherwise
			wantSame(t, items, plain(t, text))
		}
		written := write(t, items...)
		for _, line := range strings.Split(strings.TrimSuffix(written, "\n"), "\n") {
			if len(items) > 0 && !json.Valid([]byte(line)) {
				t.Errorf("wrote %q, which is not JSON", line)
			}
		}
		again, err := jsonl.Read(strings.NewReader(written), files, "")
		if err != nil {
			t.Fatalf("read again: %v", err)
		}
		wantSame(t, again, items)
	})
}

func wantInOrder(t *testing.T, faults jsonl.Faults, text []byte) {
	last := 1
	for _, fault := range faults {
		if fault.Line < last || fault.Line > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("got line %d after %d", fault.Line, last)
		}
		if fault.Problem == "" || strings.ContainsAny(fault.Problem, "\n\r\x00\x1b") {
			t.Errorf("got problem %q", fault.Problem)
		}
		last = fault.Line
	}
	if len(faults) == 0 {
		t.Error("got no fault")
	}
}

// plain reads what Read has found valid in the usual way.
func plain(t *testing.T, text []byte) (items []catalog.Item) {
	for _, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var it struct {
			plainFile
			Slug, Title, Category string
			Visible               *bool
			Inline                bool
			Files                 map[string]plainFile

			Categories                []string
			Draft                     bool
			Publish, Expires, Created string
			Version                   string
			Versions                  []struct {
				plainFile
				Version, Added string
			}
			MaxDownloads int64 `json:"max_downloads"`
			LimitRate    int64 `json:"limit_rate"`
		}
		if err := json.Unmarshal(line, &it); err != nil {
			t.Fatal(err)
		}
		f := it.plainFile.file(t)
		item := catalog.Item{
			Slug: it.Slug, Title: it.Title, Name: f.Name, Store: f.Store, Key: f.Key, Category: it.Category,
			Visible: it.Visible == nil || *it.Visible, Inline: it.Inline, MediaType: f.MediaType,
			Encoding: f.Encoding, Charset: f.Charset, Modified: f.Modified, Size: f.Size, ETag: f.ETag, SHA256: f.SHA256, Files: map[string]catalog.File{},
			Categories: it.Categories, Draft: it.Draft, Publish: moment(t, it.Publish), Expires: moment(t, it.Expires),
			Created: moment(t, it.Created), Version: it.Version, MaxDownloads: it.MaxDownloads, LimitRate: it.LimitRate,
		}
		for _, v := range it.Versions {
			item.Versions = append(item.Versions, catalog.Version{Name: v.Version, File: v.file(t), Added: moment(t, v.Added)})
		}
		for field, f := range it.Files {
			item.Files[field] = f.file(t)
		}
		items = append(items, item)
	}
	return items
}

type plainFile struct {
	Name, Key, Encoding, Charset, Modified, ETag, SHA256 string
	MediaType                                            string `json:"media_type"`
	Size                                                 int64
}

func (f plainFile) file(t *testing.T) catalog.File {
	return catalog.File{
		Name: f.Name, Store: "files", Key: f.Key, MediaType: f.MediaType, Encoding: f.Encoding, Charset: f.Charset,
		Modified: moment(t, f.Modified), Size: f.Size, ETag: f.ETag, SHA256: f.SHA256,
	}
}

func moment(t *testing.T, text string) (m time.Time) {
	if text != "" {
		var err error
		if m, err = time.Parse(time.RFC3339Nano, text); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func wantSame(t *testing.T, got, want []catalog.Item) {
	t.Helper()
	if !slices.EqualFunc(got, want, catalog.Item.Equal) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// FuzzName: any bytes as a name come back, and a JSON reader accepts the line.
func FuzzName(f *testing.F) {
	for _, name := range []string{"", "a.pdf", "\x00\"\\\n", "caf\xe9", "\xed\xb3\xa9", "\xf0\x9f\x98", "😀\ufffd\u202e", "\\udce9"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		want := catalog.Item{Slug: "a", Name: name, Store: "files", Key: "k"}
		if want.Check() != nil {
			t.Skip()
		}
		line := write(t, want)
		if !json.Valid([]byte(line)) || strings.Count(line, "\n") != 1 {
			t.Errorf("wrote %q, which is not one line of JSON", line)
		}
		got, err := jsonl.Read(strings.NewReader(line), files, "")
		if err != nil || !slices.EqualFunc(got, []catalog.Item{want}, catalog.Item.Equal) {
			t.Errorf("got %#v, %v; want %#v", got, err, want)
		}
	})
}
