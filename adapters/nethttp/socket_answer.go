package nethttp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// headWriter is an http.ResponseWriter that keeps an answer without a file's bytes, to
// be written at once.
type headWriter struct {
	header http.Header
	status int
	body   []byte // a sentence
}

func (w *headWriter) reset() {
	clear(w.header)
	w.status, w.body = 0, w.body[:0]
}

// Header is the answer's fields. One that is there without a value is left out.
func (w *headWriter) Header() http.Header { return w.header }

// WriteHeader sets the status, once.
func (w *headWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write adds to the body.
func (w *headWriter) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return len(b), nil
}

// SetWriteDeadline sets none: a head fits into the socket's buffer.
func (w *headWriter) SetWriteDeadline(time.Time) error { return nil }

// append appends the answer to r as net/http would write it.
func (w *headWriter) append(dst []byte, r *http.Request) []byte {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	dst = append(dst, r.Proto...)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(w.status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(w.status)...)
	dst = append(dst, "\r\n"...)
	for name, values := range w.header {
		for _, value := range values {
			dst = appendField(dst, name, value)
		}
	}
	if _, said := w.header["Date"]; !said {
		dst = append(dst, "Date: "...)
		dst = append(core.AppendHTTPDate(dst, time.Now()), "\r\n"...)
	}
	if w.header["Content-Length"] == nil && w.status != http.StatusNotModified && r.Method != http.MethodHead {
		dst = append(dst, "Content-Length: "...)
		dst = append(strconv.AppendInt(dst, int64(len(w.body)), 10), "\r\n"...)
	}
	if r.Close && r.ProtoMinor > 0 {
		dst = append(dst, "Connection: close\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	if r.Method != http.MethodHead {
		dst = append(dst, w.body...)
	}
	return dst
}

var spaces = strings.NewReplacer("\r", " ", "\n", " ")

// appendField appends a line. A line break in the value would begin another one: it
// is a space.
func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		value = spaces.Replace(value)
	}
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
