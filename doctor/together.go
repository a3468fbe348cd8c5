package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// together asks for a file through the front server, as a browser does, and compares
// with what Downlink would send itself.
func (x *exam) together(c *client, s *sample) {
	browser := get(s.target, "Accept-Encoding", "gzip, deflate, br, zstd")
	want, got := x.here(x.Direct, browser), c.ask(browser)
	if s.arrived = x.arrives(c, s, got, want); !s.arrived || !x.fields(s, "download", got, want) {
		return
	}
	x.ok(Together, "download", "%s arrives whole, under its name, with its type and the fields that make it safe", s.name)
	x.same(c, s, "head", "HEAD is answered as GET", question{"HEAD", s.target, nil})
	if want.size > 2 {
		x.ranges(c, s)
	}
	x.conditions(c, s)
}

// arrives reports whether the bytes of the file arrive; if not, it finds out why.
func (x *exam) arrives(c *client, s *sample, got, want answer) bool {
	fault := func(about string, change *Change, format string, args ...any) bool {
		x.fault(Together, "download", about, change, format, args...)
		return false
	}
	encoding := got.header.Get("Content-Encoding")
	location := got.header.Get("Location")
	switch {
	case got.err != nil:
		return fault(s.name, nil, "%s breaks %s off after %d bytes: %v.", s.front(), s.name, got.size, got.err)
	case got.status == 502 || got.status == 504:
		return fault("upstream", x.upstreamChange(), "%s does not reach Downlink: it answers %s with %d.", s.front(), s.name, got.status)
	case got.status/100 == 3 && location != "":
		return fault("redirect", nil, "%s sends the client from %s to %s: examine that address, or take the redirect out.", s.front(), s.name, location)
	case got.status != 200:
		return x.missing(c, s, got)
	case x.order(got) != "":
		return fault("obeys", x.obeyChange(x.order(got)), "%s does not obey Downlink: it passes %s on to the client instead of sending the file of %s.", s.front(), x.order(got), s.name)
	case got.size == 0 && want.size > 0 && s.handed != "":
		return fault("obeys", x.obeyChange(s.field), "%s does not obey Downlink: it passes the empty body of its %s on instead of sending the file of %s.", s.front(), s.field, s.name)
	case encoding != want.header.Get("Content-Encoding"):
		return fault("gzip", x.gzipChange(s), "%s compresses downloads: %s comes as Content-Encoding %q, which changes its bytes, its ETag and its ranges.", s.front(), s.name, encoding)
	case got.header.Get("Content-Disposition") == "" && x.bypasses(c, s):
		x.fault(Front, "public", "", x.publicChange(s.name), "%s gives %s to anybody by itself, without asking Downlink.", s.front(), s.name)
		return false
	case !got.is(want):
		return fault("bytes", x.directoryChange(s), "%s sends other bytes for %s than Downlink would: %d of them, not %d.", s.front(), s.name, got.size, want.size)
	}
	return true
}

// order is the field of an answer that was for the front server, "" if there is none.
func (x *exam) order(got answer) string {
	for _, name := range x.handOver() {
		if got.header.Get(name) != "" {
			return name
		}
	}
	return ""
}

// bypasses reports whether the front server answers for a view's files by itself: for
// one that is not there it has another answer than Downlink.
func (x *exam) bypasses(c *client, s *sample) bool {
	none := get(s.name + ".downlink-doctor")
	want, got := x.here(x.Direct, none), c.ask(none)
	return want.status >= 400 && got.status == 404 && !got.is(want)
}

// missing finds out why the front server does not send a file that Downlink has it
// send. HEAD is Downlink's own answer: it tells the way to Downlink from the way to
// the file.
func (x *exam) missing(c *client, s *sample, got answer) bool {
	fault := func(about string, change *Change, format string, args ...any) bool {
		x.fault(Together, "download", about, change, format, args...)
		return false
	}
	head := c.ask(question{"HEAD", s.target, nil})
	asked := head.status == 200 && head.header.Get("Content-Disposition") == s.want.header.Get("Content-Disposition")
	if s.handed == "" || !asked {
		return fault("asks", x.proxyChange(), "%s answers %s with %d itself and does not ask Downlink: another of its sites may answer for this name.", s.front(), s.name, got.status)
	}
	if why, change := x.unreadable(s.file); why != "" {
		return fault("unreadable", change, "%s may not read %s: %s.", s.front(), s.file, why)
	}
	if s.rule.Remote != "" {
		return fault("directory "+s.rule.Destination, x.directoryChange(s), "%s answers %s with %d: %s does not give it the file.", s.front(), s.name, got.status, s.rule.Remote)
	}
	return fault("directory "+s.rule.Destination, x.directoryChange(s),
		"%s answers %s with %d: it does not find at %s what Downlink has it send, for it looks elsewhere than in %s.", s.front(), s.name, got.status, s.handed, x.dir(s.rule))
}

// clientFields are what a client must get as Downlink sends it.
var clientFields = []string{
	"Content-Disposition", "Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Content-Language",
	"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy",
	"ETag", "Last-Modified", "Cache-Control", "Vary", "Repr-Digest", "Link",
}

