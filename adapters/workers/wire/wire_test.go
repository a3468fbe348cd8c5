package wire_test

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

var now = time.Unix(1_700_000_000, 0)

func site() wire.Site {
	return wire.Site{
		Routes: []core.Route{
			{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files", Options: core.Options{CacheControl: "public, max-age=60"}},
			{Pattern: "/d/{slug}", Lookup: core.Item},
			{Pattern: "/d/{slug}/{field}", Lookup: core.Item, Field: "{field}", Options: core.Options{Inline: true}},
			{Pattern: "/private/{path...}", Lookup: core.Object, Source: "secret", LinkRequired: true},
		},
		Links: link.Options{MaxLife: time.Hour, RevokedIDs: []string{"old"}},
	}
}

func configured(t testing.TB) *wire.Engine {
	t.Helper()
	frame, err := wire.AppendSite(nil, site())
	if err != nil {
		t.Fatal(err)
	}
	e := &wire.Engine{}
	if err := e.Configure(frame); err != nil {
		t.Fatal(err)
	}
	return e
}

func get(path string) core.Request { return core.Request{Method: "GET", Path: path, Now: now} }

// plan is what JavaScript reads of a plan.
type plan struct {
	lookup            core.Lookup
	first             core.Span
	store, key, field string
	limit             []string // of a link: id, uses, expiry
	answer            decision
}

func readPlan(t testing.TB, b []byte) (p plan) {
	t.Helper()
	p.lookup = core.Lookup(b[0])
	if p.lookup == core.Answered {
		p.answer = readDecision(t, b[1:])
		return p
	}
	p.first = core.Span{Start: number(b[1:]), Length: number(b[9:])}
	lines := strings.Split(string(b[17:]), "\n")
	if len(lines) != 3 && len(lines) != 6 {
		t.Fatalf("plan has lines %q", lines)
	}
	p.store, p.key, p.field, p.limit = lines[0], lines[1], lines[2], lines[3:]
	return p
}

// decision is what JavaScript reads of a decision.
type decision struct {
	core.Decision
	counts bool
	parts  []string
}

func readDecision(t testing.TB, b []byte) (d decision) {
	t.Helper()
	d.Status = int(binary.LittleEndian.Uint16(b))
	d.Delivery = core.Delivery(b[2])
	d.counts = b[3]&1 != 0
	n := binary.LittleEndian.Uint32(b[4:])
	b = b[8:]
	for range n {
		d.Spans = append(d.Spans, core.Span{Start: number(b), Length: number(b[8:])})
		b = b[16:]
	}
	var lengths [3]int
	for i := range lengths {
		lengths[i] = int(binary.LittleEndian.Uint32(b[4*i:]))
	}
	b = b[12:]
	if len(b) != lengths[0]+lengths[1]+lengths[2] {
		t.Fatalf("lengths %v, and %d bytes", lengths, len(b))
	}
	lines := strings.Split(string(b[:lengths[0]]), "\n")
	d.Reason = lines[0]
	for lines = lines[1:]; len(lines) > 0; lines = lines[2:] {
		d.Fields = append(d.Fields, core.Field{Name: lines[0], Value: lines[1]})
	}
	d.Message = string(b[lengths[0] : lengths[0]+lengths[1]])
	for b = b[lengths[0]+lengths[1]:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b))
		d.parts = append(d.parts, string(b[4:4+n]))
		b = b[4+n:]
	}
	return d
}

