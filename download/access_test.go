package download_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// fakeUses counts in memory, or fails.
type fakeUses struct {
	mu    sync.Mutex
	n     map[string]int64
	begun map[string]time.Time
	err   error
	asked int
}

func (f *fakeUses) Use(_ context.Context, u catalog.Use) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.err != nil || f.n[u.Link] >= u.Max {
		return false, f.err
	}
	f.n[u.Link]++
	f.begun[u.Link+" "+u.Client] = u.Until
	return true, nil
}

func (f *fakeUses) Begun(_ context.Context, u catalog.Use) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return u.Now.Before(f.begun[u.Link+" "+u.Client]) && u.Client != "", f.err
}

var linkKey = func() link.Key {
	k, err := link.NewKey("k", []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="))
	if err != nil {
		panic(err)
	}
	return k
}()

var noon = time.Unix(1_800_000_000, 0)

// linkedService serves a.txt by link, at /l/.
func linkedService(t *testing.T, uses download.Uses) *download.Service {
	t.Helper()
	v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, nil, download.Route{Pattern: "/l/{path...}", View: &download.StorageView{Store: memory("a.txt"), Options: core.Options{CacheControl: "public"}}, LinkRequired: true})
	s.SetLinks(download.Links{Verifier: v, Uses: uses})
	return s
}

func signed(t *testing.T, g link.Grant, fields ...string) *download.Request {
	t.Helper()
	g.Path, g.Expires = "/l/a.txt", noon.Add(12*time.Hour)
	token, err := linkKey.Sign(g)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		h.Set(fields[i], fields[i+1])
	}
	r := &download.Request{Header: h}
	r.Method, r.Path, r.Query, r.Now, r.Client = "GET", "/l/a.txt", "link="+token, noon, "192.0.2.1:1234"
	r.Range, r.IfNoneMatch = h.Get("Range"), h.Get("If-None-Match")
	return r
}

func TestL1_GrantIsApplied(t *testing.T) {
	s := linkedService(t, nil)
	a := ask(t, s, signed(t, link.Grant{Name: "Report.pdf", MediaType: "application/pdf", Disposition: link.Inline, Subject: "Ann"}))
	for name, want := range map[string]string{
		"Content-Disposition": `inline; filename="Report.pdf"`, "Content-Type": "application/pdf", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer",
	} {
		if got := a.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if a.Status != 200 || a.Link == nil || a.Link.Subject != "Ann" {
		t.Errorf("%d, link %+v", a.Status, a.Link)
	}
	lost := newService(t, nil, download.Route{Pattern: "/l/{path...}", View: &download.StorageView{Store: memory()}, LinkRequired: true})
	v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	lost.SetLinks(download.Links{Verifier: v})
	for _, row := range []struct {
		name   string
		s      *download.Service
		r      *download.Request
		status int
	}{
		{"no link", s, get("/l/a.txt"), 403}, {"no such file", lost, signed(t, link.Grant{}), 404}, {"past the end", s, signed(t, link.Grant{}, "Range", "bytes=999-"), 416},
	} {
		a := ask(t, row.s, row.r)
		if a.Status != row.status || a.Get("Cache-Control") != "private, no-store" || a.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %d %v, want %d", row.name, a.Status, a.Fields, row.status)
		}
	}
}

