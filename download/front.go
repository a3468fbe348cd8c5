package download

import (
	"strings"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

// The front servers of rules. What each of them does is in docs/front-servers.md.
const (
	Nginx    = "nginx"    // X-Accel-Redirect, percent-encoded
	Apache   = "apache"   // X-Sendfile of mod_xsendfile, as it is
	Lighttpd = "lighttpd" // X-Sendfile, percent-encoded
	Caddy    = "caddy"    // X-Accel-Redirect as it is, by handle_response
	Header   = "header"   // any other: the field of the rule
)

// server is the rule's front server.
func (r *Rule) server() string {
	if r.Front == "" {
		return Nginx
	}
	return r.Front
}

// twoPlaces reports whether the front server makes validators of its own, but not
// at OwnDestination. The others pass on those of the answer always.
func (r *Rule) twoPlaces() bool {
	return r.server() == Caddy || r.server() == Nginx && r.Remote == ""
}

// codedApart reports whether a file goes by OwnDestination for its content coding:
// Caddy's file server gives no length to what it sees to have one.
func (r *Rule) codedApart(rep *core.Representation) bool {
	return r.server() == Caddy && rep.ContentEncoding != ""
}

// capabilities are what the front server can do with a file. own says that the
// answer's validators are not those that it would give the file.
func (r *Rule) capabilities(own bool) core.Capabilities {
	c := core.Capabilities{Deliveries: either}
	switch r.server() {
	case Apache, Lighttpd: // they look at ETag and Last-Modified of the answer
		c.FrontKnowsETag = true
	case Caddy:
		c.FrontObeys = true
	case Nginx:
		c.FrontKnowsETag = !own
		c.FrontObeys = r.Remote != ""
	}
	return c
}

// canSay reports whether the front server can be told a path. The one that it is
// told as it is must mean the same to a server that decodes it, which newer
// versions of mod_xsendfile and Caddy do, and must come through a field.
func (r *Rule) canSay(path string) bool {
	switch r.server() {
	case Apache:
		return sayable(path, "%")
	case Caddy:
		return sayable(path, "%?#{")
	case Lighttpd: // 502 for anything but UTF-8
		return utf8.ValidString(path)
	case Header: // a backslash may be a slash to it
		return !strings.Contains(path, `\`) && (!r.Raw || sayable(path, ""))
	}
	return r.Remote == "" || !strings.Contains(path, `\`)
}

// sayable reports whether a field can have the value path, and path has none of
// the characters in not.
func sayable(path, not string) bool {
	for i := 0; i < len(path); i++ {
		if path[i] < ' ' || path[i] == 0x7f || strings.IndexByte(not, path[i]) >= 0 {
			return false
		}
	}
	return path != "" && path == strings.Trim(path, " ")
}

// canSend reports whether the front server sends the file with the fields that a
// representation has and with no other. Caddy would give validators of its own, or
// empty ones, to a view's file that has none, unless it is coded; mod_xsendfile takes
// Content-Encoding away; lighttpd cuts no range out of what has one, and gives the
// file's own date to what has none.
func (r *Rule) canSend(req *Request, rep *core.Representation, own bool) bool {
	switch r.server() {
	case Caddy:
		return !own || rep.ETag != "" && (rep.ContentEncoding != "" || !rep.LastModified.IsZero())
	case Apache:
		return rep.ContentEncoding == ""
	case Lighttpd:
		return (rep.ContentEncoding == "" || req.Range == "") && !rep.LastModified.IsZero()
	}
	return true
}

// hideRanges keeps a front server from cutting a range out of a file that was to
// be sent whole: lighttpd reads Range again for every 200 that it passes on
// unless it says that there are no ranges.
func (r *Request) hideRanges(d *core.Decision) {
	if r.Range == "" || d.Status != 200 || d.Delivery != core.Stream || r.Front != Lighttpd {
		return
	}
	for i := range d.Fields {
		if d.Fields[i].Name == "Accept-Ranges" {
			d.Fields[i].Value = "none"
		}
	}
}
