package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Listing is a store whose files the page lists, and where they are served.
type Listing struct {
	Store   *storage.Store
	Prefix  string       // of the keys that are served
	Pattern core.Pattern // with one variable: the key without Prefix
}

// Theme writes a page of a *View; a template of html/template is one.
type Theme interface {
	Execute(w io.Writer, view any) error
}

// Index lists the visible items of a catalogue and the files of the listings. It is
// the handler of the HTML page.
type Index struct {
	Catalog *catalog.Catalog // nil lists no items
	Item    core.Pattern     // where items are served: one variable, the slug
	Image   core.Pattern     // where the pictures of items are, likewise; zero: nowhere
	// Pictures are the origins (RFC 6454) that browsers may be sent to from there.
	Pictures []string
	Files    []Listing
	// URL is the site's own, as browsers have it, for the feed and the sitemap. "" is not
	// known: links in the feed are relative then, and there is no sitemap. What a request
	// says of its host is not looked at, as whoever asks chooses it.
	URL string
	// WholeURLs says that the URLs of requests have the host that the platform was called
	// by, on its own word: it stands in for URL.
	WholeURLs bool
	Theme     Theme        // nil is the built-in page
	Log       *slog.Logger // nil discards
}

//go:embed style.css
var style string

var styleSum = func() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

// contentSecurityPolicy allows the page's own style sheet, pictures and nothing else; to
// a theme, what is the site's own.
func (x *Index) contentSecurityPolicy() string {
	const rest = "; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	pictures := strings.Join(append([]string{"img-src 'self'"}, x.Pictures...), " ")
	if x.Theme == nil {
		return "default-src 'none'; style-src 'sha256-" + styleSum + "'; " + pictures + rest
	}
	return "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; " + pictures + " data:" + rest
}

// ServeHTTP answers GET and HEAD with the page that the query asks for: category, q
// (words to search for), order (title, new, downloads) and after. What cannot be read
// says so and does not take the rest with it; such a page is not to be kept.
func (x *Index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, ok := x.begin(w, r, IndexPath)
	if !ok {
		return
	}
	body := v.html()
	if x.Theme != nil {
		var b bytes.Buffer
		if err := x.Theme.Execute(&b, v); err != nil {
			x.log().Error("theme", "cause", err)
			Refuse(w, r, core.Refuse(500, "the theme cannot be used"))
			return
		}
		body = b.Bytes()
	}
	w.Header().Set("Content-Security-Policy", x.contentSecurityPolicy())
	w.Header().Set("Referrer-Policy", "no-referrer")
	if v.failed() {
		w.Header().Set("Cache-Control", "no-store")
		send(w, r, htmlType, body)
		return
	}
	sendTagged(w, r, htmlType, body)
}

const htmlType = "text/html; charset=utf-8"

// begin is the function of that name, and gathers what the page at path shows.
func (x *Index) begin(w http.ResponseWriter, r *http.Request, path string) (*View, bool) {
	if !begin(w, r) {
		return nil, false
	}
	q, ok := readQuery(r)
	if !ok {
		Refuse(w, r, core.Refuse(400, "a query that no page has"))
		return nil, false
	}
	v, err := x.look(r.Context(), q, path, time.Now())
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		Refuse(w, r, core.Refuse(404, "no page is there"))
	case err != nil:
		Refuse(w, r, core.Refuse(400, "a query that no page has"))
	}
	return v, err == nil
}

func (x *Index) log() *slog.Logger {
	if x.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return x.Log
}