func TestL3_Redeem(t *testing.T) {
	once := link.Grant{ID: "one", Uses: 1}
	other := func(r *download.Request) *download.Request { r.Client = "192.0.2.2:1"; return r }
	head := func(r *download.Request) *download.Request { r.Method = "HEAD"; return r }
	later := func(d time.Duration, r *download.Request) *download.Request { r.Now = noon.Add(d); return r }
	nobody := func(r *download.Request) *download.Request { r.Client = "@"; return r }
	uses := &fakeUses{n: map[string]int64{}, begun: map[string]time.Time{}}
	s := linkedService(t, uses)
	for _, step := range []struct {
		name   string
		r      *download.Request
		status int
		used   int64
	}{
		{"HEAD", head(signed(t, once)), 200, 0},
		{"not modified", signed(t, once, "If-None-Match", "*"), 304, 0},
		{"past the end", signed(t, once, "Range", "bytes=999-"), 416, 0},
		{"probe", signed(t, once, "Range", "bytes=0-1"), 206, 0},
		{"part before the beginning", signed(t, once, "Range", "bytes=5-"), 403, 0},
		{"prefetch", signed(t, once, "Sec-Purpose", "prefetch;prerender"), 403, 0},
		{"old prefetch", signed(t, once, "Purpose", "prefetch"), 403, 0},
		{"older prefetch", signed(t, once, "X-Moz", "prefetch"), 403, 0},
		{"link preview", signed(t, once, "User-Agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), 403, 0},
		{"link preview of another", signed(t, once, "User-Agent", "WhatsApp/2.23.20.0"), 403, 0},
		{"the download", signed(t, once, "User-Agent", "Mozilla/5.0"), 200, 1},
		{"again", signed(t, once), 403, 1},
		{"again from the beginning", signed(t, once, "Range", "bytes=0-"), 403, 1},
		{"the rest", signed(t, once, "Range", "bytes=5-"), 206, 1},
		{"the rest, for somebody else", other(signed(t, once, "Range", "bytes=5-")), 403, 1},
		{"the rest, for an unknown client", nobody(signed(t, once, "Range", "bytes=5-")), 403, 1},
		{"the rest by another port", func() *download.Request {
			r := signed(t, once, "Range", "bytes=5-")
			r.Client = "[::ffff:192.0.2.1]:9"
			return r
		}(), 206, 1},
		{"the rest, just in time", later(time.Hour-time.Second, signed(t, once, "Range", "bytes=5-")), 206, 1},
		{"the rest, too late", later(time.Hour, signed(t, once, "Range", "bytes=5-")), 403, 1},
		{"HEAD after it", head(signed(t, once)), 200, 1},
	} {
		a := ask(t, s, step.r)
		if a.Status != step.status || uses.n["one"] != step.used {
			t.Errorf("%s: %d (%s), used %d; want %d, used %d", step.name, a.Status, a.Reason, uses.n["one"], step.status, step.used)
		}
		if a.Status == 403 && a.Object != nil {
			t.Errorf("%s: the file is open", step.name)
		}
		if a.Get("Referrer-Policy") == "" {
			t.Errorf("%s: no Referrer-Policy", step.name)
		}
	}
	asked := uses.asked
	if a := ask(t, s, signed(t, link.Grant{ID: "x"})); a.Status != 200 || uses.asked != asked {
		t.Errorf("a link without a limit: %d, asked %d times", a.Status, uses.asked-asked)
	}
}

func TestL3_UsesFailClosed(t *testing.T) {
	once := link.Grant{ID: "one", Uses: 1}
	for name, uses := range map[string]download.Uses{
		"database down": &fakeUses{err: catalog.ErrUnavailable}, "database slow": &fakeUses{err: context.DeadlineExceeded}, "nobody counts": nil,
	} {
		for _, rng := range []string{"", "bytes=5-"} {
			a := ask(t, linkedService(t, uses), signed(t, once, "Range", rng))
			if a.Status != 503 || a.Object != nil || a.Get("Retry-After") == "" {
				t.Errorf("%s: %d (%s), want 503", name, a.Status, a.Reason)
			}
		}
	}
}

func TestL1_SetLinksTakesEffect(t *testing.T) {
	s := linkedService(t, nil)
	if a := ask(t, s, signed(t, link.Grant{ID: "x"})); a.Status != 200 {
		t.Fatalf("%d (%s)", a.Status, a.Reason)
	}
	v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour, RevokedIDs: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	s.SetLinks(download.Links{Verifier: v})
	if a := ask(t, s, signed(t, link.Grant{ID: "x"})); a.Status != 403 || !strings.Contains(a.Reason, "revoked") {
		t.Errorf("%d (%s), want 403 for a revoked link", a.Status, a.Reason)
	}
}

func TestL2_Allow(t *testing.T) {
	for _, row := range []struct {
		name   string
		err    error
		status int
		fields map[string]string
	}{
		{"allowed", nil, 200, map[string]string{"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}},
		{"forbidden", download.ErrForbidden, 403, nil},
		{"undecided", fmt.Errorf("ask: %w", download.ErrUndecided), 503, nil},
		{"unknown error", errors.New("secret detail"), 500, nil},
		{"denied", &download.Denial{Status: 403}, 403, nil},
		{"not logged in", fmt.Errorf("ask: %w", &download.Denial{Status: 401, Challenge: `Basic realm="x"`}), 401, map[string]string{"WWW-Authenticate": `Basic realm="x"`}},
		{"not logged in, bad challenge", &download.Denial{Status: 401, Challenge: "Basic\r\nSet-Cookie: x"}, 401, map[string]string{"WWW-Authenticate": ""}},
		{"to log in", &download.Denial{Status: 302, Location: "https://example.org/login?next=%2Fa"}, 302, map[string]string{"Location": "https://example.org/login?next=%2Fa", "Cache-Control": "private, no-store"}},
		{"to nowhere", &download.Denial{Status: 302}, 503, map[string]string{"Location": ""}},
		{"to a bad place", &download.Denial{Status: 302, Location: "/a\r\nX: y"}, 503, map[string]string{"Location": ""}},
		{"permanently", &download.Denial{Status: 301, Location: "/a"}, 503, map[string]string{"Location": ""}},
		{"denied as if found", &download.Denial{Status: 200}, 503, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			looked := 0
			view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
				looked++
				return download.File{Store: memory("a.txt"), Key: "a.txt", Options: core.Options{CacheControl: "public, max-age=60"}}, nil
			})
			allow := func(_ context.Context, r *download.Request) error {
				if r.Plan.Route != 0 || r.Param("x") != "a" {
					t.Errorf("asked about %+v", r.Plan)
				}
				return row.err
			}
			s := newService(t, nil, download.Route{Pattern: "/{x}", View: view, Allow: allow})
			for _, condition := range []func(r *download.Request){
				func(*download.Request) {}, func(r *download.Request) { r.IfNoneMatch = "*" }, func(r *download.Request) { r.Range = "bytes=999-" },
				func(r *download.Request) { r.Method = "HEAD" },
			} {
				r := get("/a")
				condition(r)
				a := ask(t, s, r)
				if row.err == nil {
					if a.Status >= 400 && r.Range == "" || a.Status != 416 && a.Get("Vary") != row.fields["Vary"] || a.Status < 400 && a.Get("Cache-Control") != row.fields["Cache-Control"] {
						t.Errorf("%s %s %s: %d %v", r.Method, r.IfNoneMatch, r.Range, a.Status, a.Fields)
					}
					continue
				}
				if a.Status != row.status || a.Object != nil || !errors.Is(a.Cause, row.err) {
					t.Errorf("%d (%v), want %d", a.Status, a.Cause, row.status)
				}
				for name, want := range row.fields {
					if got := a.Get(name); got != want {
						t.Errorf("%s = %q, want %q", name, got, want)
					}
				}
			}
			if row.err != nil && looked > 0 {
				t.Error("the file was looked at")
			}
		})
	}
}

// Vary names what Allow looks at.
func TestL2_AllowBy(t *testing.T) {
	view := &download.StorageView{Store: memory("a.txt")}
	allow := func(context.Context, *download.Request) error { return nil }
	s := newService(t, nil, download.Route{Pattern: "/{path...}", View: view, Allow: allow, AllowBy: []string{"X-Api-Key", "Cookie"}})
	if a := ask(t, s, get("/a.txt")); a.Status != 200 || a.Get("Vary") != "X-Api-Key, Cookie" {
		t.Errorf("%d, Vary %q", a.Status, a.Get("Vary"))
	}
	if _, err := download.New([]download.Route{{Pattern: "/x", View: view, Allow: allow, AllowBy: []string{"X Key"}}}, nil); err == nil {
		t.Error("a name that is none is taken")
	}
}

func TestL2_AllowKeepsSharedCachesOut(t *testing.T) {
	for control, want := range map[string]string{
		"": "private, no-cache", "private, max-age=60": "private, max-age=60", "no-store": "no-store", "public": "private, no-cache", "max-age=60": "private, no-cache",
		"private, public": "private, no-cache", "private, S-MaxAge=5": "private, no-cache", "Private": "Private",
	} {
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{Store: memory("a.txt"), Key: "a.txt", Options: core.Options{CacheControl: control}, Adjust: func(rep *core.Representation) {
				rep.Vary, rep.Extra = "Accept-Language", []core.Field{{Name: "Expires", Value: "Sun, 06 Nov 2094 08:49:37 GMT"}}
			}}, nil
		})
		s := newService(t, nil, download.Route{Pattern: "/a", View: view, Allow: func(context.Context, *download.Request) error { return nil }})
		a := ask(t, s, get("/a"))
		if a.Get("Cache-Control") != want || a.Get("Vary") != "Accept-Language, Authorization, Cookie" || a.Get("Expires") != "" {
			t.Errorf("%q: %v, want Cache-Control %q", control, a.Fields, want)
		}
	}
}

