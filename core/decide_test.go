package core_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
)

// file is what most rows decide about: 100 bytes with both validators.
func file() core.Representation {
	return core.Representation{Name: "a.txt", Size: 100, ETag: `"v1"`, LastModified: modified}
}

func with(change func(*core.Representation)) core.Representation {
	rep := file()
	change(&rep)
	return rep
}

func get(change func(*core.Request)) core.Request {
	r := core.Request{Method: "GET", Now: now, Nonce: 1}
	change(&r)
	return r
}

func plain(*core.Request) {}

type fields map[string]string

// decideRow is one decision. A field that maps to "" must be absent.
type decideRow struct {
	name   string
	r      core.Request
	rep    core.Representation
	c      core.Capabilities
	status int
	fields fields
	spans  []core.Span
}

func runDecide(t *testing.T, rows []decideRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if row.c.Deliveries == nil {
				row.c = stream
			}
			if err := checkDecide(row.r, row.rep, row.c); err != nil {
				t.Error(err)
			}
			d := core.Decide(row.r, row.rep, row.c)
			if d.Status != row.status {
				t.Errorf("status %d (%s), want %d", d.Status, d.Reason, row.status)
			}
			if !slices.Equal(d.Spans, row.spans) {
				t.Errorf("spans %v, want %v", d.Spans, row.spans)
			}
			for name, want := range row.fields {
				if got := d.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestDecideMethods(t *testing.T) {
	method := func(m string) core.Request { return get(func(r *core.Request) { r.Method = m }) }
	refused := fields{"Allow": "GET, HEAD", "Cache-Control": "no-store", "ETag": ""}
	runDecide(t, []decideRow{
		{name: "GET", r: method("GET"), rep: file(), status: 200, fields: fields{
			"Accept-Ranges": "bytes", "Cache-Control": "private, no-cache", "Content-Length": "100", "ETag": `"v1"`,
			"Content-Disposition": `attachment; filename="a.txt"`, "Content-Type": "text/plain; charset=utf-8",
			"Last-Modified": fixDate, "X-Content-Type-Options": "nosniff", "Allow": "",
		}},
		{name: "HEAD", r: method("HEAD"), rep: file(), status: 200, fields: fields{"Content-Length": "100", "Content-Type": "text/plain; charset=utf-8"}},
		{name: "HEAD ignores Range", r: get(func(r *core.Request) { r.Method, r.Range = "HEAD", "bytes=0-1" }), rep: file(), status: 200,
			fields: fields{"Content-Length": "100", "Content-Range": "", "Accept-Ranges": "bytes"}},
		{name: "HEAD ignores an unsatisfiable Range", r: get(func(r *core.Request) { r.Method, r.Range = "HEAD", "bytes=900-" }), rep: file(), status: 200},
		{name: "POST", r: method("POST"), rep: file(), status: 405, fields: refused},
		{name: "PUT", r: method("PUT"), rep: file(), status: 405, fields: refused},
		{name: "DELETE", r: method("DELETE"), rep: file(), status: 405, fields: refused},
		{name: "OPTIONS", r: method("OPTIONS"), rep: file(), status: 405, fields: refused},
		{name: "TRACE", r: method("TRACE"), rep: file(), status: 405, fields: refused},
		{name: "CONNECT", r: method("CONNECT"), rep: file(), status: 405, fields: refused},
		{name: "lower case", r: method("get"), rep: file(), status: 405, fields: refused},
		{name: "no method", r: method(""), rep: file(), status: 405, fields: refused},
		{name: "POST with Range", r: get(func(r *core.Request) { r.Method, r.Range = "POST", "bytes=0-1" }), rep: file(), status: 405},
		{name: "POST with a failing condition", r: get(func(r *core.Request) { r.Method, r.IfMatch = "POST", `"x"` }), rep: file(), status: 405},
	})
}

func TestDecideConditions(t *testing.T) {
	const earlier, later = "Tue, 02 Jan 2024 03:04:04 GMT", "Tue, 02 Jan 2024 03:04:06 GMT"
	im := func(v string) core.Request { return get(func(r *core.Request) { r.IfMatch = v }) }
	inm := func(v string) core.Request { return get(func(r *core.Request) { r.IfNoneMatch = v }) }
	ims := func(v string) core.Request { return get(func(r *core.Request) { r.IfModifiedSince = v }) }
	ius := func(v string) core.Request { return get(func(r *core.Request) { r.IfUnmodifiedSince = v }) }
	both := func(change func(*core.Request)) core.Request { return get(change) }
	weak := with(func(rep *core.Representation) { rep.ETag = `W/"v1"` })
	bare := with(func(rep *core.Representation) { rep.ETag, rep.LastModified = "", time.Time{} })
	fresh := fields{
		"Cache-Control": "private, no-cache", "ETag": `"v1"`, "Last-Modified": fixDate, "X-Content-Type-Options": "nosniff",
		"Content-Type": "", "Content-Length": "", "Content-Disposition": "", "Accept-Ranges": "",
	}
	failed := fields{"Cache-Control": "no-store", "ETag": "", "Last-Modified": "", "Content-Type": "text/plain; charset=utf-8"}
	runDecide(t, []decideRow{
		{name: "If-None-Match same", r: inm(`"v1"`), rep: file(), status: 304, fields: fresh},
		{name: "If-None-Match other", r: inm(`"v2"`), rep: file(), status: 200},
		{name: "If-None-Match in a list", r: inm(`"v0", "v1" , "v2"`), rep: file(), status: 304},
		{name: "If-None-Match from two lines", r: inm(`"v0", "x,y", "v1"`), rep: file(), status: 304},
		{name: "If-None-Match list with empty members", r: inm(`, ,"v1",`), rep: file(), status: 304},
		{name: "If-None-Match weak against strong", r: inm(`W/"v1"`), rep: file(), status: 304},
		{name: "If-None-Match strong against weak", r: inm(`"v1"`), rep: weak, status: 304, fields: fields{"ETag": `W/"v1"`}},
		{name: "If-None-Match any", r: inm(`*`), rep: file(), status: 304},
		{name: "If-None-Match any without a tag", r: inm(`*`), rep: bare, status: 304},
		{name: "If-None-Match without a tag", r: inm(`"v1"`), rep: bare, status: 200},
		{name: "If-None-Match unquoted", r: inm(`v1`), rep: file(), status: 200},
		{name: "If-None-Match open quote", r: inm(`"v1`), rep: file(), status: 200},
		{name: "If-None-Match w/ in lower case", r: inm(`w/"v1"`), rep: file(), status: 200},
		{name: "If-None-Match after a malformed member", r: inm(`x, "v1"`), rep: file(), status: 200},
		{name: "If-None-Match star in a list", r: inm(`"v0", *`), rep: file(), status: 200},
		{name: "If-None-Match for HEAD", r: both(func(r *core.Request) { r.Method, r.IfNoneMatch = "HEAD", `"v1"` }), rep: file(), status: 304},
		{name: "If-None-Match before Range", r: both(func(r *core.Request) { r.IfNoneMatch, r.Range = `"v1"`, "bytes=900-" }), rep: file(), status: 304},

		{name: "If-Match same", r: im(`"v1"`), rep: file(), status: 200},
		{name: "If-Match other", r: im(`"v2"`), rep: file(), status: 412, fields: failed},
		{name: "If-Match in a list", r: im(`"v2","v1"`), rep: file(), status: 200},
		{name: "If-Match weak member", r: im(`W/"v1"`), rep: file(), status: 412},
		{name: "If-Match against weak", r: im(`"v1"`), rep: weak, status: 412},
		{name: "If-Match both weak", r: im(`W/"v1"`), rep: weak, status: 412},
		{name: "If-Match any", r: im(`*`), rep: file(), status: 200},
		{name: "If-Match any without a tag", r: im(`*`), rep: bare, status: 200},
		{name: "If-Match without a tag", r: im(`"v1"`), rep: bare, status: 412},
		{name: "If-Match malformed", r: im(`v1`), rep: file(), status: 412},
		{name: "If-Match before Range", r: both(func(r *core.Request) { r.IfMatch, r.Range = `"v2"`, "bytes=0-1" }), rep: file(), status: 412},

		{name: "If-Modified-Since same", r: ims(fixDate), rep: file(), status: 304, fields: fresh},
		{name: "If-Modified-Since later", r: ims(later), rep: file(), status: 304},
		{name: "If-Modified-Since earlier", r: ims(earlier), rep: file(), status: 200},
		{name: "If-Modified-Since as RFC 850", r: ims(longDate), rep: file(), status: 304},
		{name: "If-Modified-Since as asctime", r: ims(cDate), rep: file(), status: 304},
		{name: "If-Modified-Since of 1994 in two digits", r: ims("Sunday, 06-Nov-94 08:49:37 GMT"), rep: file(), status: 200},
		{name: "If-Modified-Since invalid", r: ims("yesterday"), rep: file(), status: 200},
		{name: "If-Modified-Since with length", r: ims(fixDate + "; length=100"), rep: file(), status: 200},
		{name: "If-Modified-Since with no such day", r: ims("Thu, 31 Feb 2030 00:00:00 GMT"), rep: file(), status: 200},
		{name: "If-Modified-Since without a date", r: ims(later), rep: bare, status: 200},
		{name: "If-Modified-Since and a part of a second", r: ims(fixDate), status: 304,
			rep: with(func(rep *core.Representation) { rep.LastModified = modified.Add(999 * time.Millisecond) })},

		{name: "If-Unmodified-Since same", r: ius(fixDate), rep: file(), status: 200},
		{name: "If-Unmodified-Since later", r: ius(later), rep: file(), status: 200},
		{name: "If-Unmodified-Since earlier", r: ius(earlier), rep: file(), status: 412, fields: failed},
		{name: "If-Unmodified-Since earlier as RFC 850", r: ius("Tuesday, 02-Jan-24 03:04:04 GMT"), rep: file(), status: 412},
		{name: "If-Unmodified-Since earlier as asctime", r: ius("Tue Jan  2 03:04:04 2024"), rep: file(), status: 412},
		{name: "If-Unmodified-Since invalid", r: ius("never"), rep: file(), status: 200},
		{name: "If-Unmodified-Since without a date", r: ius(earlier), rep: bare, status: 200},

		{name: "If-Match beats If-Unmodified-Since", status: 200, rep: file(),
			r: both(func(r *core.Request) { r.IfMatch, r.IfUnmodifiedSince = `"v1"`, earlier })},
		{name: "malformed If-Match still beats If-Unmodified-Since", status: 412, rep: file(),
			r: both(func(r *core.Request) { r.IfMatch, r.IfUnmodifiedSince = `v1`, later })},
		{name: "If-None-Match beats If-Modified-Since", status: 200, rep: file(),
			r: both(func(r *core.Request) { r.IfNoneMatch, r.IfModifiedSince = `"v2"`, later })},
		{name: "malformed If-None-Match still beats If-Modified-Since", status: 200, rep: file(),
			r: both(func(r *core.Request) { r.IfNoneMatch, r.IfModifiedSince = `v1`, later })},
		{name: "If-Match holds, then If-None-Match", status: 304, rep: file(),
			r: both(func(r *core.Request) { r.IfMatch, r.IfNoneMatch = `"v1"`, `"v1"` })},
		{name: "If-Match fails before If-None-Match", status: 412, rep: file(),
			r: both(func(r *core.Request) { r.IfMatch, r.IfNoneMatch = `"v2"`, `"v1"` })},
		{name: "If-Unmodified-Since holds, then If-Modified-Since", status: 304, rep: file(),
			r: both(func(r *core.Request) { r.IfUnmodifiedSince, r.IfModifiedSince = fixDate, fixDate })},

		{name: "304 keeps Vary and Cache-Control", r: inm(`"v1"`), status: 304,
			rep: with(func(rep *core.Representation) {
				rep.Vary, rep.CacheControl, rep.Language = "Accept", "public, max-age=60", "de"
			}),
			fields: fields{"Vary": "Accept", "Cache-Control": "public, max-age=60", "Content-Language": ""}},
		{name: "malformed ETag of the store is none", r: inm(`"v1"`), status: 200,
			rep: with(func(rep *core.Representation) { rep.ETag = `v1` }), fields: fields{"ETag": ""}},
		{name: "ETag of the store with a line end is none", r: get(plain), status: 200,
			rep: with(func(rep *core.Representation) { rep.ETag = "\"v1\r\nX: y\"" }), fields: fields{"ETag": ""}},
		{name: "last date that can be written", r: get(plain), status: 200, fields: fields{"Last-Modified": "Fri, 31 Dec 9999 23:59:59 GMT"},
			rep: with(func(rep *core.Representation) { rep.LastModified = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) })},
		{name: "first date that can be written", r: get(plain), status: 200, fields: fields{"Last-Modified": "Mon, 01 Jan 0001 00:00:01 GMT"},
			rep: with(func(rep *core.Representation) { rep.LastModified = time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC) })},
		{name: "date that cannot be written is none", r: ims(later), status: 200, fields: fields{"Last-Modified": ""},
			rep: with(func(rep *core.Representation) { rep.LastModified = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) })},
	})
}

