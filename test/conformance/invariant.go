package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

// longestError is the most bytes that the body of an error has.
const longestError = 300

// Invariants hold for every answer to every row, by name. Each returns what is
// wrong, "" if nothing is.
var Invariants = map[string]func(*checker) string{
	"nosniff":              nosniff,
	"no internal field":    noInternalField,
	"fields once":          fieldsOnce,
	"length":               length,
	"nothing after":        nothingAfter,
	"one disposition":      oneDisposition,
	"validators":           validators,
	"no content under 304": bareNotModified,
	"quiet error":          quietError,
	"error is not stored":  errorIsNotStored,
	"no version":           noVersion,
}

func nosniff(c *checker) string {
	return Match{exact: "nosniff"}.check(c.a.Header.Values("X-Content-Type-Options"))
}

// noInternalField: what steers a front server never reaches a client.
func noInternalField(c *checker) string {
	for name := range c.a.Header {
		for _, prefix := range []string{"X-Accel-", "X-Sendfile", "X-Lighttpd-", "X-Downlink-"} {
			if strings.HasPrefix(name, prefix) {
				return name + " reaches the client"
			}
		}
	}
	return ""
}

func fieldsOnce(c *checker) string {
	for name, lines := range c.a.Header {
		if len(lines) > 1 {
			return fmt.Sprintf("%s: %q", name, lines)
		}
	}
	return ""
}

// length: Content-Length is the body's, also of the body that HEAD leaves out.
func length(c *checker) string {
	text := c.a.Header.Get("Content-Length")
	if c.a.Status == http.StatusNotModified {
		return Match{absent: true}.check(c.a.Header.Values("Content-Length"))
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return fmt.Sprintf("Content-Length %q", text)
	case c.row.Request.Method == http.MethodHead && c.a.Status == 200 && c.file != nil && n != len(c.file.Content()):
		return fmt.Sprintf("Content-Length %d for HEAD of %d bytes", n, len(c.file.Content()))
	case c.row.Request.Method != http.MethodHead && n != len(c.a.Body):
		return fmt.Sprintf("Content-Length %d, body %d bytes", n, len(c.a.Body))
	}
	return ""
}

func nothingAfter(c *checker) string {
	switch {
	case len(c.a.Surplus) > 0:
		return fmt.Sprintf("%d bytes after the answer: %.60q", len(c.a.Surplus), c.a.Surplus)
	case len(c.a.Body) > 0 && (c.row.Request.Method == http.MethodHead || c.a.Status == http.StatusNotModified):
		return fmt.Sprintf("a body of %d bytes", len(c.a.Body))
	}
	return ""
}

var (
	strictDisposition = regexp.MustCompile("^(attachment|inline); filename=\"([ !#-\\[\\]-~]+)\"(?:; filename\\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+))?$")
	percentEncoded    = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// oneDisposition: a file that is sent carries one Content-Disposition, in the
// strict grammar of RFC 6266, which every client reads in one way.
func oneDisposition(c *checker) string {
	lines := c.a.Header.Values("Content-Disposition")
	sent := c.a.Status == 200 || c.a.Status == 206
	if len(lines) == 0 && !sent {
		return ""
	}
	if len(lines) != 1 || !sent {
		return fmt.Sprintf("%q under status %d", lines, c.a.Status)
	}
	m := strictDisposition.FindStringSubmatch(lines[0])
	if m == nil || percentEncoded.MatchString(m[2]) {
		return fmt.Sprintf("%q is not strict", lines[0])
	}
	name := m[2]
	if m[3] != "" {
		var err error
		if name, err = url.PathUnescape(m[3]); err != nil || !utf8.ValidString(name) {
			return fmt.Sprintf("%q does not decode: %v", m[3], err)
		}
	}
	if clean := core.CleanName(name); clean != name {
		return fmt.Sprintf("client saves %q, which is not clean", name)
	}
	return ""
}

// validators: an answer about a file carries the file's own, and no error does.
func validators(c *checker) string {
	etag, modified := "", ""
	switch {
	case c.a.Status >= 400:
	case c.file == nil:
		return ""
	default:
		m := c.file.Metadata()
		etag = m.ETag
		if !m.LastModified.IsZero() {
			modified = string(core.AppendHTTPDate(nil, m.LastModified))
		}
	}
	if got := c.a.Header.Get("ETag"); got != etag {
		return fmt.Sprintf("ETag %q, want %q", got, etag)
	}
	if got := c.a.Header.Get("Last-Modified"); got != modified {
		return fmt.Sprintf("Last-Modified %q, want %q", got, modified)
	}
	return ""
}

func bareNotModified(c *checker) string {
	if c.a.Status != http.StatusNotModified {
		return ""
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Content-Encoding", "Content-Language"} {
		if c.a.Header.Get(name) != "" {
			return name + " under 304"
		}
	}
	if c.a.Header.Get("Cache-Control") == "" {
		return "no Cache-Control under 304"
	}
	return ""
}

// quietError: an error is a short sentence that repeats nothing of the request.
func quietError(c *checker) string {
	if c.a.Status < 400 {
		return ""
	}
	if len(c.a.Body) > longestError {
		return fmt.Sprintf("%d bytes", len(c.a.Body))
	}
	target := strings.TrimPrefix(c.row.Request.Path, "/")
	decoded, _ := url.PathUnescape(target)
	for _, said := range []string{target, decoded} {
		if len(said) > 3 && bytes.Contains(c.a.Body, []byte(said)) {
			return fmt.Sprintf("repeats %q", said)
		}
	}
	return ""
}

func errorIsNotStored(c *checker) string {
	if c.a.Status < 400 {
		return ""
	}
	return Match{exact: "no-store"}.check(c.a.Header.Values("Cache-Control"))
}

var version = regexp.MustCompile(`(?i)(?:nginx|go|downlink|apache)[/ ]?[0-9]+\.[0-9]`)

// noVersion: no answer tells the number of a program's version.
func noVersion(c *checker) string {
	if found := version.Find(c.a.Body); found != nil && c.a.Status >= 400 {
		return fmt.Sprintf("body says %q", found)
	}
	if server := c.a.Header.Get("Server"); version.MatchString(server) {
		return "Server: " + server
	}
	return ""
}