// shutDriver looks at files and opens none.
type shutDriver struct{ *storage.Store }

func (shutDriver) Open(context.Context, string) (storage.Object, error) {
	return nil, storage.ErrUnavailable
}

func (shutDriver) OpenAt(context.Context, string, core.Span) (storage.Object, error) {
	return nil, storage.ErrUnavailable
}

// A front server may take a range for none: what counts as a part is sent from here,
// and where that cannot be, it counts as all of it.
func TestL3_PartsAreNotLeftToTheFront(t *testing.T) {
	v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	mem := memory("a.txt")
	for name, c := range map[string]struct {
		store *storage.Store
		want  map[string]core.Delivery // by Range
	}{
		"readable":   {storage.New("s", mem), map[string]core.Delivery{"bytes=0-1": core.Stream, "bytes=5-": core.None, "bytes=0-": core.Stream, "": core.Offload}},
		"unreadable": {storage.New("s", shutDriver{mem}), map[string]core.Delivery{"bytes=0-1": core.Offload, "bytes=5-": core.Offload, "bytes=0-": core.Offload, "": core.Offload}},
	} {
		for rng, want := range c.want {
			uses := &fakeUses{n: map[string]int64{}, begun: map[string]time.Time{}}
			s := newService(t, []download.Rule{{Front: download.Nginx, Source: "s", Destination: "/i/"}}, download.Route{Pattern: "/l/{path...}", View: &download.StorageView{Store: c.store}, LinkRequired: true})
			s.SetLinks(download.Links{Verifier: v, Uses: uses})
			r := signed(t, link.Grant{ID: "x", Uses: 1}, "Range", rng)
			a := ask(t, s, r)
			counted := want == core.Offload || rng == "bytes=0-"
			if a.Delivery != want || (uses.n["x"] == 1) != counted {
				t.Errorf("%s, %q: %v (%d %s), used %d; want %v", name, rng, a.Delivery, a.Status, a.Reason, uses.n["x"], want)
			}
		}
	}
	s := newService(t, []download.Rule{{Front: download.Nginx, Source: "s", Destination: "/i/"}}, download.Route{Pattern: "/l/{path...}", View: &download.StorageView{Store: storage.New("s", mem)}, LinkRequired: true})
	s.SetLinks(download.Links{Verifier: v})
	if a := ask(t, s, signed(t, link.Grant{ID: "x"}, "Range", "bytes=0-1")); a.Delivery != core.Offload {
		t.Errorf("a part by a link without a limit: %v (%s), want it left to the front", a.Delivery, a.Reason)
	}
}