func TestDecideRanges(t *testing.T) {
	rng := func(v string) core.Request { return get(func(r *core.Request) { r.Range = v }) }
	span := func(n ...int64) (s []core.Span) {
		for i := 0; i < len(n); i += 2 {
			s = append(s, core.Span{Start: n[i], Length: n[i+1] - n[i] + 1})
		}
		return s
	}
	var sixteen []core.Span
	for i := range int64(16) {
		sixteen = append(sixteen, core.Span{Start: 2 * i, Length: 1})
	}
	whole := fields{"Content-Length": "100", "Content-Range": ""}
	none := fields{"Content-Range": "bytes */100", "Cache-Control": "no-store", "ETag": "", "Content-Disposition": ""}
	rows := []decideRow{
		{name: "first bytes", r: rng("bytes=0-9"), status: 206, spans: span(0, 9),
			fields: fields{"Content-Range": "bytes 0-9/100", "Content-Length": "10", "ETag": `"v1"`, "Content-Type": "text/plain; charset=utf-8", "Content-Disposition": `attachment; filename="a.txt"`}},
		{name: "from a byte on", r: rng("bytes=90-"), status: 206, spans: span(90, 99)},
		{name: "last bytes", r: rng("bytes=-10"), status: 206, spans: span(90, 99)},
		{name: "more last bytes than there are", r: rng("bytes=-1000"), status: 206, spans: span(0, 99), fields: fields{"Content-Range": "bytes 0-99/100"}},
		{name: "last byte", r: rng("bytes=99-99"), status: 206, spans: span(99, 99)},
		{name: "past the end is cut", r: rng("bytes=95-1000"), status: 206, spans: span(95, 99)},
		{name: "everything", r: rng("bytes=0-"), status: 206, spans: span(0, 99)},
		{name: "unit in capitals", r: rng("BYTES=0-1"), status: 206, spans: span(0, 1)},
		{name: "spaces around", r: rng(" bytes= 0-1 "), status: 206, spans: span(0, 1)},
		{name: "leading zeros", r: rng("bytes=0000-0001"), status: 206, spans: span(0, 1)},
		{name: "first past the end", r: rng("bytes=100-"), status: 416, fields: none},
		{name: "suffix of nothing", r: rng("bytes=-0"), status: 416, fields: none},
		{name: "all past the end", r: rng("bytes=100-,200-300,-0"), status: 416, fields: none},
		{name: "beyond 64 bits", r: rng("bytes=18446744073709551616-"), status: 416, fields: none},
		{name: "suffix beyond 64 bits", r: rng("bytes=-18446744073709551616"), status: 206, spans: span(0, 99)},
		{name: "last beyond 64 bits", r: rng("bytes=98-18446744073709551616"), status: 206, spans: span(98, 99)},
		{name: "last before first, both beyond 64 bits", r: rng("bytes=99999999999999999999-99999999999999999998"), status: 200, fields: whole},
		{name: "last before first", r: rng("bytes=5-4"), status: 200, fields: whole},
		{name: "one malformed range spoils all", r: rng("bytes=0-1,5-4"), status: 200, fields: whole},
		{name: "no dash", r: rng("bytes=5"), status: 200, fields: whole},
		{name: "only a dash", r: rng("bytes=-"), status: 200, fields: whole},
		{name: "nothing listed", r: rng("bytes="), status: 200, fields: whole},
		{name: "only commas", r: rng("bytes=,,"), status: 200, fields: whole},
		{name: "letters", r: rng("bytes=a-b"), status: 200, fields: whole},
		{name: "signs", r: rng("bytes=+1-2"), status: 200, fields: whole},
		{name: "space inside", r: rng("bytes=0 -1"), status: 200, fields: whole},
		{name: "space before the equals sign", r: rng("bytes =0-1"), status: 200, fields: whole},
		{name: "unknown unit", r: rng("lines=0-1"), status: 200, fields: whole},
		{name: "no unit", r: rng("0-1"), status: 200, fields: whole},
		{name: "unit as a prefix", r: rng("bytesx=0-1"), status: 200, fields: whole},

		{name: "two", r: rng("bytes=0-1,10-11"), status: 206, spans: span(0, 1, 10, 11), fields: fields{"Content-Range": ""}},
		{name: "two in the other order", r: rng("bytes=10-11,0-1"), status: 206, spans: span(10, 11, 0, 1)},
		{name: "two that touch", r: rng("bytes=0-1,2-3"), status: 206, spans: span(0, 3), fields: fields{"Content-Range": "bytes 0-3/100"}},
		{name: "two that overlap", r: rng("bytes=0-5,3-9"), status: 206, spans: span(0, 9)},
		{name: "two apart by one byte", r: rng("bytes=0-1,3-4"), status: 206, spans: span(0, 1, 3, 4)},
		{name: "a third joins two", r: rng("bytes=0-1,90-91,4-5,2-3"), status: 206, spans: span(0, 5, 90, 91)},
		{name: "one inside another", r: rng("bytes=0-50,10-20"), status: 206, spans: span(0, 50)},
		{name: "one unsatisfiable among two", r: rng("bytes=0-1,100-"), status: 206, spans: span(0, 1), fields: fields{"Content-Range": "bytes 0-1/100"}},
		{name: "empty members", r: rng("bytes=,0-1,, 10-11,"), status: 206, spans: span(0, 1, 10, 11)},
		{name: "sixteen parts", r: rng("bytes=" + evens(16)), status: 206, spans: sixteen},
		{name: "seventeen parts", r: rng("bytes=" + evens(17)), status: 200, fields: whole},
		{name: "seventeen that become one", r: rng("bytes=" + evens(17) + ",0-40"), status: 206, spans: span(0, 40)},
		{name: "256 ranges that become one", r: rng("bytes=" + strings.Repeat("0-1,", 256)), status: 206, spans: span(0, 1)},
		{name: "257 ranges", r: rng("bytes=" + strings.Repeat("0-1,", 257)), status: 200, fields: whole},
	}
	for i := range rows {
		rows[i].rep = file()
	}
	runDecide(t, rows)

	empty := with(func(rep *core.Representation) { rep.Size = 0 })
	unknown := with(func(rep *core.Representation) { rep.Size = -1 })
	coded := with(func(rep *core.Representation) { rep.ContentEncoding = "gzip" })
	runDecide(t, []decideRow{
		{name: "empty file", r: rng("bytes=0-"), rep: empty, status: 200, fields: fields{"Content-Length": "0", "Content-Range": ""}},
		{name: "suffix of an empty file", r: rng("bytes=-1"), rep: empty, status: 200},
		{name: "unknown size", r: rng("bytes=0-1"), rep: unknown, status: 200, fields: fields{"Accept-Ranges": "none", "Content-Length": ""}},
		{name: "unknown size past the end", r: rng("bytes=900-"), rep: unknown, status: 200},
		{name: "encoded form", r: rng("bytes=0-1"), rep: coded, status: 206, spans: span(0, 1), fields: fields{"Content-Encoding": "gzip"}},
		{name: "file over 4 GiB", r: rng("bytes=5368709119-"), status: 206, spans: span(5<<30-1, 5<<30-1),
			rep: with(func(rep *core.Representation) { rep.Size = 5 << 30 }), fields: fields{"Content-Range": "bytes 5368709119-5368709119/5368709120"}},
		{name: "one byte", r: rng("bytes=0-0"), status: 206, spans: span(0, 0), rep: with(func(rep *core.Representation) { rep.Size = 1 })},
	})
}

