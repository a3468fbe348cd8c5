package wire_test

import (
	"math"
	"testing"

	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
)

// FuzzFrames: no bytes at all make the module panic, and every answer reads as a
// valid decision.
func FuzzFrames(f *testing.F) {
	e := configured(f)
	q, r := get("/files/a%20b.txt"), found()
	f.Add(wire.AppendRequest(nil, &q))
	q.Range = "bytes=0-1,5-8"
	f.Add(wire.AppendResult(wire.AppendRequest(nil, &q), &r))
	q.Path, r.File.Key = "/d/x", "k"
	f.Add(wire.AppendResult(wire.AppendRequest(nil, &q), &r))
	sites, err := wire.AppendSite(nil, site())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sites)
	f.Add(wire.AppendSecrets(nil, []wire.Secret{{ID: "k", Text: "0123456789abcdef0123456789abcdef"}}))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if b, err := e.Plan(nil, frame); err == nil {
			readPlan(t, b)
		}
		if b, err := e.Decide(nil, frame); err == nil {
			d := readDecision(t, b)
			if d.Status == 0 || d.Reason == "" || len(d.parts) > 0 && len(d.parts) != len(d.Spans)+1 {
				t.Errorf("decision %+v", d)
			}
		}
		other := new(wire.Engine)
		if other.Configure(frame) == nil {
			askPlan(t, other, get("/a"))
			other.Unlock(frame)
		}
	})
}

// FuzzRoundTrip: a request crosses the border unchanged: what is planned is what core
// plans.
func FuzzRoundTrip(f *testing.F) {
	f.Add("GET", "/files/a", "bytes=0-1", `"x"`, "Tue, 02 Jan 2024 03:04:05 GMT", int64(100), `"e"`)
	f.Add("HEAD", "/files/%ff", "", "*", "", int64(0), "")
	e := configured(f)
	s, err := core.NewSite(site().Routes)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, path, ranges, noneMatch, since string, size int64, etag string) {
		size = min(max(size, 0), 1<<53)
		q := core.Request{Method: method, Path: path, Range: ranges, IfNoneMatch: noneMatch, IfModifiedSince: since, Now: now, Nonce: math.MaxUint64}
		r := wire.Result{Metadata: core.Metadata{Size: size, ETag: etag}}
		frame := wire.AppendResult(wire.AppendRequest(nil, &q), &r)
		if len(frame) > wire.MaxFrame {
			return
		}
		b, err := e.Decide(nil, frame)
		if err != nil {
			t.Fatal(err)
		}
		got := readDecision(t, b)
		p := s.Plan(q)
		if p.Lookup != core.Object || got.Status == 404 || p.Link != nil {
			return
		}
		want := core.Decide(q, site().Routes[p.Route].Options.Represent(p.Key, r.Metadata),
			core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true})
		if got.Status != want.Status || got.Reason != want.Reason || len(got.Fields) != len(want.Fields) || len(got.Spans) != len(want.Spans) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