// fields reports whether the fields arrive as they should.
func (x *exam) fields(s *sample, check string, got, want answer) bool {
	well := true
	for _, name := range clientFields {
		if x.fieldless(s, name) {
			continue
		}
		g, once := got.one(name)
		w, _ := want.one(name)
		problem := ""
		switch {
		case sameValue(name, g, w) && (once || g == ""):
			continue
		case g == "":
			problem = fmt.Sprintf("loses %s, which Downlink sends with %s", name, s.name)
		case w == "" && s.harmless(name, got):
			continue
		case w == "":
			problem = fmt.Sprintf("adds %s: %s to %s", name, g, s.name)
		case !once:
			problem = fmt.Sprintf("sends %s of %s more than once: %s", name, s.name, g)
		default:
			problem = fmt.Sprintf("changes %s of %s to %q from %q", name, s.name, g, w)
		}
		well = false
		x.fault(Together, check, name+s.destination(), x.fieldChange(s, name, g, once), "%s %s.", s.front(), problem)
	}
	return well
}

// sameValue reports whether two values of a field say the same. In a list, space after
// a comma says nothing (RFC 9110 section 5.6.1): Apache leaves it out of Vary.
func sameValue(name, g, w string) bool {
	switch name {
	case "Vary", "Cache-Control", "Link":
		return slices.Equal(members(g), members(w))
	}
	return g == w
}

// members are what stands between the commas of a list.
func members(list string) []string {
	all := strings.Split(list, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// harmless reports a field that a front server may add. Apache and lighttpd have a
// Last-Modified for every file; conditions come to Downlink first.
func (s *sample) harmless(name string, got answer) bool {
	return got.status == 304 || name == "Last-Modified" && s.rule != nil && !isNginx(s.rule)
}

// fieldless reports a field that the front server may have of its own.
func (x *exam) fieldless(s *sample, name string) bool {
	return name == "Content-Type" && s.rule != nil && s.rule.Charset != ""
}

func (s *sample) destination() string {
	if s.rule == nil {
		return ""
	}
	return " " + s.rule.Destination
}

// same asks one question and reports whether the answer is as it should be.
func (x *exam) same(c *client, s *sample, check, well string, q question) bool {
	want, got := x.here(x.Direct, q), c.ask(q)
	about := q.String()
	switch {
	case got.err != nil:
		x.fault(Together, check, s.destination(), nil, "%s breaks off the answer to %s of %s: %v.", s.front(), about, s.name, got.err)
	case got.status != want.status:
		x.fault(Together, check, s.destination(), x.statusChange(q), "%s answers %s of %s with %d, where Downlink says %d.", s.front(), about, s.name, got.status, want.status)
	case !got.is(want):
		x.fault(Together, check, s.destination(), nil, "%s sends other bytes for %s of %s: %d of them, not %d.", s.front(), about, s.name, got.size, want.size)
	case !x.fields(s, check, got, want):
	default:
		if well != "" {
			x.ok(Together, check, "%s: %s", s.name, well)
		}
		return true
	}
	return false
}

func (x *exam) ranges(c *client, s *sample) {
	etag := s.want.header.Get("ETag")
	part := fmt.Sprintf("bytes=1-%d", min(s.want.size-1, 1024))
	if !x.same(c, s, "range", "", get(s.target, "Range", part)) {
		return
	}
	x.ok(Together, "range", "%s: a part is sent alone, so downloads can be resumed", s.name)
	if etag == "" || strings.HasPrefix(etag, "W/") {
		return
	}
	if x.same(c, s, "if-range", "", get(s.target, "Range", part, "If-Range", etag)) && x.same(c, s, "if-range", "", get(s.target, "Range", part, "If-Range", `"another"`)) {
		x.ok(Together, "if-range", "%s: with If-Range, a part is sent of the same version only", s.name)
	}
}

func (x *exam) conditions(c *client, s *sample) {
	if etag := s.want.header.Get("ETag"); etag != "" {
		x.same(c, s, "etag", "who has it is answered 304", get(s.target, "If-None-Match", etag))
	} else if date := s.want.header.Get("Last-Modified"); date != "" {
		x.same(c, s, "last-modified", "who has it is answered 304", get(s.target, "If-Modified-Since", date))
	}
}

// statusChange is the line that takes a request field away which Downlink needs.
func (x *exam) statusChange(q question) *Change {
	if c := x.again("answers " + q.String() + " as Downlink does"); c != nil {
		return c
	}
	for i := 0; i < len(q.fields); i += 2 {
		if d := x.find("proxy_set_header", blanking(q.fields[i])); d != nil {
			return at(d, "take out "+d.String())
		}
	}
	if slices.Contains(q.fields, "Range") && !slices.Contains(q.fields, "If-Range") {
		if d := x.find("max_ranges", nil); d != nil {
			return instead(d, "write max_ranges 16;")
		}
		return &Change{Block: "server", Text: "write max_ranges 16;"}
	}
	return &Change{Text: "let the front server pass the request's fields on as they are"}
}