func TestDecideIfRange(t *testing.T) {
	row := func(name, ifRange string, rep core.Representation, status int) decideRow {
		d := decideRow{name: name, rep: rep, status: status,
			r: get(func(r *core.Request) { r.Range, r.IfRange = "bytes=10-19", ifRange })}
		if status == 206 {
			d.spans = []core.Span{{Start: 10, Length: 10}}
		}
		return d
	}
	weak := with(func(rep *core.Representation) { rep.ETag = `W/"v1"` })
	untagged := with(func(rep *core.Representation) { rep.ETag = "" })
	undated := with(func(rep *core.Representation) { rep.LastModified = time.Time{} })
	runDecide(t, []decideRow{
		row("same tag", `"v1"`, file(), 206),
		row("same tag with spaces", ` "v1"	`, file(), 206),
		row("other tag", `"v2"`, file(), 200),
		row("weak tag", `W/"v1"`, file(), 200),
		row("weak file", `"v1"`, weak, 200),
		row("both weak", `W/"v1"`, weak, 200),
		row("tag of a file without one", `"v1"`, untagged, 200),
		row("list", `"v1", "v2"`, file(), 200),
		row("star", `*`, file(), 200),
		row("unquoted", `v1`, file(), 200),
		row("same date", fixDate, file(), 206),
		row("same date without a tag", fixDate, untagged, 206),
		row("same date as RFC 850", longDate, file(), 206),
		row("same date as asctime", cDate, file(), 206),
		row("later date", "Tue, 02 Jan 2024 03:04:06 GMT", file(), 200),
		row("earlier date", "Tue, 02 Jan 2024 03:04:04 GMT", file(), 200),
		row("date of a file without one", fixDate, undated, 200),
		row("no date", "soon", file(), 200),
		row("empty", "", file(), 206),
		{name: "unsatisfiable with another tag", rep: file(), status: 200,
			r: get(func(r *core.Request) { r.Range, r.IfRange = "bytes=900-", `"v2"` })},
		{name: "unsatisfiable with the tag", rep: file(), status: 416,
			r: get(func(r *core.Request) { r.Range, r.IfRange = "bytes=900-", `"v1"` })},
		{name: "without Range", rep: file(), status: 200, r: get(func(r *core.Request) { r.IfRange = `"v1"` })},
	})
}

