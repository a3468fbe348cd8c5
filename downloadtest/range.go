package downloadtest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"testing"

	"github.com/downlink-go/downlink/core"
)

// AssertRange asserts that a response sends these spans of content, which is the
// whole file: status 206; for one span Content-Range and its bytes, for several a
// multipart/byteranges of them in their order (RFC 9110 §15.3.7).
func AssertRange(t testing.TB, resp *http.Response, content []byte, spans ...core.Span) {
	t.Helper()
	c := check{t, resp}
	if !c.status(http.StatusPartialContent) {
		return
	}
	c.notHandedOver()
	body := c.body()
	for _, s := range spans {
		if s.Start < 0 || s.Length < 1 || s.Length > int64(len(content))-s.Start {
			c.fault("want bytes from %d, %d in all, of a content of %d bytes: the test asks for what is not there", s.Start, s.Length, len(content))
			return
		}
	}
	if len(spans) == 1 {
		c.equal("Content-Range", contentRange(spans[0], len(content)))
		c.part("", body, content, spans[0])
		return
	}
	c.equal("Content-Range", Absent)
	c.parts(body, content, spans)
}

// AssertUnsatisfiable asserts that no asked range lies within the file of size
// bytes: status 416, Content-Range with the size, and nothing of the file.
func AssertUnsatisfiable(t testing.TB, resp *http.Response, size int64) {
	t.Helper()
	c := check{t, resp}
	if !c.status(http.StatusRequestedRangeNotSatisfiable) {
		return
	}
	c.equal("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
	c.refused()
}

func (c check) parts(body, content []byte, spans []core.Span) {
	c.t.Helper()
	contentType := c.resp.Header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/byteranges" {
		c.fault("Content-Type is %q, want multipart/byteranges of %d parts", contentType, len(spans))
		return
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for i, span := range spans {
		part, err := r.NextRawPart()
		if err != nil {
			c.fault("part %d cannot be read: %v; want %d parts", i+1, err, len(spans))
			return
		}
		if got, want := part.Header.Get("Content-Range"), contentRange(span, len(content)); got != want {
			c.fault("part %d: Content-Range is %q, want %q", i+1, got, want)
			return
		}
		got, err := io.ReadAll(part)
		if err != nil {
			c.fault("part %d breaks off: %v", i+1, err)
			return
		}
		c.part(fmt.Sprintf("part %d: ", i+1), got, content, span)
	}
	if _, err := r.NextRawPart(); err != io.EOF {
		c.fault("after part %d: %v, want the end", len(spans), err)
	}
}

// part compares the bytes of a span.
func (c check) part(which string, got, content []byte, s core.Span) {
	c.t.Helper()
	if want := content[s.Start : s.Start+s.Length]; !bytes.Equal(got, want) {
		c.fault("%scontent is %s, want %s", which, excerpt(got), excerpt(want))
	}
}

func contentRange(s core.Span, size int) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.Start, s.Start+s.Length-1, size)
}