func number(b []byte) int64 {
	return int64(math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

func askPlan(t testing.TB, e *wire.Engine, q core.Request) plan {
	t.Helper()
	b, err := e.Plan(nil, wire.AppendRequest(nil, &q))
	if err != nil {
		t.Fatal(err)
	}
	return readPlan(t, b)
}

func askDecision(t testing.TB, e *wire.Engine, q core.Request, f wire.Result) decision {
	t.Helper()
	b, err := e.Decide(nil, wire.AppendResult(wire.AppendRequest(nil, &q), &f))
	if err != nil {
		t.Fatal(err)
	}
	return readDecision(t, b)
}

func found() wire.Result {
	return wire.Result{Metadata: core.Metadata{Size: 100, ETag: `"md5"`, LastModified: time.UnixMilli(1_600_000_000_900)}}
}

func TestPlan(t *testing.T) {
	e := configured(t)
	for _, test := range []struct {
		name string
		q    core.Request
		want plan
	}{
		{"object", get("/files/a%20b/%E6%97%A5.txt"), plan{lookup: core.Object, first: core.Span{Length: -1}, store: "files", key: "a b/日.txt"}},
		{"item", get("/d/report"), plan{lookup: core.Item, first: core.Span{Length: -1}, key: "report"}},
		{"field of an item", get("/d/report/thumb"), plan{lookup: core.Item, first: core.Span{Length: -1}, key: "report", field: "thumb"}},
		{"range", core.Request{Method: "GET", Path: "/files/a", Range: "bytes=5-9"}, plan{lookup: core.Object, first: core.Span{Start: 5, Length: 5}, store: "files", key: "a"}},
		{"HEAD", core.Request{Method: "HEAD", Path: "/files/a"}, plan{lookup: core.Object, store: "files", key: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := askPlan(t, e, test.q); got.lookup != test.want.lookup || got.first != test.want.first ||
				got.store != test.want.store || got.key != test.want.key || got.field != test.want.field {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestPlanAnswers(t *testing.T) {
	e := configured(t)
	for _, test := range []struct {
		name   string
		q      core.Request
		status int
	}{
		{"no route", get("/"), 404},
		{"no route either", get("/admin/x"), 404},
		{"encoded slash", get("/files/a%2fb"), 404},
		{"bad escape", get("/files/%zz"), 400},
		{"method", core.Request{Method: "PUT", Path: "/files/a"}, 405},
		{"not UTF-8", get("/files/%ff"), 404},
		{"longer than a key of R2", get("/files/" + strings.Repeat("x", 1025)), 404},
		{"without a link", get("/private/a"), 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := askPlan(t, e, test.q)
			if p.lookup != core.Answered || p.answer.Status != test.status {
				t.Errorf("got %v %d, want %d", p.lookup, p.answer.Status, test.status)
			}
			if p.answer.Message == "" || p.answer.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("got %+v", p.answer)
			}
		})
	}
}

// TestDecideIsCores: what crosses the border is what core decides.
func TestDecideIsCores(t *testing.T) {
	e := configured(t)
	q := get("/files/dir/a.txt")
	q.Range, q.Nonce = "bytes=0-9,20-29", 0x1122334455667788
	f := found()
	f.Metadata.Encoding = "gzip"
	got := askDecision(t, e, q, f)
	want := core.Decide(q, site().Routes[0].Options.Represent("dir/a.txt", f.Metadata),
		core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true})
	if got.Status != 206 || got.Status != want.Status || got.Delivery != want.Delivery || got.counts != want.Counts || got.Reason != want.Reason {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(got.Fields) != len(want.Fields) {
		t.Fatalf("fields %v, want %v", got.Fields, want.Fields)
	}
	for i, field := range want.Fields {
		if got.Fields[i] != field {
			t.Errorf("field %v, want %v", got.Fields[i], field)
		}
	}
	if len(got.Spans) != 2 || got.Spans[1] != want.Spans[1] {
		t.Errorf("spans %v, want %v", got.Spans, want.Spans)
	}
	if len(got.parts) != 3 || got.parts[1] != string(want.AppendPartHead(nil, 1)) || got.parts[2] != string(want.AppendClose(nil)) {
		t.Errorf("parts %q", got.parts)
	}
}

func TestDecideItem(t *testing.T) {
	e := configured(t)
	f := found()
	f.File = wire.File{
		Key: "store/x.bin", ETag: `"hash"`, Digest: "sha-256=:AAAA:", Size: 100, Modified: time.Unix(1_500_000_000, 0),
		Options: core.Options{Basename: "Bericht ü.pdf", MediaType: "text/plain", Charset: "latin1", Inline: true},
	}
	d := askDecision(t, e, get("/d/report"), f)
	for name, want := range map[string]string{
		"ETag": `"hash"`, "Repr-Digest": "sha-256=:AAAA:", "Last-Modified": "Fri, 14 Jul 2017 02:40:00 GMT", "Content-Type": "text/plain; charset=latin1",
		"Content-Disposition": `inline; filename="Bericht _.pdf"; filename*=UTF-8''Bericht%20%C3%BC.pdf`, "Content-Length": "100",
	} {
		if got := d.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f.File.Size = 99
	if d := askDecision(t, e, get("/d/report"), f); d.Status != 503 {
		t.Errorf("an item of another size: got %d, want 503", d.Status)
	}
	for _, key := range []string{"", "../x", "/x", `a\..\b`, "\xff", strings.Repeat("x", 1025)} {
		f.File.Key, f.File.Size = key, 0
		if d := askDecision(t, e, get("/d/report"), f); d.Status != 404 {
			t.Errorf("an item with the key %.20q: got %d, want 404", key, d.Status)
		}
	}
}

func TestDecideWithoutFile(t *testing.T) {
	e := configured(t)
	for state, status := range map[wire.State]int{
		wire.NoObject: 404, wire.NoItem: 404, wire.StoreUnavailable: 503, wire.CatalogUnavailable: 503, wire.Changed: 503,
	} {
		d := askDecision(t, e, get("/files/a"), wire.Result{State: state})
		if d.Status != status || d.counts || (status == 503) != (d.Get("Retry-After") != "") {
			t.Errorf("state %d: got %+v", state, d)
		}
	}
}

// TestDecidePlansAgain: no result makes a request pass that its plan refuses.
func TestDecidePlansAgain(t *testing.T) {
	e := configured(t)
	for path, status := range map[string]int{"/private/a": 403, "/files/..%2fa": 404, "/nowhere": 404} {
		if d := askDecision(t, e, get(path), found()); d.Status != status {
			t.Errorf("%s: got %d, want %d", path, d.Status, status)
		}
	}
}

func TestFirstSecondOf1970IsKept(t *testing.T) {
	f := found()
	f.Metadata.LastModified = time.Unix(0, 0)
	d := askDecision(t, configured(t), get("/files/a"), f)
	if got := d.Get("Last-Modified"); got != "Thu, 01 Jan 1970 00:00:00 GMT" {
		t.Errorf("got %q", got)
	}
	f.Metadata.LastModified = time.Time{}
	d = askDecision(t, configured(t), get("/files/a"), f)
	if got := d.Get("Last-Modified"); got != "" {
		t.Errorf("unknown time: got %q", got)
	}
}

func TestL1_Links(t *testing.T) {
	e := configured(t)
	secret := "0123456789abcdef0123456789abcdef-secret"
	key, err := link.NewKey("k1", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(link.Grant{Path: "/private/a.txt", Expires: now.Add(time.Minute), Name: "other.txt"})
	if err != nil {
		t.Fatal(err)
	}
	q := get("/private/a.txt")
	q.Query = "link=" + token
	if p := askPlan(t, e, q); p.lookup != core.Answered || p.answer.Status != 403 {
		t.Errorf("before the keys are there: got %+v", p)
	}
	if err := e.Unlock(wire.AppendSecrets(nil, []wire.Secret{{ID: "k1", Text: secret}})); err != nil {
		t.Fatal(err)
	}
	if p := askPlan(t, e, q); p.lookup != core.Object || p.store != "secret" || p.key != "a.txt" {
		t.Errorf("with a link: got %+v", p)
	}
	d := askDecision(t, e, q, found())
	if d.Status != 200 || d.Get("Content-Disposition") != `attachment; filename="other.txt"` ||
		d.Get("Cache-Control") != "private, no-store" || d.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("with a link: got %+v", d)
	}
	limited, err := key.Sign(link.Grant{Path: "/private/a.txt", Expires: now.Add(time.Minute), ID: "x", Uses: 2})
	if err != nil {
		t.Fatal(err)
	}
	few := q
	few.Query = "link=" + limited
	if got, want := askPlan(t, e, few).limit, []string{"x", "2", "1700000060"}; !slices.Equal(got, want) {
		t.Errorf("with a use limit: got %q, want %q", got, want)
	}
	for state, status := range map[wire.State]int{wire.UsedUp: 403, wire.Previewed: 403, wire.NotBegun: 403, wire.UsesUncounted: 503} {
		d := askDecision(t, e, few, wire.Result{State: state})
		if d.Status != status || d.Get("Cache-Control") != "private, no-store" {
			t.Errorf("state %d: got %+v", state, d)
		}
	}
	q.Now = now.Add(2 * time.Minute)
	if p := askPlan(t, e, q); p.answer.Status != 403 {
		t.Errorf("expired: got %+v", p)
	}
}

func TestUnlockRefuses(t *testing.T) {
	for name, secrets := range map[string][]wire.Secret{
		"none":      nil,
		"short":     {{ID: "k", Text: "short"}},
		"twice":     {{ID: "k", Text: strings.Repeat("0123456789", 4)}, {ID: "k", Text: strings.Repeat("0123456789", 4)}},
		"no id":     {{Text: strings.Repeat("0123456789", 4)}},
		"guessable": {{ID: "k", Text: strings.Repeat("a", 40)}},
	} {
		err := configured(t).Unlock(wire.AppendSecrets(nil, secrets))
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "0123456789") || strings.Contains(err.Error(), "aaaa") {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
}

func TestSiteOfAnotherPlatform(t *testing.T) {
	for _, lookup := range []core.Lookup{core.File, core.Custom} {
		_, err := wire.AppendSite(nil, wire.Site{Routes: []core.Route{{Pattern: "/x/{path...}", Lookup: lookup}}})
		if err == nil || !strings.Contains(err.Error(), "/x/{path...}") {
			t.Errorf("%v: got %v", lookup, err)
		}
	}
	if _, err := wire.AppendSite(nil, wire.Site{Routes: []core.Route{{Pattern: "x", Lookup: core.Object}}}); err == nil {
		t.Error("a malformed pattern: no error")
	}
}

// TestFramesCutShort: whatever is missing from a frame or too much, it is refused.
func TestFramesCutShort(t *testing.T) {
	e := configured(t)
	q, f := get("/files/a"), found()
	request := wire.AppendRequest(nil, &q)
	whole := wire.AppendResult(request, &f)
	sites, err := wire.AppendSite(nil, site())
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(request) {
		if _, err := e.Plan(nil, request[:n]); err == nil {
			t.Fatalf("a request cut to %d bytes of %d is taken", n, len(request))
		}
	}
	for n := range len(whole) {
		if _, err := e.Decide(nil, whole[:n]); err == nil {
			t.Fatalf("a result cut to %d bytes of %d is taken", n, len(whole))
		}
	}
	for n := range len(sites) {
		if err := new(wire.Engine).Configure(sites[:n]); err == nil {
			t.Fatalf("a site cut to %d bytes of %d is taken", n, len(sites))
		}
	}
	if _, err := e.Plan(nil, append(request, 0)); err == nil {
		t.Error("a request with a byte too many is taken")
	}
	q.Path = "/" + strings.Repeat("x", wire.MaxFrame)
	if _, err := e.Plan(nil, wire.AppendRequest(nil, &q)); err == nil {
		t.Error("a request of more than MaxFrame is taken")
	}
}