func TestDecideDelivery(t *testing.T) {
	by := func(d ...core.Delivery) core.Capabilities {
		return core.Capabilities{Deliveries: d, MultipartRanges: true}
	}
	limited := func(max int64, d ...core.Delivery) core.Capabilities {
		c := by(d...)
		c.MaxBody = max
		return c
	}
	rng := func(v string) core.Request { return get(func(r *core.Request) { r.Range = v }) }
	unknown := with(func(rep *core.Representation) { rep.Size = -1 })
	obeyed := core.Capabilities{Deliveries: []core.Delivery{core.Offload}, FrontObeys: true}
	for _, row := range []struct {
		name     string
		r        core.Request
		rep      core.Representation
		c        core.Capabilities
		status   int
		delivery core.Delivery
		counts   bool
	}{
		{"none is possible", rng(""), file(), core.Capabilities{}, 503, core.None, false},
		{"only None is listed", rng(""), file(), by(core.None), 503, core.None, false},
		{"unknown kind is listed", rng(""), file(), by(core.Delivery(9)), 503, core.None, false},
		{"none is possible, and a condition would answer", get(func(r *core.Request) { r.IfNoneMatch = "*" }), file(), core.Capabilities{}, 503, core.None, false},
		{"stream", rng(""), file(), by(core.Stream), 200, core.Stream, true},
		{"best first", rng(""), file(), by(core.Offload, core.Stream), 200, core.Offload, true},
		{"offload leaves a range to the front", rng("bytes=10-19"), file(), by(core.Offload), 200, core.Offload, false},
		{"unsatisfiable before an offload", rng("bytes=900-"), file(), by(core.Offload), 416, core.None, false},
		{"offload of several ranges", rng("bytes=0-1,10-19"), file(), by(core.Offload), 200, core.Offload, true},
		{"offload of a range to a front that obeys", rng("bytes=10-19"), file(), obeyed, 206, core.Offload, false},
		{"offload of odd fields to a front that obeys", get(func(r *core.Request) { r.Range, r.IfMatch = "bytes=x", "*" }), file(), obeyed, 200, core.Offload, true},
		{"several ranges past a front that obeys", rng("bytes=1-2,10-19"), file(), core.Capabilities{Deliveries: []core.Delivery{core.Offload, core.Stream}, MultipartRanges: true, FrontObeys: true}, 206, core.Stream, false},
		{"several ranges for a front that obeys", rng("bytes=1-2,10-19"), file(), obeyed, 200, core.Offload, true},
		{"unsatisfiable before a front that obeys", rng("bytes=900-"), file(), obeyed, 416, core.None, false},
		{"offload of HEAD", get(func(r *core.Request) { r.Method = "HEAD" }), file(), by(core.Offload), 200, core.None, false},
		{"redirect", rng(""), file(), by(core.Redirect), 302, core.Redirect, true},
		{"redirect of a range", rng("bytes=10-19"), file(), by(core.Redirect), 302, core.Redirect, false},
		{"redirect of no bytes", rng("bytes=900-"), file(), by(core.Redirect), 416, core.None, false},
		{"redirect of HEAD is answered here", get(func(r *core.Request) { r.Method = "HEAD" }), file(), by(core.Redirect), 200, core.None, false},
		{"redirect comes after conditions", get(func(r *core.Request) { r.IfNoneMatch = `"v1"` }), file(), by(core.Redirect), 304, core.None, false},
		{"at the limit", rng(""), file(), limited(100, core.Stream, core.Redirect), 200, core.Stream, true},
		{"over the limit", rng(""), file(), limited(99, core.Stream, core.Redirect), 302, core.Redirect, true},
		{"over the limit with no other way", rng(""), file(), limited(99, core.Stream), 503, core.None, false},
		{"unknown size under a limit", rng(""), unknown, limited(99, core.Stream, core.Redirect), 302, core.Redirect, true},
		{"range within the limit of a longer file", rng("bytes=10-19"), file(), limited(10, core.Stream, core.Redirect), 206, core.Stream, false},
		{"range over the limit", rng("bytes=10-20"), file(), limited(10, core.Stream, core.Redirect), 302, core.Redirect, false},
		{"unsatisfiable under a limit", rng("bytes=900-"), file(), limited(10, core.Stream, core.Redirect), 416, core.None, false},
		{"negative limit is none", rng(""), file(), limited(-1, core.Stream), 200, core.Stream, true},
		{"probe of two bytes", rng("bytes=0-1"), file(), by(core.Stream), 206, core.Stream, false},
		{"three bytes from the first", rng("bytes=0-2"), file(), by(core.Stream), 206, core.Stream, true},
		{"range from the first byte on", rng("bytes=0-"), file(), by(core.Stream), 206, core.Stream, true},
		{"range from another byte", rng("bytes=1-"), file(), by(core.Stream), 206, core.Stream, false},
		{"several with the first byte last", rng("bytes=50-60,0-0"), file(), by(core.Stream), 206, core.Stream, true},
		{"two bytes that are the file", rng("bytes=0-1"), with(func(rep *core.Representation) { rep.Size = 2 }), by(core.Stream), 206, core.Stream, true},
		{"HEAD", get(func(r *core.Request) { r.Method = "HEAD" }), file(), by(core.Stream), 200, core.None, false},
		{"not modified", get(func(r *core.Request) { r.IfNoneMatch = "*" }), file(), by(core.Stream), 304, core.None, false},
		{"unsatisfiable", rng("bytes=900-"), file(), by(core.Stream), 416, core.None, false},
		{"range where none can be sent", rng("bytes=10-19"), file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}, NoRanges: true}, 200, core.Stream, true},
		{"range past the end where none can be sent", rng("bytes=900-"), file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}, NoRanges: true}, 200, core.Stream, true},
		{"empty file", rng(""), with(func(rep *core.Representation) { rep.Size = 0 }), by(core.Stream), 200, core.Stream, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := checkDecide(row.r, row.rep, row.c); err != nil {
				t.Error(err)
			}
			d := core.Decide(row.r, row.rep, row.c)
			if d.Status != row.status || d.Delivery != row.delivery || d.Counts != row.counts {
				t.Errorf("got %d by %v, counts %v; want %d by %v, counts %v (%s)",
					d.Status, d.Delivery, d.Counts, row.status, row.delivery, row.counts, d.Reason)
			}
			if d.Delivery != core.Stream && d.Spans != nil && !row.c.FrontObeys {
				t.Errorf("spans %v without a stream", d.Spans)
			}
		})
	}
}

