package downloadtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Absent, as the wanted value of a header field, asks that the field is not there.
const Absent = "\x00absent"

// check is one response that is looked at for a test.
type check struct {
	t    testing.TB
	resp *http.Response
}

// fault reports what is wrong with the response, after the request that it answers.
func (c check) fault(format string, args ...any) {
	c.t.Helper()
	about := ""
	if r := c.resp.Request; r != nil && r.URL != nil {
		about = c.method() + " " + r.URL.RequestURI() + ": "
	}
	c.t.Errorf("%s%s", about, fmt.Sprintf(format, args...))
}

// method is the method of the request, GET if the response does not know it.
func (c check) method() string {
	if r := c.resp.Request; r != nil && r.Method != "" {
		return r.Method
	}
	return http.MethodGet
}

// status reports whether the status is the wanted one, a fault otherwise.
func (c check) status(want int) bool {
	c.t.Helper()
	if c.resp.StatusCode == want {
		return true
	}
	body, _ := readBody(c.resp)
	c.fault("status is %d, want %d; the body is %s", c.resp.StatusCode, want, excerpt(body))
	return false
}

// equal asserts a field's value, of which there is one line; Absent asserts that
// there is none.
func (c check) equal(name, want string) {
	c.t.Helper()
	lines := c.resp.Header.Values(name)
	switch {
	case want == Absent && len(lines) > 0:
		c.fault("%s is %q, want no such field", name, strings.Join(lines, ", "))
	case want == Absent:
	case len(lines) == 0:
		c.fault("%s is not there, want %q", name, want)
	case len(lines) > 1:
		c.fault("%s is there %d times: %q, want it once", name, len(lines), lines)
	case lines[0] != want:
		c.fault("%s is %q, want %q", name, lines[0], want)
	}
}

// handOver are the fields by which a front server is told to send a file. No client
// should see one.
var handOver = [...]string{"X-Accel-Redirect", "X-Sendfile", "X-Sendfile2", "X-Lighttpd-Send-File", "X-Reproxy-Url", "X-Litespeed-Location"}

func (c check) notHandedOver() {
	c.t.Helper()
	for _, name := range handOver {
		c.equal(name, Absent)
	}
}

// readBody reads the whole body and puts it back, with the error that ended it.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return body, err
}

// failing is the end of a body that was put back: the error of the first reading,
// or its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// excerpt quotes the beginning of what may be long or no text at all.
func excerpt(b []byte) string {
	const most = 200
	if len(b) > most {
		return fmt.Sprintf("%q… (%d bytes)", b[:most], len(b))
	}
	return fmt.Sprintf("%q", b)
}
