package demo

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
)

//go:embed page.html
var pageHTML string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// policy allows the page's own style sheet and nothing else.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// servePage answers GET and HEAD with the page. Its links are for whoever asked: it
// is not stored.
func (s *Site) servePage(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Method not allowed: use GET or HEAD.", http.StatusMethodNotAllowed)
		return
	}
	all, err := s.exhibits(time.Now(), rand.Text())
	if err != nil {
		http.Error(w, "Internal error.", http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, map[string]any{"Style": template.CSS(style), "Exhibits": all}); err != nil {
		http.Error(w, "Internal error.", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	w.Write(b.Bytes()) // net/http leaves the body of an answer to HEAD out
}

// toNginx is what the site answers to nginx about a file, as it goes over the wire.
func (s *Site) toNginx(path string) string {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}, Body: http.NoBody}
	r.Header.Set(front.Field, download.Nginx)
	w := &fields{header: http.Header{}, status: http.StatusOK}
	s.silent.ServeHTTP(w, r)
	lines := []string{fmt.Sprintf("HTTP/1.1 %d %s", w.status, http.StatusText(w.status))}
	for name, values := range w.header {
		for _, v := range values {
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}

// fields is an http.ResponseWriter that keeps the head of an answer.
type fields struct {
	header http.Header
	status int
}

func (f *fields) Header() http.Header         { return f.header }
func (f *fields) WriteHeader(status int)      { f.status = status }
func (f *fields) Write(p []byte) (int, error) { return len(p), nil }