func TestDecideWithoutRanges(t *testing.T) {
	r := get(func(r *core.Request) { r.Range = "bytes=0-1" })
	d := core.Decide(r, file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}, NoRanges: true})
	if d.Get("Accept-Ranges") != "none" || d.Get("Content-Length") != "100" || d.Spans != nil {
		t.Errorf("Accept-Ranges %q, Content-Length %q, spans %v; want none, 100 and none",
			d.Get("Accept-Ranges"), d.Get("Content-Length"), d.Spans)
	}
}

func TestDecideWithoutMultipart(t *testing.T) {
	r := get(func(r *core.Request) { r.Range = "bytes=0-1,10-11" })
	d := core.Decide(r, file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
	if d.Status != 200 || d.Spans != nil || d.Get("Content-Length") != "100" {
		t.Errorf("got %d with spans %v, want the whole file", d.Status, d.Spans)
	}
	r.Range = "bytes=0-1,2-3"
	d = core.Decide(r, file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
	if d.Status != 206 || d.Get("Content-Range") != "bytes 0-3/100" {
		t.Errorf("two that touch: got %d %q, want one range", d.Status, d.Get("Content-Range"))
	}
}

func TestDecideContent(t *testing.T) {
	inline := func(mediaType string, unsafe bool) core.Representation {
		return core.Representation{Name: "x", Size: 1, MediaType: mediaType, Inline: true, InlineUnsafe: unsafe}
	}
	var rows []decideRow
	for _, safe := range []string{
		"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf", "text/plain", "text/csv", "video/mp4",
		"audio/mpeg", "audio/ogg", "font/woff2", "application/json", "IMAGE/PNG",
	} {
		rows = append(rows, decideRow{name: "inline " + safe, r: get(plain), rep: inline(safe, false), status: 200, fields: fields{
			"Content-Disposition": `inline; filename="x"`, "Content-Security-Policy": policyOf(safe)}})
	}
	for _, unsafe := range []string{
		"text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/xml", "text/javascript", "application/javascript",
		"application/rss+xml", "text/css", "application/x-shockwave-flash", "multipart/x-mixed-replace", "message/rfc822", "text/markdown",
		"application/octet-stream", "Text/HTML", "image/SVG+xml", "x/y", "application/wasm",
	} {
		rows = append(rows,
			decideRow{name: "not inline " + unsafe, r: get(plain), rep: inline(unsafe, false), status: 200, fields: fields{
				"Content-Disposition": `attachment; filename="x"`, "Content-Security-Policy": ""}},
			decideRow{name: "inline by the operator " + unsafe, r: get(plain), rep: inline(unsafe, true), status: 200, fields: fields{
				"Content-Disposition": `inline; filename="x"`, "Content-Security-Policy": policyOf(unsafe)}})
	}
	runDecide(t, rows)

	runDecide(t, []decideRow{
		{name: "unsafe without inline is an attachment", r: get(plain), status: 200, fields: fields{"Content-Disposition": `attachment; filename="x.html"`, "Content-Security-Policy": ""},
			rep: core.Representation{Name: "x.html", InlineUnsafe: true}},
		{name: "charset of a text", r: get(plain), status: 200, fields: fields{"Content-Type": "text/csv; charset=iso-8859-1"},
			rep: core.Representation{Name: "x.csv", Charset: "iso-8859-1"}},
		{name: "charset of an image", r: get(plain), status: 200, fields: fields{"Content-Type": "image/png"},
			rep: core.Representation{Name: "x.png", Charset: "iso-8859-1"}},
		{name: "charset of JSON", r: get(plain), status: 200, fields: fields{"Content-Type": "application/json"},
			rep: core.Representation{Name: "x.json", Charset: "utf-8"}},
		{name: "malformed charset", r: get(plain), status: 200, fields: fields{"Content-Type": "text/csv; charset=utf-8"},
			rep: core.Representation{Name: "x.csv", Charset: "utf-8\r\nX: y"}},
		{name: "type goes by the name", r: get(plain), status: 200, fields: fields{"Content-Type": "application/gzip", "Content-Encoding": ""},
			rep: core.Representation{Name: "x.tar.gz"}},
		{name: "type is given", r: get(plain), status: 200, fields: fields{"Content-Type": "application/pdf"},
			rep: core.Representation{Name: "x.png", MediaType: "application/pdf"}},
		{name: "malformed type", r: get(plain), status: 200, fields: fields{"Content-Type": "image/png"},
			rep: core.Representation{Name: "x.png", MediaType: "text/html\r\nX: y"}},
		{name: "type without a subtype", r: get(plain), status: 200, fields: fields{"Content-Type": "image/png"},
			rep: core.Representation{Name: "x.png", MediaType: "text/"}},
		{name: "unknown type", r: get(plain), status: 200, fields: fields{"Content-Type": "application/octet-stream"},
			rep: core.Representation{Name: "x"}},
		{name: "encoding", r: get(plain), status: 200, fields: fields{"Content-Encoding": "br"},
			rep: core.Representation{Name: "x.svg", ContentEncoding: "br"}},
		{name: "malformed encoding", r: get(plain), status: 200, fields: fields{"Content-Encoding": ""},
			rep: core.Representation{Name: "x.svg", ContentEncoding: "gzip\nX: y"}},
		{name: "language, digest, vary, cache", r: get(plain), status: 200,
			rep:    core.Representation{Name: "x", Language: "de", Digest: "sha-256=:AAAA:", Vary: "Accept-Language", CacheControl: "public, max-age=5"},
			fields: fields{"Content-Language": "de", "Repr-Digest": "sha-256=:AAAA:", "Vary": "Accept-Language", "Cache-Control": "public, max-age=5"}},
		{name: "the same with line ends", r: get(plain), status: 200,
			rep:    core.Representation{Name: "x", Language: "d\re", Digest: "s\nX: y", Vary: "A\x00", CacheControl: "public\r\nX: y"},
			fields: fields{"Content-Language": "", "Repr-Digest": "", "Vary": "", "Cache-Control": "private, no-cache"}},
		{name: "no validators", r: get(plain), status: 200, rep: core.Representation{Name: "x"}, fields: fields{"ETag": "", "Last-Modified": ""}},
	})
}

func TestDecideExtraFields(t *testing.T) {
	rep := file()
	rep.Extra = []core.Field{
		{Name: "Link", Value: `</license>; rel="license"`}, {Name: "X-Robots-Tag", Value: "noindex"}, {Name: "x-robots-tag", Value: "again"},
		{Name: "Content-Type", Value: "text/html"}, {Name: "content-disposition", Value: "inline"}, {Name: "ETAG", Value: `"x"`},
		{Name: "Content-Length", Value: "1"}, {Name: "Content-Range", Value: "bytes 0-0/1"}, {Name: "Content-Encoding", Value: "gzip"},
		{Name: "X-Content-Type-Options", Value: "sniff"}, {Name: "Content-Security-Policy", Value: "default-src *"},
		{Name: "Transfer-Encoding", Value: "chunked"}, {Name: "Connection", Value: "close"}, {Name: "Location", Value: "//evil.example"},
		{Name: "X-Accel-Redirect", Value: "/etc/passwd"}, {Name: "x-accel-limit-rate", Value: "1"}, {Name: "X-Sendfile", Value: "/etc/passwd"}, {Name: "X-Reproxy-URL", Value: "http://evil.example/"}, {Name: "X-LiteSpeed-Location", Value: "/x"}, {Name: "X-Downlink-Range", Value: "bytes=0-1"},
		{Name: "X-SENDFILE2", Value: "/etc/passwd 0-1"}, {Name: "X-Lighttpd-Send-File", Value: "/etc/passwd"}, {Name: "Date", Value: "now"},
		{Name: "Bad Name", Value: "x"}, {Name: "", Value: "x"}, {Name: "X-Bad:", Value: "x"}, {Name: "X-Line", Value: "a\r\nSet-Cookie: b"},
		{Name: "X-Nul", Value: "a\x00"}, {Name: "X-Eight-Bit", Value: "é"}, {Name: "X-Empty", Value: ""}, {Name: "X-Space", Value: " a"},
	}
	if err := checkDecide(get(plain), rep, stream); err != nil {
		t.Fatal(err)
	}
	d := core.Decide(get(plain), rep, stream)
	var got []core.Field
	for _, f := range d.Fields {
		if slices.Contains(rep.Extra, f) {
			got = append(got, f)
		}
	}
	if want := rep.Extra[:2]; !slices.Equal(got, want) {
		t.Errorf("extra fields %v, want %v", got, want)
	}
	many := file()
	for i := range 40 {
		many.Extra = append(many.Extra, core.Field{Name: "X-" + decimal(int64(i)), Value: "v"})
	}
	d = core.Decide(get(plain), many, stream)
	if got := d.Get("X-39"); got != "v" {
		t.Errorf("the fortieth extra field is %q, want %q", got, "v")
	}
}

// Two decisions share no memory: a decision is kept while others are made.
func TestDecisionsAreIndependent(t *testing.T) {
	r := get(func(r *core.Request) { r.Range = "bytes=0-1,10-11" })
	first := core.Decide(r, file(), stream)
	want := first.Get("Content-Disposition") + first.Get("Content-Length")
	for i := range 50 {
		rep := file()
		rep.Name, rep.Size = strings.Repeat("x", i)+".pdf", int64(200+i)
		core.Decide(get(func(r *core.Request) { r.Range = "bytes=50-60,70-80" }), rep, stream)
	}
	if got := first.Get("Content-Disposition") + first.Get("Content-Length"); got != want {
		t.Errorf("fields changed from %q to %q", want, got)
	}
	if want := []core.Span{{Start: 0, Length: 2}, {Start: 10, Length: 2}}; !slices.Equal(first.Spans, want) {
		t.Errorf("spans changed to %v", first.Spans)
	}
}

func TestRefuse(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 410, 412, 416, 500, 502, 503, 504} {
		d := core.Refuse(status, "why")
		if d.Status != status || d.Reason != "why" || d.Delivery != core.None || d.Counts {
			t.Errorf("Refuse(%d) = %+v", status, d)
		}
		if strings.Contains(d.Message, "why") || d.Get("Cache-Control") != "no-store" || d.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("Refuse(%d) says %q under %v", status, d.Message, d.Fields)
		}
		if (status == 503) != (d.Get("Retry-After") != "") {
			t.Errorf("Refuse(%d): Retry-After %q", status, d.Get("Retry-After"))
		}
		if err := d.Validate(); err != nil && status != 416 { // 416 is told the length by Decide
			t.Errorf("Refuse(%d): %v", status, err)
		}
	}
	for _, status := range []int{0, -1, 200, 304, 418, 999} {
		if d := core.Refuse(status, "why"); d.Status != 500 || d.Validate() != nil {
			t.Errorf("Refuse(%d) = %+v, want 500", status, d)
		}
	}
}

