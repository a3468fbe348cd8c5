package downloadtest

import (
	"net/http"
	"strings"
	"testing"
)

// Disabled, as the wanted value of one of nginx's settings, asks that the field
// switches it off: X-Accel-Buffering by "no", X-Accel-Expires and
// X-Accel-Limit-Rate by "0".
const Disabled = "\x00disabled"

// XAccel is what a response that has nginx send a file shall be
// (assert_x_accel_redirect in django-downloadview). Charset, Buffering, Expires and
// LimitRate are the values of the fields; [Disabled] and [Absent] are understood,
// and "" is not looked at.
type XAccel struct {
	RedirectURL string // of X-Accel-Redirect, percent-encoded as it is sent
	Charset     string // of X-Accel-Charset
	Buffering   string // of X-Accel-Buffering: "yes" or Disabled
	Expires     string // of X-Accel-Expires: seconds
	LimitRate   string // of X-Accel-Limit-Rate: bytes per second

	Basename    string // as in Download
	ContentType string
	MediaType   string
	Disposition string
}

// AssertXAccel asserts that a response hands a file to nginx: status 200, one
// X-Accel-Redirect to an absolute path, an empty body, and a well-formed
// Content-Disposition. What want says comes on top. Fields that nginx makes itself,
// such as ETag, are not sent to it.
func AssertXAccel(t testing.TB, resp *http.Response, want XAccel) {
	t.Helper()
	c := check{t, resp}
	if !c.handsOver("X-Accel-Redirect", want.RedirectURL) {
		return
	}
	c.file(file{want.Basename, "", want.ContentType, want.MediaType, want.Disposition})
	c.setting("X-Accel-Charset", want.Charset, "")
	c.setting("X-Accel-Buffering", want.Buffering, "no")
	c.setting("X-Accel-Expires", want.Expires, "0")
	c.setting("X-Accel-Limit-Rate", want.LimitRate, "0")
}

// XSendfile is what a response that has a front server send a file by its path
// shall be (assert_x_sendfile in django-downloadview).
type XSendfile struct {
	FilePath string // the absolute path, as it is sent
	Field    string // "" is X-Sendfile

	Basename    string // as in Download
	ContentType string
	MediaType   string
	Disposition string
}

// AssertXSendfile asserts that a response hands a file to Apache, lighttpd or another
// server that sends it by its path: status 200, one X-Sendfile with an absolute path,
// an empty body, and a well-formed Content-Disposition. What want says comes on top.
func AssertXSendfile(t testing.TB, resp *http.Response, want XSendfile) {
	t.Helper()
	c := check{t, resp}
	field := want.Field
	if field == "" {
		field = "X-Sendfile"
	}
	if !c.handsOver(field, want.FilePath) {
		return
	}
	c.file(file{want.Basename, "", want.ContentType, want.MediaType, want.Disposition})
}

// handsOver reports whether the response hands a file over by a field, a fault
// otherwise.
func (c check) handsOver(field, want string) bool {
	c.t.Helper()
	if !c.status(http.StatusOK) {
		return false
	}
	lines := c.resp.Header.Values(field)
	switch {
	case len(lines) != 1:
		c.fault("%s is there %d times, want once: the file is not left to the front server", field, len(lines))
		return false
	case want != "":
		c.equal(field, want)
	case !strings.HasPrefix(lines[0], "/"):
		c.fault("%s is %q, want an absolute path", field, lines[0])
	}
	if body, err := readBody(c.resp); len(body) > 0 || err != nil {
		c.fault("the body is %s (%v), want none: the front server sends the file", excerpt(body), err)
	}
	return true
}

// setting asserts one of nginx's settings; off is the value that switches it off.
func (c check) setting(name, want, off string) {
	c.t.Helper()
	switch want {
	case "":
	case Disabled:
		c.equal(name, off)
	default:
		c.equal(name, want)
	}
}
