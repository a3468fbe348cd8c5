package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"log/slog"
	"net/http"

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

// Index lists the visible items of a catalogue and the files of the listings. It is
// the handler of the HTML page.
type Index struct {
	Catalog *catalog.Catalog // nil lists no items
	Item    core.Pattern     // where items are served: one variable, the slug
	Files   []Listing
	Log     *slog.Logger // nil discards
}

//go:embed style.css
var style string

// contentSecurityPolicy allows the page's own style sheet and nothing else.
var contentSecurityPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// ServeHTTP answers GET and HEAD with the page. What cannot be read says so and
// does not take the rest with it; such a page is not to be kept.
func (x *Index) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !begin(w, r) {
		return
	}
	offer := x.offer(r.Context())
	if offer.failed() {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	send(w, r, "text/html; charset=utf-8", offer.html())
}

func (x *Index) log() *slog.Logger {
	if x.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return x.Log
}