func TestParseHTTPDate(t *testing.T) {
	at := func(year, month, day int) time.Time {
		return time.Date(year, time.Month(month), day, 8, 49, 37, 0, time.UTC)
	}
	for _, row := range []struct {
		text string
		now  time.Time
		want time.Time // zero: refused
	}{
		{"Sun, 06 Nov 1994 08:49:37 GMT", now, at(1994, 11, 6)},
		{"Sunday, 06-Nov-94 08:49:37 GMT", now, at(1994, 11, 6)},
		{"Sun Nov  6 08:49:37 1994", now, at(1994, 11, 6)},
		{"Sun Nov 16 08:49:37 1994", now, at(1994, 11, 16)},
		{"Monday, 06-Nov-94 08:49:37 GMT", now, at(1994, 11, 6)}, // a wrong weekday is no fault
		{"Monday, 06-Jul-76 08:49:37 GMT", now, at(2076, 7, 6)},  // 50 years ahead less two days
		{"Monday, 10-Jul-76 08:49:37 GMT", now, at(1976, 7, 10)}, // 50 years ahead and two days
		{"Monday, 06-Nov-99 08:49:37 GMT", at(1998, 1, 1), at(1999, 11, 6)},
		{"Monday, 06-Nov-01 08:49:37 GMT", at(1998, 1, 1), at(2001, 11, 6)},
		{"Monday, 06-Nov-47 08:49:37 GMT", at(1998, 1, 1), at(2047, 11, 6)},
		{"Monday, 06-Nov-48 08:49:37 GMT", at(1998, 1, 1), at(1948, 11, 6)},
		{"Monday, 06-Nov-69 08:49:37 GMT", time.Time{}, at(2069, 11, 6)},
		{"Monday, 06-Nov-70 08:49:37 GMT", time.Time{}, at(1970, 11, 6)},
		{"Tuesday, 29-Feb-00 08:49:37 GMT", time.Time{}, at(2000, 2, 29)},
		{"Thu, 29 Feb 2024 08:49:37 GMT", now, at(2024, 2, 29)},
		{"Tue, 29 Feb 2000 08:49:37 GMT", now, at(2000, 2, 29)},
		{"Thu, 29 Feb 1900 08:49:37 GMT", now, time.Time{}},
		{"Wed, 29 Feb 2023 08:49:37 GMT", now, time.Time{}},
		{"Wed, 31 Apr 2023 08:49:37 GMT", now, time.Time{}},
		{"Wed, 00 Apr 2023 08:49:37 GMT", now, time.Time{}},
		{"Sun, 06 Nov 1994 24:49:37 GMT", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:60:37 GMT", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:49:61 GMT", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:48:60 GMT", now, at(1994, 11, 6).Add(-37 * time.Second)},
		{"sun, 06 nov 1994 08:49:37 gmt", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:49:37 UTC", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:49:37 +0000", now, time.Time{}},
		{"Sun, 6 Nov 1994 08:49:37 GMT", now, time.Time{}},
		{"Sun, 06 Nov 94 08:49:37 GMT", now, time.Time{}},
		{"Sun, 06-Nov-94 08:49:37 GMT", now, time.Time{}},
		{"Sun, 06 Nov 1994 08:49:37 GMT+", now, time.Time{}},
		{"Someday, 06-Nov-94 08:49:37 GMT", now, time.Time{}},
		{"Sun Nov 6 08:49:37 1994", now, time.Time{}},
		{"Sunday06-Nov-94 08:49:37 GMT", now, time.Time{}},
		{"Sunday, 06Nov94 08:49:37 GMT", now, time.Time{}},
		{"Sunday, 06-Nov-94 084937 GMT", now, time.Time{}},
		{"Sunday, 06-Nov-9408:49:37GMT", now, time.Time{}},
		{"784111777", now, time.Time{}},
		{"", now, time.Time{}},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, ok := core.ParseHTTPDate(row.text, row.now)
			if !got.Equal(row.want) || ok == row.want.IsZero() {
				t.Errorf("got %v, %v, want %v", got, ok, row.want)
			}
		})
	}
}

