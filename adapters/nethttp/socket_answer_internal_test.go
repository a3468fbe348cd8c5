package nethttp

import (
	"net/http"
	"testing"
)

// A line break in a value begins no field, as with net/http.
func TestSocketFieldsAreOneLine(t *testing.T) {
	w := headWriter{header: http.Header{"X": {"a\r\nSet-Cookie: b", "c\nd", "e\rf"}, "Date": nil}, status: http.StatusNotModified}
	got := string(w.append(nil, &http.Request{Method: "GET", Proto: "HTTP/1.1", ProtoMinor: 1}))
	if want := "HTTP/1.1 304 Not Modified\r\nX: a  Set-Cookie: b\r\nX: c d\r\nX: e f\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
