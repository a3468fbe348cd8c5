package lambda

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// fill takes from the event what a decision depends on.
func (e *event) fill(now time.Time) core.Request {
	return core.Request{
		Method:            e.method(),
		Path:              e.escapedPath(),
		Query:             e.query(),
		Client:            e.client(),
		IfMatch:           e.value("If-Match"),
		IfNoneMatch:       e.value("If-None-Match"),
		IfModifiedSince:   e.value("If-Modified-Since"),
		IfUnmodifiedSince: e.value("If-Unmodified-Since"),
		Range:             e.value("Range"),
		IfRange:           e.value("If-Range"),
		AcceptEncoding:    e.value("Accept-Encoding"),
		Now:               now,
		Nonce:             rand.Uint64(),
	}
}

// escapedPath is the path percent-encoded. REST APIs, function URLs and load
// balancers pass it on as it was sent. HTTP APIs decode it: it is encoded again, so
// that a "%" in a name stays one, but a slash that was encoded is a slash now.
func (e *event) escapedPath() string {
	path := e.RawPath
	if path == "" {
		path = e.Path
	}
	if e.kind != HTTP {
		return path
	}
	return string(core.AppendEscapedPath(nil, e.withoutStage(path)))
}

// withoutStage takes the stage's name away, which at the API's own host name is the
// first segment. At a domain of the operator's own it is not there.
func (e *event) withoutStage(path string) string {
	stage := e.Context.Stage
	if stage == "" || stage == "$default" || !strings.Contains(e.Context.DomainName, ".execute-api.") {
		return path
	}
	if rest, ok := strings.CutPrefix(path, "/"+stage); ok && (rest == "" || rest[0] == '/') {
		return "/" + strings.TrimPrefix(rest, "/")
	}
	return path
}

// query is the query as it was sent, or one that says the same: payload format 1.0
// has its parts only, decoded, and a load balancer has them as they were.
func (e *event) query() string {
	if e.RawQuery != "" {
		return e.RawQuery
	}
	values := url.Values(e.MultiQuery)
	if len(values) == 0 {
		if len(e.Query) == 0 {
			return ""
		}
		values = make(url.Values, len(e.Query))
		for name, value := range e.Query {
			values[name] = []string{value}
		}
	}
	if e.kind != ALB {
		return values.Encode()
	}
	var parts []string
	for name, all := range values {
		for _, value := range all {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// client is the address of who asks. A load balancer appends it to the list that the
// client may have sent.
func (e *event) client() string {
	if e.kind == ALB {
		list := e.Get("X-Forwarded-For")
		return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
	}
	if e.Context.HTTP.SourceIP != "" {
		return e.Context.HTTP.SourceIP
	}
	return e.Context.Identity.SourceIP
}

// Get is the value of a field, its lines joined (RFC 9110 §5.3, RFC 9113 §8.2.3). Payload
// format 2.0 has lower-case names and joined lines, 1.0 the names as they were sent.
func (e *event) Get(name string) string {
	lines := e.lines(name)
	switch {
	case len(lines) == 1:
		return lines[0]
	case strings.EqualFold(name, "Cookie"):
		return strings.Join(lines, "; ")
	}
	return strings.Join(lines, ", ")
}

// value is a field as core.Request has it: a space for one without a value.
func (e *event) value(name string) string {
	lines := e.lines(name)
	if len(lines) == 1 && lines[0] == "" {
		return " "
	}
	return strings.Join(lines, ", ")
}

// lines are the lines of a field, by every spelling of its name.
func (e *event) lines(name string) []string {
	var found []string // names
	var lines []string
	if e.multi {
		for n, values := range e.MultiHeaders {
			if strings.EqualFold(n, name) {
				found, lines = append(found, n), values
			}
		}
	} else {
		for n, value := range e.Headers {
			if strings.EqualFold(n, name) {
				found, lines = append(found, n), []string{value}
			}
		}
	}
	if len(found) > 1 { // the same answer each time
		slices.Sort(found)
		lines = nil
		for _, n := range found {
			lines = append(append(lines, e.MultiHeaders[n]...), e.single(n)...)
		}
	}
	if len(e.Cookies) > 0 && strings.EqualFold(name, "Cookie") {
		lines = e.Cookies
	}
	return lines
}

func (e *event) single(name string) []string {
	if value, ok := e.Headers[name]; ok && !e.multi {
		return []string{value}
	}
	return nil
}

// header is all fields, for handlers of net/http.
func (e *event) header() http.Header {
	h := make(http.Header, len(e.Headers)+1)
	if e.multi {
		for name, lines := range e.MultiHeaders {
			for _, line := range lines {
				h.Add(name, line)
			}
		}
		return h
	}
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return h
}
