package core_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

// Every row breaks a good decision in one way, and Validate names that way.
func TestValidateFindsBrokenDecisions(t *testing.T) {
	one := get(func(r *core.Request) { r.Range = "bytes=10-19" })
	two := get(func(r *core.Request) { r.Range = "bytes=10-19,30-39" })
	whole := get(plain)
	gone := get(func(r *core.Request) { r.Range = "bytes=900-" })
	set := func(name, value string) func(*core.Decision) {
		return func(d *core.Decision) {
			for i := range d.Fields {
				if d.Fields[i].Name == name {
					d.Fields[i].Value = value
					return
				}
			}
			d.Fields = append(d.Fields, core.Field{Name: name, Value: value})
		}
	}
	drop := func(name string) func(*core.Decision) {
		return func(d *core.Decision) {
			var kept []core.Field
			for _, f := range d.Fields {
				if f.Name != name {
					kept = append(kept, f)
				}
			}
			d.Fields = kept
		}
	}
	redirect := core.Capabilities{Deliveries: []core.Delivery{core.Redirect}}
	for _, row := range []struct {
		name   string
		r      core.Request
		c      core.Capabilities
		change func(*core.Decision)
		want   string
	}{
		{"status too small", whole, stream, func(d *core.Decision) { d.Status = 100 }, "not a final one"},
		{"status too large", whole, stream, func(d *core.Decision) { d.Status = 600 }, "not a final one"},
		{"no reason", whole, stream, func(d *core.Decision) { d.Reason = "" }, "reason"},
		{"field name with a space", whole, stream, set("X Y", "z"), "malformed field"},
		{"field without a name", whole, stream, set("", "z"), "malformed field"},
		{"field value with a line end", whole, stream, set("ETag", "\"a\r\nX: y\""), "malformed field"},
		{"field without a value", whole, stream, set("ETag", ""), "malformed field"},
		{"field outside ASCII", whole, stream, set("ETag", `"é"`), "malformed field"},
		{"field twice", whole, stream, set("etag", `"a"`), "twice"},
		{"no nosniff", whole, stream, drop("X-Content-Type-Options"), "nosniff"},
		{"other nosniff", whole, stream, set("X-Content-Type-Options", "sniff"), "nosniff"},
		{"no Cache-Control", whole, stream, drop("Cache-Control"), "Cache-Control"},
		{"206 without spans", one, stream, func(d *core.Decision) { d.Spans = nil }, "spans go with 206"},
		{"200 with spans", one, stream, func(d *core.Decision) { d.Status = 200 }, "spans go with 206"},
		{"too many spans", two, stream, func(d *core.Decision) {
			d.Spans = nil
			for i := range int64(17) {
				d.Spans = append(d.Spans, core.Span{Start: 2 * i, Length: 1})
			}
		}, "too many"},
		{"empty span", one, stream, func(d *core.Decision) { d.Spans[0].Length = 0 }, "outside"},
		{"negative start", one, stream, func(d *core.Decision) { d.Spans[0].Start = -1 }, "outside"},
		{"span past the end", one, stream, func(d *core.Decision) { d.Spans[0].Start = 91 }, "outside"},
		{"span that overflows", one, stream, func(d *core.Decision) { d.Spans[0].Length = 1<<63 - 1 }, "outside"},
		{"spans that overlap", two, stream, func(d *core.Decision) { d.Spans[1].Start = 15 }, "overlap"},
		{"spans that touch", two, stream, func(d *core.Decision) { d.Spans[1].Start = 20 }, "overlap"},
		{"one range without Content-Range", one, stream, drop("Content-Range"), "Content-Range"},
		{"multipart with Content-Range", two, stream, set("Content-Range", "bytes 0-1/100"), "Content-Range"},
		{"whole file with Content-Range", whole, stream, set("Content-Range", "bytes 0-99/100"), "Content-Range"},
		{"416 without Content-Range", gone, stream, drop("Content-Range"), "Content-Range"},
		{"206 that sends nothing", one, stream, func(d *core.Decision) { d.Delivery = core.None }, "nothing is delivered"},
		{"count of nothing", gone, stream, func(d *core.Decision) { d.Counts = true }, "nothing is delivered"},
		{"continuation of nothing", gone, stream, func(d *core.Decision) { d.Continues = true }, "nothing is delivered"},
		{"count of a continuation", whole, stream, func(d *core.Decision) { d.Continues = true }, "either begins or goes on"},
		{"error without a message", gone, stream, func(d *core.Decision) { d.Message = "" }, "message"},
		{"400 without a message", get(func(r *core.Request) { r.Method = "POST" }), stream, func(d *core.Decision) { d.Status, d.Message = 400, "" }, "message"},
		{"file under an error", whole, stream, func(d *core.Decision) { d.Status = 404 }, "under status 404"},
		{"file under 304", whole, stream, func(d *core.Decision) { d.Status = 304 }, "under status 304"},
		{"file without disposition", whole, stream, drop("Content-Disposition"), "disposition or type"},
		{"file without type", whole, stream, drop("Content-Type"), "disposition or type"},
		{"permanent redirect", whole, redirect, func(d *core.Decision) { d.Status = 301 }, "temporary"},
		{"redirect that is stored", whole, redirect, set("Cache-Control", "public"), "never stored"},
		{"unknown delivery", whole, stream, func(d *core.Decision) { d.Delivery = 9 }, "unknown delivery"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := core.Decide(row.r, file(), row.c)
			if err := d.Validate(); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			row.change(&d)
			if err := d.Validate(); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
	if err := new(core.Decision).Validate(); err == nil {
		t.Error("the zero Decision is valid")
	}
}
