package conformance

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Fixtures are the files and the catalogue items that the rows ask for.
type Fixtures struct {
	Modified time.Time `json:"modified"` // of the files that say nothing else
	Files    []File    `json:"files"`
	Items    []Item    `json:"items"`
}

// File is one file of the store "files".
type File struct {
	Path string `json:"path"` // percent-encoded where JSON or an eye would not do
	// Text repeated up to Size bytes is the content; without Size it is Text.
	Text     string    `json:"text"`
	Size     int       `json:"size"`
	Modified time.Time `json:"modified"`

	said   *Item  // that the file was reached by; nil without one
	coding string // that this form of another file is in; "" for a file as it is
	forms  map[string]*File
}

// Item is an item of the catalogue in the form of `downlink import`.
type Item struct {
	Slug      string `json:"slug"`
	Title     string `json:"title,omitempty"`
	Name      string `json:"name,omitempty"`
	Store     string `json:"store"`
	Key       string `json:"key"`
	Category  string `json:"category,omitempty"`
	Visible   bool   `json:"visible"`
	Inline    bool   `json:"inline,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	// What the item says of its file in place of the store.
	Encoding string    `json:"encoding,omitempty"`
	Charset  string    `json:"charset,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
	Size     int64     `json:"size,omitempty"`
	ETag     string    `json:"etag,omitempty"`
	SHA256   string    `json:"sha256,omitempty"`
	// When it is offered.
	Draft   bool      `json:"draft,omitempty"`
	Publish time.Time `json:"publish,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

// Tag is the entity-tag that the item gives its file, "" for none.
func (it *Item) Tag() string {
	if it.ETag == "" && it.SHA256 != "" {
		return `"` + it.SHA256 + `"`
	}
	return it.ETag
}

// Digest is the Repr-Digest that the item gives its file, "" for none.
func (it *Item) Digest() string {
	sum, err := hex.DecodeString(it.SHA256)
	if err != nil || it.SHA256 == "" {
		return ""
	}
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// LoadFixtures reads the fixtures.
func LoadFixtures() (*Fixtures, error) {
	b, err := data.ReadFile("fixtures.json")
	if err != nil {
		return nil, err
	}
	f := &Fixtures{}
	if err := strict(b, f); err != nil {
		return nil, fmt.Errorf("fixtures.json: %w", err)
	}
	seen := map[string]bool{}
	for i := range f.Files {
		file := &f.Files[i]
		if _, err := url.PathUnescape(file.Path); err != nil {
			return nil, fmt.Errorf("fixtures.json: file %q: %w", file.Path, err)
		}
		if seen[file.Key()] {
			return nil, fmt.Errorf("fixtures.json: file %q is there twice", file.Path)
		}
		seen[file.Key()] = true
		if file.Modified.IsZero() {
			file.Modified = f.Modified
		}
	}
	f.findForms()
	return f, nil
}

// Codings are the content codings of which views at /coded/ have forms of files, in the
// order in which they offer them.
var Codings = []string{"br", "zstd", "gzip"}

// findForms joins files that are another one in a coding, by their names, to that one.
func (f *Fixtures) findForms() {
	for i := range f.Files {
		file := &f.Files[i]
		for _, coding := range Codings {
			if stored, ok := f.File(file.Key() + core.Extension(coding)); ok {
				form := *stored
				form.coding = coding
				if file.forms == nil {
					file.forms = map[string]*File{}
				}
				file.forms[coding] = &form
			}
		}
	}
}

// In returns the form of the file that is in a coding, nil if there is none: for "" and
// "identity" the file as it is.
func (f *File) In(coding string) *File {
	if f == nil || coding == "" || coding == "identity" {
		return f
	}
	return f.forms[coding]
}

// Key is the file's path in the store.
func (f *File) Key() string {
	key, _ := url.PathUnescape(f.Path)
	return key
}

// Content is the file's bytes.
func (f *File) Content() []byte {
	if f.Size == 0 {
		return []byte(f.Text)
	}
	return []byte(strings.Repeat(f.Text, f.Size/len(f.Text)+1)[:f.Size])
}

// Metadata is what a store of local files says about the file, or the item by which
// it was reached. A form in a coding has a tag of its own and no date.
func (f *File) Metadata() core.Metadata {
	size := int64(len(f.Content()))
	m := core.Metadata{
		Size:         size,
		ETag:         string(core.AppendFileETag(nil, f.Modified, size)),
		LastModified: f.Modified,
	}
	if f.said != nil && f.said.Tag() != "" {
		m.ETag = f.said.Tag()
	}
	if f.said != nil && !f.said.Modified.IsZero() {
		m.LastModified = f.said.Modified
	}
	if f.coding != "" {
		m.ETag = string(core.AppendCodedETag(nil, m.ETag, f.coding))
		m.LastModified = time.Time{}
	}
	return m
}

// File returns the file at a key of the store.
func (f *Fixtures) File(key string) (*File, bool) {
	for i := range f.Files {
		if f.Files[i].Key() == key {
			return &f.Files[i], true
		}
	}
	return nil, false
}

// Item returns the item with a slug.
func (f *Fixtures) Item(slug string) (*Item, bool) {
	for i := range f.Items {
		if f.Items[i].Slug == slug {
			return &f.Items[i], true
		}
	}
	return nil, false
}

// Behind returns the file that a request target asks for, as net/url decodes it, with
// what an item there says of it.
func (f *Fixtures) Behind(target string) (*File, bool) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, false
	}
	if slug, ok := strings.CutPrefix(u.Path, "/d/"); ok {
		if item, ok := f.Item(slug); ok {
			file, ok := f.File(item.Key)
			if !ok {
				return nil, false
			}
			reached := *file
			reached.said = item
			return &reached, true
		}
		return nil, false
	}
	for _, view := range []string{"/files/", "/coded/"} {
		if key, ok := strings.CutPrefix(u.Path, view); ok {
			return f.File(key)
		}
	}
	return nil, false
}

// WriteFiles writes the files below dir, with their modification times.
func (f *Fixtures) WriteFiles(dir string) error {
	for i := range f.Files {
		file := &f.Files[i]
		name := filepath.Join(dir, file.Key())
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, file.Content(), 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(name, file.Modified, file.Modified); err != nil {
			return err
		}
	}
	return nil
}

// WriteItems writes the items as `downlink import` reads them: one JSON object a
// line.
func (f *Fixtures) WriteItems(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, item := range f.Items {
		if err := e.Encode(item); err != nil {
			return err
		}
	}
	return nil
}
