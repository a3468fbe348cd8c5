package nethttp

import (
	"math/rand/v2"
	"net/http"
	"strings"
)

// joined is a field's lines as one value (RFC 9110 §5.3).
func joined(lines []string) string {
	switch len(lines) {
	case 0:
		return ""
	case 1:
		return lines[0]
	}
	return strings.Join(lines, ", ")
}

// requestIDName is the response field that tells the client the request's id,
// to quote when something went wrong.
const requestIDName = "X-Request-Id"

// writeFields writes the decision's fields and the request id. All values share
// one allocation.
func (x *exchange) writeFields() {
	fields := x.answer.Fields
	values := make([]string, len(fields)+1)
	header := x.w.Header()
	for i, f := range fields {
		values[i] = f.Value
		header[http.CanonicalHeaderKey(f.Name)] = values[i : i+1 : i+1]
	}
	last := len(fields)
	values[last] = x.id
	header[requestIDName] = values[last : last+1 : last+1]
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
func plainID(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return len(s) >= 8 && len(s) <= 64
}
