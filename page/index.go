// Package page is the public page: a list of what a site offers, as an ordinary
// http.Handler for whatever runs one.
package page

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// maxRows is how many items and how many files of a store one page lists.
const maxRows = 1000

// Listing is a store whose files the page lists, and where they are served.
type Listing struct {
	Store   *storage.Store
	Prefix  string       // of the keys that are served
	Pattern core.Pattern // with one variable: the key without Prefix
}

// Index lists the visible items of a catalogue and the files of the listings.
type Index struct {
	Catalog *catalog.Catalog // nil lists no items
	Item    core.Pattern     // where items are served: one variable, the slug
	Files   []Listing
	Log     *slog.Logger // nil discards
}

//go:embed index.html
var indexHTML string

//go:embed style.css
var style string

var index = template.Must(template.New("index").Funcs(template.FuncMap{
	"size": size,
	"date": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"iso":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).Parse(indexHTML))

// contentSecurityPolicy allows the page's own style sheet and nothing else.
var contentSecurityPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// row is one line of the page.
type row struct {
	Folder, Title, URL, Detail string
	Size                       int64
	Modified                   time.Time
}

type section struct {
	Name   string
	Files  bool // rows have sizes and dates
	Rows   []row
	More   bool // there is more than the page shows
	Failed bool // what there is could not be read
}

// ServeHTTP answers GET and HEAD with the page.
func (x *Index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	log := x.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		Refuse(w, r, core.Refuse(405, ""))
		return
	}
	var body bytes.Buffer
	if err := index.Execute(&body, map[string]any{"Style": template.CSS(style), "Sections": x.sections(r.Context(), log)}); err != nil {
		log.Error("index page", "cause", err)
		Refuse(w, r, core.Refuse(500, ""))
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	if r.Method == http.MethodGet {
		w.Write(body.Bytes())
	}
}

// Refuse sends the answer of a page that there is not.
func Refuse(w http.ResponseWriter, r *http.Request, d core.Decision) {
	for _, f := range d.Fields {
		w.Header().Set(f.Name, f.Value)
	}
	w.WriteHeader(d.Status)
	if r.Method != http.MethodHead {
		w.Write([]byte(d.Message))
	}
}

// sections are the parts of the page. One that cannot be read says so and does
// not take the others with it.
func (x *Index) sections(ctx context.Context, log *slog.Logger) (all []section) {
	items, err := x.items(ctx)
	if err != nil {
		log.Error("index page", "cause", err)
		items = section{Name: items.Name, Failed: true}
	}
	if len(items.Rows) > 0 || items.Failed {
		all = append(all, items)
	}
	for _, l := range x.Files {
		s, err := files(ctx, l)
		if err != nil {
			log.Error("index page", "cause", err)
			s = section{Name: s.Name, Failed: true, Files: true}
		}
		if len(x.Files) > 1 {
			s.Name = "Files in " + l.Store.Name()
		}
		all = append(all, s)
	}
	return all
}

func (x *Index) items(ctx context.Context) (section, error) {
	s := section{Name: "Catalogue"}
	if x.Catalog == nil {
		return s, nil
	}
	err := x.Catalog.List(ctx, "", func(it catalog.Item) bool {
		if !it.Visible {
			return true
		}
		if s.More = len(s.Rows) == maxRows; s.More {
			return false
		}
		title := it.Title
		if title == "" {
			title = it.Slug
		}
		if url, ok := x.Item.URL(it.Slug); ok {
			s.Rows = append(s.Rows, row{Title: visible(title), URL: url, Detail: visible(strings.ReplaceAll(it.Category, "/", " › "))})
		}
		return true
	})
	return s, err
}

// files lists a store in the order of keys: the first maxRows that the driver
// gives.
func files(ctx context.Context, l Listing) (section, error) {
	s := section{Name: "Files", Files: true}
	err := l.Store.List(ctx, l.Prefix, func(e storage.Entry) bool {
		if s.More = len(s.Rows) == maxRows; s.More {
			return false
		}
		name := strings.TrimPrefix(e.Key, l.Prefix)
		if url, ok := l.Pattern.URL(name); ok {
			folder, base := path.Split(name)
			s.Rows = append(s.Rows, row{Folder: visible(folder), Title: visible(base), URL: url, Size: e.Size, Modified: e.LastModified})
		}
		return true
	})
	slices.SortFunc(s.Rows, func(a, b row) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Folder), strings.ToLower(b.Folder)),
			strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), strings.Compare(a.URL, b.URL))
	})
	return s, err
}

// visible puts U+FFFD in place of what would not be seen and could make a name
// read as another: controls, characters that turn the direction of writing, bytes
// that are not UTF-8.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, s)
}

const zeroWidthJoiner = '\u200d' // holds emoji together

// size is n bytes in binary units, as file managers show it; "" if unknown.
func size(n int64) string {
	if n < 0 {
		return ""
	}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n), 0
	for f >= 1024 && unit < len(units)-1 {
		f, unit = f/1024, unit+1
	}
	return fmt.Sprintf("%.1f %s", f, units[unit])
}

var units = [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
