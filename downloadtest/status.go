package downloadtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Fields are header fields by name; [Absent] asks that one is not there.
type Fields map[string]string

// AssertFields asserts header fields of a response, whatever its status. A field
// that is there is there once.
func AssertFields(t testing.TB, resp *http.Response, want Fields) {
	t.Helper()
	c := check{t, resp}
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.equal(name, want[name])
	}
}

// AssertNotModified asserts that a response says that the client has the file
// already: status 304, an ETag or Last-Modified, and nothing that describes or is a
// body (RFC 9110 §15.4.5).
func AssertNotModified(t testing.TB, resp *http.Response) {
	t.Helper()
	c := check{t, resp}
	if !c.status(http.StatusNotModified) {
		return
	}
	h := resp.Header
	if h.Get("ETag") == "" && h.Get("Last-Modified") == "" {
		c.fault("neither ETag nor Last-Modified is there, want one of them")
	}
	for _, name := range [...]string{"Content-Type", "Content-Disposition", "Content-Range", "Content-Encoding"} {
		c.equal(name, Absent)
	}
	c.notHandedOver()
	if body, err := readBody(resp); len(body) > 0 || err != nil {
		c.fault("the body is %s (%v), want none", excerpt(body), err)
	}
}

// Redirect is where and how a response shall send the client elsewhere.
type Redirect struct {
	Status int    // 0 is 302 or 307
	Prefix string // what Location begins with
}

// AssertRedirect asserts that a response sends the client elsewhere for now: status
// 302 or 307, one Location, and a Cache-Control with no-store, for such a link is
// meant for one client and one moment. What want says comes on top.
func AssertRedirect(t testing.TB, resp *http.Response, want Redirect) {
	t.Helper()
	c := check{t, resp}
	switch status := resp.StatusCode; {
	case want.Status != 0 && !c.status(want.Status):
		return
	case want.Status == 0 && status != http.StatusFound && status != http.StatusTemporaryRedirect:
		c.fault("status is %d, want 302 or 307", status)
		return
	}
	lines := resp.Header.Values("Location")
	switch {
	case len(lines) != 1:
		c.fault("Location is there %d times, want once", len(lines))
	case lines[0] == "" || !strings.HasPrefix(lines[0], want.Prefix):
		c.fault("Location is %q, want it to begin with %q", lines[0], want.Prefix)
	}
	c.noStore()
	c.notHandedOver()
}

// AssertRefused asserts that a response gives nothing away: the status, which is 400
// or more, no-store, nosniff, and no field of a file.
func AssertRefused(t testing.TB, resp *http.Response, status int) {
	t.Helper()
	c := check{t, resp}
	if c.status(status) {
		c.refused()
	}
}

func (c check) refused() {
	c.t.Helper()
	c.noStore()
	c.equal("X-Content-Type-Options", "nosniff")
	for _, name := range [...]string{"Content-Disposition", "ETag", "Last-Modified"} {
		c.equal(name, Absent)
	}
	c.notHandedOver()
}

// noStore asserts the directive no-store, alone or among others.
func (c check) noStore() {
	c.t.Helper()
	value := strings.Join(c.resp.Header.Values("Cache-Control"), ",")
	for directive := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.TrimSpace(directive), "no-store") {
			return
		}
	}
	c.fault("Cache-Control is %q, want no-store in it", value)
}
