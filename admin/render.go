package admin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

//go:embed templates
var templates embed.FS

//go:embed style.css
var style []byte

//go:embed script.js
var script []byte

// asset is a file that the pages ask for, at a URL that changes with it.
type asset struct {
	path, mediaType string
	content         []byte
}

func newAsset(name, mediaType string, content []byte) asset {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	return asset{Path + "static/" + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:8]) + ext, mediaType, content}
}

var assets = map[string]asset{
	"style":  newAsset("style.css", "text/css; charset=utf-8", style),
	"script": newAsset("script.js", "text/javascript; charset=utf-8", script),
}

// serveAsset answers a request for a file of the pages, and reports whether it was
// one.
func serveAsset(w http.ResponseWriter, r *http.Request) bool {
	for _, a := range assets {
		if r.URL.Path != a.path || r.Method != http.MethodGet {
			continue
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		send(w, http.StatusOK, a.mediaType, a.content)
		return true
	}
	return false
}

// shown is what a page shows.
type shown struct {
	Title   string
	Section string // of the navigation; "" is none
	User    string // "" if nobody is logged in
	Notice  string // that something was done
	Problem string // that something could not be
	Direct  bool   // files go to the store without us
	Form    int64  // bytes that a file may have that a form has
	Data    any    // the page's own
}

var pages = func() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(templates, "templates/layout.html", "templates/parts.html"))
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // embedded
	}
	all := map[string]*template.Template{}
	for _, e := range entries {
		name, _ := strings.CutSuffix(e.Name(), ".html")
		if name != "layout" && name != "parts" {
			all[name] = template.Must(template.Must(layout.Clone()).ParseFS(templates, "templates/"+e.Name()))
		}
	}
	return all
}()

var functions = template.FuncMap{
	"asset":    func(name string) string { return assets[name].path },
	"bytes":    byteText,
	"counted":  counted,
	"beside":   beside,
	"itempath": itemPath,
	"moment":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
	"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"half":     func(n int) int { return n / 2 },
	"depth":    func(n int) int { return min(n, 4) }, // deeper ones are indented no further
	"exports":  func() []string { return slices.Sorted(maps.Keys(exports)) },
	"filter": func(l itemList) string {
		return withQuery(Path, "q", l.Search, "category", l.Category, "order", l.Order)
	},
	"folder": func(p picker, prefix string) string {
		return withQuery(Path+"files", "store", p.Store, "prefix", prefix, "item", p.Item, "field", p.Field)
	},
	"destination": func(item, field string, several bool, page *shown) destination {
		return destination{item, field, several, page}
	},
}

// destination is where the files of a form for uploads go.
type destination struct {
	Item, Field string
	Several     bool
	Page        *shown
}

// byteText is a number of bytes for people, in powers of 1024.
func byteText(n int64) string {
	const unit = 1024
	if n < unit {
		return counted(n, "byte")
	}
	value, names := float64(n)/unit, "KMGTPE"
	for value >= unit && len(names) > 1 {
		value, names = value/unit, names[1:]
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0") + " " + names[:1] + "iB"
}

// counted is "1 file" or "2 files".
func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

// beside is what there is to say beside the number of downloads; "" is nothing.
func beside(t catalog.Tally) (text string) {
	if t.Bots > 0 {
		text += fmt.Sprintf(", %d more by robots", t.Bots)
	}
	if t.Completed > 0 {
		text += fmt.Sprintf(", %d known to be complete", t.Completed)
	}
	if t.Bytes > 0 {
		text += ", " + byteText(t.Bytes) + " known to be sent"
	}
	return text
}

// show sends a page.
func show(w http.ResponseWriter, _ *http.Request, status int, name string, s *shown) {
	var b bytes.Buffer
	if err := pages[name].Execute(&b, s); err != nil {
		panic(err) // a fault of the template, which no input makes
	}
	send(w, status, "text/html; charset=utf-8", b.Bytes())
}

func send(w http.ResponseWriter, status int, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// show sends a page of the visit, with the notice that the one before left.
func (x *visit) show(name string, s shown) error {
	s.User, s.Direct, s.Form = x.user, x.direct != nil, x.opts.MaxForm
	s.Notice = x.sessions(x.r).PopString(x.r.Context(), keyNotice)
	status := http.StatusOK
	if s.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	show(x.w, x.r, status, name, &s)
	return nil
}
