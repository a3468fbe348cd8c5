// Package page is the public pages of a site: what it offers, as HTML and as JSON,
// and its health, as ordinary http.Handlers for whatever runs them.
package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"

	"github.com/downlink-go/downlink/core"
)

// The paths of the pages, as requests have them.
const (
	IndexPath  = "/"
	JSONPath   = "/index.json"
	FeedPath   = "/feed.atom"
	HealthPath = "/healthz"
)

// Pages are the pages of a site by path, all other paths are of downloads.
func (x *Index) Pages() map[string]http.Handler {
	return map[string]http.Handler{
		IndexPath: x, JSONPath: http.HandlerFunc(x.serveJSON), FeedPath: http.HandlerFunc(x.serveFeed),
		HealthPath: http.HandlerFunc(serveHealth),
	}
}

// serveHealth answers that the process serves requests.
func serveHealth(w http.ResponseWriter, r *http.Request) {
	if begin(w, r) {
		w.Header().Set("Cache-Control", "no-store")
		send(w, r, "text/plain; charset=utf-8", []byte("ok\n"))
	}
}

// begin sets the fields of every page, and refuses all methods but GET and HEAD.
func begin(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	Refuse(w, r, core.Refuse(405, "method is neither GET nor HEAD"))
	return false
}

func send(w http.ResponseWriter, r *http.Request, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// sendTagged is send with an entity-tag of the body, and 304 to who has it already.
func sendTagged(w http.ResponseWriter, r *http.Request, mediaType string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	w.Header().Set("ETag", tag)
	if core.ETagListed(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	send(w, r, mediaType, body)
}

// Refuse sends the answer of a page that there is not.
func Refuse(w http.ResponseWriter, r *http.Request, d core.Decision) {
	for _, f := range d.Fields {
		w.Header().Set(f.Name, f.Value)
	}
	w.WriteHeader(d.Status)
	if r.Method != http.MethodHead {
		io.WriteString(w, d.Message)
	}
}
