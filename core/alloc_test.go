package core_test

import (
	"testing"

	"github.com/downlink-go/downlink/core"
)

// A decision to send a file costs two allocations: its fields, and the text of
// the values made for it. A name that has to be cleaned costs a third.
func TestDecideAllocations(t *testing.T) {
	for _, row := range []struct {
		name   string
		r      core.Request
		rep    core.Representation
		c      core.Capabilities
		status int
		most   float64
	}{
		{"200", get(plain), file(), stream, 200, 2},
		{"200 with a name outside ASCII", get(plain), with(func(rep *core.Representation) { rep.Name = "日本.pdf" }), stream, 200, 3},
		{"200 for HEAD", get(func(r *core.Request) { r.Method = "HEAD" }), file(), stream, 200, 2},
		{"200 by offload", get(plain), file(), core.Capabilities{Deliveries: []core.Delivery{core.Offload}}, 200, 2},
		{"206", get(func(r *core.Request) { r.Range = "bytes=10-19" }), file(), stream, 206, 2},
		{"206 with If-Range", get(func(r *core.Request) { r.Range, r.IfRange = "bytes=10-", `"v1"` }), file(), stream, 206, 2},
		{"304 by tag", get(func(r *core.Request) { r.IfNoneMatch = `"v1"` }), file(), stream, 304, 2},
		{"304 by date", get(func(r *core.Request) { r.IfModifiedSince = fixDate }), file(), stream, 304, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			var d core.Decision
			got := testing.AllocsPerRun(100, func() { d = core.Decide(row.r, row.rep, row.c) })
			if d.Status != row.status {
				t.Fatalf("status %d, want %d", d.Status, row.status)
			}
			if got > row.most {
				t.Errorf("%v allocations, want at most %v", got, row.most)
			}
		})
	}
}
