package core_test

import (
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Faults that fuzzing against the oracle found once.
func TestFoundByTheOracle(t *testing.T) {
	two := get(func(r *core.Request) { r.Range = "bytes=0-1,10-11" })
	t.Run("whole file instead of several ranges counts", func(t *testing.T) {
		if err := checkDecide(two, file(), core.Capabilities{Deliveries: []core.Delivery{core.Stream}}); err != nil {
			t.Error(err)
		}
	})
	t.Run("entity-tag outside ASCII", func(t *testing.T) {
		if err := checkDecide(get(plain), with(func(r *core.Representation) { r.ETag = "\"\xe9\"" }), stream); err != nil {
			t.Error(err)
		}
	})
	t.Run("parts beyond MaxBody", func(t *testing.T) {
		c := stream
		c.MaxBody = 100
		if err := checkDecide(two, file(), c); err != nil {
			t.Error(err)
		}
	})
	t.Run("leap day of a two-digit year", func(t *testing.T) {
		got, ok := core.ParseHTTPDate("Tuesday, 29-Feb-00 08:49:37 GMT", now)
		if !ok || !got.Equal(time.Date(2000, 2, 29, 8, 49, 37, 0, time.UTC)) {
			t.Error(got, ok)
		}
	})
	t.Run("literal before variable among patterns of several lengths", func(t *testing.T) {
		s := mustSite(t, core.Route{Pattern: "/x/{n}", Lookup: core.Custom}, core.Route{Pattern: "/x", Lookup: core.Custom}, core.Route{Pattern: "/x/y", Lookup: core.Custom})
		if p := s.Plan(core.Request{Method: "GET", Path: "/x/y"}); p.Route != 2 {
			t.Error(p.Route)
		}
	})
	t.Run("304 has Expires and Content-Location", func(t *testing.T) {
		rep := with(func(r *core.Representation) {
			r.Extra = []core.Field{{Name: "Expires", Value: fixDate}, {Name: "Content-Location", Value: "/a.en"}, {Name: "Link", Value: "<x>"}}
		})
		d := core.Decide(get(func(r *core.Request) { r.IfNoneMatch = "*" }), rep, stream)
		if d.Get("Expires") == "" || d.Get("Content-Location") == "" || d.Get("Link") != "" {
			t.Error(d.Fields)
		}
	})
	t.Run("stored type with parameters", func(t *testing.T) {
		for stored, want := range map[string]string{
			"application/pdf; version=1.7": "application/pdf", `text/plain; x=y; Charset="latin1"`: "text/plain; charset=latin1",
			"text/plain ; charset=": "text/plain; charset=utf-8", "nonsense; charset=x": "application/pdf",
		} {
			rep := core.Options{Basename: "Report"}.Represent("a/c.pdf", core.Metadata{Size: 1, MediaType: stored})
			if d := core.Decide(get(plain), rep, stream); d.Get("Content-Type") != want {
				t.Errorf("%q: %q, want %q", stored, d.Get("Content-Type"), want)
			}
		}
	})
	t.Run("HEAD of what no GET could have", func(t *testing.T) {
		c := stream
		c.MaxBody = 10
		g, h := core.Decide(get(plain), file(), c), core.Decide(get(func(r *core.Request) { r.Method = "HEAD" }), file(), c)
		if g.Status != 503 || h.Status != 503 {
			t.Error(g.Status, h.Status)
		}
	})
	t.Run("parts of the largest size", func(t *testing.T) {
		d := core.Decide(get(func(r *core.Request) { r.Range = "bytes=0-0,2-" }), with(func(r *core.Representation) { r.Size = 1<<63 - 1 }), stream)
		if d.Get("Content-Length") == "" || d.Validate() != nil {
			t.Error(d)
		}
	})
	t.Run("blanks at the ends of a name", func(t *testing.T) {
		if got := core.CleanName("\u3000a.txt\u00a0. "); got != "a.txt" {
			t.Errorf("%q", got)
		}
	})
}

// offloads tells which requests a front server gets, and which are streamed for
// being read in several ways.
func TestReadAlike(t *testing.T) {
	ladder := core.Capabilities{Deliveries: []core.Delivery{core.Offload, core.Stream}, MultipartRanges: true, FrontKnowsETag: true}
	own := ladder
	own.FrontKnowsETag = false
	tag := file().ETag
	for _, c := range []struct {
		name  string
		set   func(*core.Request)
		caps  core.Capabilities
		alike bool
	}{
		{"no fields", plain, ladder, true},
		{"one range", func(r *core.Request) { r.Range = "bytes=1-2" }, ladder, true},
		{"open range", func(r *core.Request) { r.Range = "bytes=1-" }, ladder, true},
		{"suffix", func(r *core.Request) { r.Range = "bytes=-1" }, ladder, true},
		{"two ranges", func(r *core.Request) { r.Range = "bytes=1-2,4-5" }, ladder, false},
		{"spaces", func(r *core.Request) { r.Range = "bytes= 1-2" }, ladder, false},
		{"last before first", func(r *core.Request) { r.Range = "bytes=2-1" }, ladder, false},
		{"nothing", func(r *core.Request) { r.Range = "bytes=-" }, ladder, false},
		{"letters", func(r *core.Request) { r.Range = "bytes=a-" }, ladder, false},
		{"another unit", func(r *core.Request) { r.Range = "lines=1-2" }, ladder, false},
		{"huge number", func(r *core.Request) { r.Range = "bytes=0-9999999999999999999" }, ladder, false},
		{"If-Range tag", func(r *core.Request) { r.Range, r.IfRange = "bytes=1-2", tag }, ladder, true},
		{"If-Range date", func(r *core.Request) { r.Range, r.IfRange = "bytes=1-2", fixDate }, ladder, true},
		{"If-Range junk", func(r *core.Request) { r.Range, r.IfRange = "bytes=1-2", fixDate+"; x" }, ladder, false},
		{"If-Match", func(r *core.Request) { r.IfMatch = tag }, ladder, true},
		{"If-Match list", func(r *core.Request) { r.IfMatch = `"x", ` + tag }, ladder, true},
		{"If-Match star", func(r *core.Request) { r.IfMatch = "*" }, ladder, true},
		{"If-Match of our own", func(r *core.Request) { r.IfMatch = tag }, own, false},
		{"If-Match with a date", func(r *core.Request) { r.IfMatch, r.IfUnmodifiedSince = tag, fixDate }, ladder, false},
		{"If-Match with junk after", func(r *core.Request) { r.IfMatch = tag + " x" }, ladder, false},
		{"If-None-Match", func(r *core.Request) { r.IfNoneMatch = `"x" , "y"` }, ladder, true},
		{"If-None-Match with junk", func(r *core.Request) { r.IfNoneMatch = `junk, "y"` }, ladder, false},
		{"invalid date of If-Modified-Since", func(r *core.Request) { r.IfModifiedSince = "soon" }, ladder, false},
		{"the same beside If-None-Match", func(r *core.Request) { r.IfModifiedSince, r.IfNoneMatch = "soon", `"x"` }, ladder, true},
		{"If-Unmodified-Since", func(r *core.Request) { r.IfUnmodifiedSince = fixDate }, ladder, true},
		{"If-Unmodified-Since, a date of our own", func(r *core.Request) { r.IfUnmodifiedSince = fixDate }, own, false},
		{"invalid date", func(r *core.Request) { r.IfUnmodifiedSince = "soon" }, ladder, false},
	} {
		d := core.Decide(get(c.set), file(), c.caps)
		if want := map[bool]core.Delivery{true: core.Offload, false: core.Stream}[c.alike]; d.Delivery != want {
			t.Errorf("%s: %d by %v, want %v", c.name, d.Status, d.Delivery, want)
		}
	}
	obeys := own
	obeys.FrontObeys = true
	odd := get(func(r *core.Request) {
		r.Range, r.IfRange, r.IfMatch, r.IfUnmodifiedSince = "bytes=x", "junk", "*", "soon"
	})
	if d := core.Decide(odd, file(), obeys); d.Delivery != core.Offload {
		t.Errorf("a front server that obeys need not read alike: %v", d.Delivery)
	}
	only := core.Capabilities{Deliveries: []core.Delivery{core.Offload}}
	if d := core.Decide(get(func(r *core.Request) { r.Range = "bytes=x" }), file(), only); d.Delivery != core.Offload {
		t.Errorf("nothing but the front server can send it: %v", d.Delivery)
	}
	if d := core.Decide(get(func(r *core.Request) { r.Range = "bytes=0-" }), with(func(r *core.Representation) { r.Size = 0 }), ladder); d.Delivery != core.Stream {
		t.Errorf("range of an empty file: %v", d.Delivery)
	}
}

// Every week of the years that an HTTP-date can express, against package time.
func TestAppendHTTPDateOverTheCalendar(t *testing.T) {
	const stride = 7*24*time.Hour + 3601*time.Second
	for at := time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC); at.Year() < 10000; at = at.Add(stride) {
		if got, want := string(core.AppendHTTPDate(nil, at)), at.Format("Mon, 02 Jan 2006 15:04:05 GMT"); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// Every week of the years that an HTTP-date can express, there and back.
func TestParseHTTPDateOverTheCalendar(t *testing.T) {
	const stride = 7*24*time.Hour + 3601*time.Second
	for at := time.Date(0, 1, 1, 0, 0, 1, 0, time.UTC); at.Year() < 10000; at = at.Add(stride) {
		got, ok := core.ParseHTTPDate(at.Format("Mon, 02 Jan 2006 15:04:05 GMT"), time.Time{})
		if !ok || !got.Equal(at) {
			t.Fatalf("%v: got %v, %v", at, got, ok)
		}
	}
}