// Links may be replaced while requests are answered.
// TestKeysAreFetchedWhenNeeded: routes without links do not wait for keys, and those
// with links are 503 without them, not 403: the link may be good.
func TestKeysAreFetchedWhenNeeded(t *testing.T) {
	view := &download.StorageView{Store: memory("a.txt")}
	s := newService(t, nil, download.Route{Pattern: "/l/{path...}", View: view, LinkRequired: true}, download.Route{Pattern: "/p/{path...}", View: view})
	fetched, failure := 0, error(nil)
	s.SetLinks(download.Links{Fetch: func(context.Context) (*link.Verifier, error) {
		fetched++
		v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour})
		return v, errors.Join(err, failure)
	}})
	if a := ask(t, s, get("/p/a.txt")); a.Status != 200 || fetched != 0 {
		t.Errorf("without a link: %d, keys were fetched %d times", a.Status, fetched)
	}
	if a := ask(t, s, get("/l/a.txt")); a.Status != 403 || fetched != 1 {
		t.Errorf("where one is required: %d, keys were fetched %d times", a.Status, fetched)
	}
	good := signed(t, link.Grant{Path: "/l/a.txt", Expires: noon.Add(time.Hour)})
	if a := ask(t, s, good); a.Status != 200 || a.Link == nil {
		t.Errorf("with a good link: %d, %s", a.Status, a.Reason)
	}
	failure = errors.New("the Parameter Store is down")
	a := ask(t, s, good)
	if a.Status != 503 || a.Get("Retry-After") == "" || a.Cause == nil || !strings.Contains(a.Cause.Error(), "is down") {
		t.Errorf("without keys: %d, %v; want 503 and the cause", a.Status, a.Cause)
	}
}

func TestSetLinksWhileAnswering(t *testing.T) {
	s := linkedService(t, nil)
	v, err := link.NewVerifier([]link.Key{linkKey}, link.Options{MaxLife: 24 * time.Hour, RevokedIDs: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		r := *signed(t, link.Grant{ID: "x"})
		wg.Go(func() {
			for range 200 {
				q := r
				a := s.Answer(t.Context(), &q)
				if a.Status != 200 && a.Status != 403 {
					t.Errorf("%d (%s)", a.Status, a.Reason)
				}
				a.Close()
			}
		})
	}
	for range 50 {
		s.SetLinks(download.Links{Verifier: v})
		s.SetLinks(download.Links{})
	}
	wg.Wait()
}
