package downloadtest

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"testing"
)

// The dispositions of RFC 6266.
const (
	Attachment = "attachment" // saved
	Inline     = "inline"     // shown
)

// Download is what a response that sends a whole file shall be
// (assert_download_response in django-downloadview).
type Download struct {
	// Basename is the client-side file name, decoded: of filename* (RFC 8187) if
	// that is there, else of filename.
	Basename string
	// Fallback is the name in filename alone, for clients that do not know
	// filename*.
	Fallback    string
	ContentType string // the whole value, such as "text/plain; charset=utf-8"
	MediaType   string // without parameters, such as "text/plain"
	Content     []byte // nil: not looked at; []byte{}: an empty file
	Disposition string // Attachment or Inline
}

// Assert asserts that a response sends a whole file: status 200, a well-formed
// Content-Disposition, nosniff, a body as long as Content-Length says, and no field
// that hands the file to a front server. What want says comes on top.
func Assert(t testing.TB, resp *http.Response, want Download) {
	t.Helper()
	c := check{t, resp}
	if !c.status(http.StatusOK) {
		return
	}
	c.notHandedOver()
	c.equal("X-Content-Type-Options", "nosniff")
	c.file(file{want.Basename, want.Fallback, want.ContentType, want.MediaType, want.Disposition})
	body := c.body()
	if want.Content != nil && c.method() != http.MethodHead && !bytes.Equal(body, want.Content) {
		c.fault("content is %s, want %s", excerpt(body), excerpt(want.Content))
	}
}

// file is what the fields of a file's answer say, whoever sends it.
type file struct{ basename, fallback, contentType, mediaType, disposition string }

// file looks at the fields that present a file.
func (c check) file(want file) {
	c.t.Helper()
	c.disposition(want)
	contentType := c.resp.Header.Get("Content-Type")
	if want.contentType != "" {
		c.equal("Content-Type", want.contentType)
	}
	if want.mediaType == "" {
		return
	}
	if got, _, err := mime.ParseMediaType(contentType); err != nil || got != want.mediaType {
		c.fault("media type is %q (Content-Type: %s), want %q", got, contentType, want.mediaType)
	}
}

func (c check) disposition(want file) {
	c.t.Helper()
	lines := c.resp.Header.Values("Content-Disposition")
	if len(lines) != 1 {
		c.fault("Content-Disposition is there %d times, want once: %q", len(lines), lines)
		return
	}
	d, err := ParseDisposition(lines[0])
	if err != nil {
		c.fault("Content-Disposition: %s: %v", lines[0], err)
		return
	}
	for _, part := range [...]struct{ what, got, want string }{
		{"basename", d.Name(), want.basename},
		{"fallback name", d.Filename, want.fallback},
		{"disposition", d.Type, want.disposition},
	} {
		if part.want != "" && part.got != part.want {
			c.fault("%s is %q (Content-Disposition: %s), want %q", part.what, part.got, lines[0], part.want)
		}
	}
}

// body reads the body and asserts that it is as long as it was said to be.
func (c check) body() []byte {
	c.t.Helper()
	body, err := readBody(c.resp)
	if err != nil {
		c.fault("the body breaks off after %d bytes: %v", len(body), err)
		return body
	}
	length := c.resp.Header.Get("Content-Length")
	switch {
	case c.method() == http.MethodHead && len(body) > 0:
		c.fault("the answer to HEAD has a body of %d bytes, want none", len(body))
	case c.method() != http.MethodHead && length != "" && length != strconv.Itoa(len(body)):
		c.fault("Content-Length is %s and the body has %d bytes", length, len(body))
	}
	return body
}