func TestAppendHTTPDate(t *testing.T) {
	zone := time.FixedZone("somewhere", 5*3600+1800)
	for want, at := range map[string]time.Time{
		"Sun, 06 Nov 1994 08:49:37 GMT": time.Date(1994, 11, 6, 14, 19, 37, 999, zone),
		"Mon, 01 Jan 0001 00:00:01 GMT": time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
		"Fri, 31 Dec 9999 23:59:59 GMT": time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		if got := string(core.AppendHTTPDate(nil, at)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAppendFileETag(t *testing.T) {
	got := string(core.AppendFileETag([]byte("x"), time.Unix(0x6593755f, 999), 0x1f4))
	if want := `x"6593755f-1f4"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNamesOfDeliveriesAndLookups(t *testing.T) {
	for got, want := range map[string]string{
		core.None.String(): "none", core.Stream.String(): "stream", core.Offload.String(): "offload",
		core.Redirect.String(): "redirect", core.Delivery(200).String(): "unknown",
		core.Answered.String(): "answer", core.Object.String(): "object", core.File.String(): "file",
		core.Item.String(): "item", core.Custom.String(): "custom",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// policyOf is what an inline answer of a type has to say.
func policyOf(mediaType string) string {
	if strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/") {
		return "sandbox allow-same-origin; default-src 'none'; media-src 'self'"
	}
	return "sandbox; default-src 'none'"
}

// DecideInto leaves nothing in the decision of what was there, and what it is given as
// it was.
func TestDecideIntoOverwrites(t *testing.T) {
	r, rep, c := get(plain), file(), stream
	rep.ETag, rep.Size = "malformed", -7
	want, before := core.Decide(r, rep, c), rep
	d := core.Decide(get(func(r *core.Request) { r.Range = "bytes=0-9,20-29" }), file(), stream)
	core.DecideInto(&d, &r, &rep, &c)
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v, want %+v", d, want)
	}
	if !reflect.DeepEqual(rep, before) {
		t.Errorf("the representation became %+v", rep)
	}
	if d.Get("ETag") != "" || d.Get("Content-Length") != "" || d.Spans != nil {
		t.Errorf("got %+v, want neither tag, length nor spans", d)
	}
}
