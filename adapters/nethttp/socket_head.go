package nethttp

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// headState is how much of a request's head was read.
type headState uint8

const (
	part  headState = iota // there is more to come
	whole                  // it ends where the bytes end
	odd                    // something that net/http is to see
)

// headEnd looks for the end of a head in b, of which the first seen bytes were looked
// at before.
func headEnd(b []byte, seen int) headState {
	for i := seen; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			break
		}
		i += n
		switch {
		case i == 0 || b[i-1] != '\r':
			return odd
		case i < 3 || b[i-2] != '\n':
		case i < len(b)-1:
			return odd
		default:
			return whole
		}
	}
	return part
}

// parseHead makes a request of a whole head, like another in what it does not say. It
// returns nil for all that is not plain: methods but GET and HEAD, bodies, whatever
// is said about the connection, bytes that have no place in a head. What it returns
// is what net/http would make of the same bytes.
func parseHead(head string, like *http.Request) *http.Request {
	line, rest, _ := strings.Cut(head, "\r\n")
	method, line, _ := strings.Cut(line, " ")
	target, proto, _ := strings.Cut(line, " ")
	if method != http.MethodGet && method != http.MethodHead || proto != "HTTP/1.1" && proto != "HTTP/1.0" {
		return nil
	}
	both := &struct { // in one allocation
		http.Request
		url.URL
	}{Request: *like}
	r := &both.Request
	r.Method, r.RequestURI, r.URL, r.Proto = method, target, &both.URL, proto
	r.ProtoMinor = int(proto[len(proto)-1] - '0')
	r.Close = r.ProtoMinor == 0
	if !parseTarget(r.URL, target) || !parseFields(r, rest) {
		return nil
	}
	return r
}

// parseTarget reads the target of a request, and reports whether it is a path.
func parseTarget(u *url.URL, target string) bool {
	if target == "" || target[0] != '/' {
		return false
	}
	if plain(target, '/') {
		u.Path = target
		return true
	}
	for i := 0; i < len(target); i++ {
		if c := target[i]; c <= ' ' || c > '~' {
			return false
		}
	}
	parsed, err := url.ParseRequestURI(target)
	if err != nil {
		return false
	}
	*u = *parsed
	return true
}

// parseFields reads the lines of a head and the empty one behind them, and reports
// whether they are plain.
func parseFields(r *http.Request, rest string) bool {
	lines := strings.Count(rest, "\n")
	r.Header = make(http.Header, lines)
	values := make([]string, 0, lines)
	for {
		line, more, found := strings.Cut(rest, "\r\n")
		if line == "" {
			return found && more == "" && r.Host != ""
		}
		name, value, colon := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !colon || !core.ValidToken(name) || !plainValue(value) {
			return false
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if !plainField(r, name, value) {
			return false
		}
		switch before := r.Header[name]; {
		case name == "Host":
		case before != nil:
			r.Header[name] = append(before, value)
		default:
			values = append(values, value)
			r.Header[name] = values[len(values)-1 : len(values) : len(values)]
		}
		rest = more
	}
}

// plainField takes note of a field that is about the request as a whole, and reports
// whether it is one that leaves the request plain.
func plainField(r *http.Request, name, value string) bool {
	switch name {
	case "Host":
		if r.Host != "" || value == "" {
			return false
		}
		r.Host = value
		return plainHost(value)
	case "Connection":
		r.Close = strings.EqualFold(value, "close")
		return r.Header[name] == nil && (r.Close || strings.EqualFold(value, "keep-alive") && r.ProtoMinor == 1)
	case "Content-Length", "Transfer-Encoding", "Trailer", "Expect", "Upgrade":
		return false
	}
	return true
}

// plainHost accepts names, addresses and ports.
func plainHost(host string) bool {
	for i := 0; i < len(host); i++ {
		if c := host[i]; c != '[' && c != ']' && !plain(host[i:i+1], ':') {
			return false
		}
	}
	return true
}

// plainValue reports whether a field can have the value (RFC 9110 §5.5).
func plainValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
