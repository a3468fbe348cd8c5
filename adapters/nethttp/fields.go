package nethttp

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// joined is a field's lines as one value (RFC 9110 §5.3): as core.Request has it, a space
// for a field without a value.
func joined(lines []string) string {
	switch {
	case len(lines) == 0:
		return ""
	case len(lines) > 1:
		return strings.Join(lines, ", ")
	case lines[0] == "":
		return " "
	}
	return lines[0]
}

// clientAddress is the address of the client: of the connection, or as the front
// server says. "" is for a connection of a front server that says nothing: its own
// address would make one client of all.
func (x *exchange) clientAddress() string {
	if x.opts.ClientField == "" {
		if x.req.Front != "" && x.req.Front != download.Off {
			return ""
		}
		return x.r.RemoteAddr
	}
	list := joined(x.r.Header[x.opts.ClientField])
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

// requestIDName is the response field that tells the client the request's id,
// to quote when something went wrong.
const requestIDName = "X-Request-Id"

// writeFields writes the decision's fields and the request id.
func (x *exchange) writeFields(fields []core.Field) {
	w := newFieldWriter(x.w.Header(), len(fields)+1)
	for _, f := range fields {
		w.set(http.CanonicalHeaderKey(f.Name), f.Value)
	}
	w.set(requestIDName, x.id)
}

// fieldWriter sets fields of a header; their values share one allocation.
type fieldWriter struct {
	header http.Header
	values []string
}

func newFieldWriter(h http.Header, most int) fieldWriter {
	return fieldWriter{h, make([]string, 0, most)}
}

// set sets the field of that canonical name.
func (w *fieldWriter) set(name, value string) {
	n := len(w.values)
	w.values = append(w.values, value)
	w.header[name] = w.values[n : n+1 : n+1]
}

// escapedPath is u.EscapedPath(), sooner for a path in which nothing is escaped. A
// backslash that the client did not escape stays as it is: it is no part of a URL.
func escapedPath(u *url.URL) string {
	switch {
	case u.Path == "" && u.Opaque == "": // "http://example.org" (RFC 9110 §4.2.3)
		return "/"
	case u.RawPath == "" && plain(u.Path, '/'):
		return u.Path
	case strings.IndexByte(u.RawPath, '\\') >= 0:
		return u.RawPath
	}
	return u.EscapedPath()
}

// plain reports whether s is of letters, digits, "-", "_", "." and also alone.
func plain(s string, also byte) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == also:
		default:
			return false
		}
	}
	return true
}

// requestID is the id that the front server gave the request, if it is one, or a
// new random one of 32 hexadecimal digits.
func requestID(r *http.Request, field string) string {
	if field != "" {
		if id := r.Header.Get(field); plainID(id) {
			return id
		}
	}
	var id [32]byte
	for i := 0; i < len(id); i += 16 {
		n := rand.Uint64()
		for j := range 16 {
			id[i+j] = "0123456789abcdef"[n>>(4*j)&15]
		}
	}
	return string(id[:])
}

// plainID accepts 8 to 64 letters, digits, "-", "_" and ".": nothing that could
// forge a line of a log.
func plainID(s string) bool { return len(s) >= 8 && len(s) <= 64 && plain(s, '.') }
