package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

func linkKey(t testing.TB) link.Key {
	t.Helper()
	k, err := link.NewKey("k", []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// linkedSite has a route for everybody, routes by link, and the key of linkKey.
func linkedSite(t testing.TB) *core.Site {
	t.Helper()
	v, err := link.NewVerifier([]link.Key{linkKey(t)}, link.Options{MaxLife: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return mustSite(t,
		core.Route{Pattern: "/files/{path...}", Lookup: core.Object},
		core.Route{Pattern: "/private/{path...}", Lookup: core.Object, LinkRequired: true},
		core.Route{Pattern: "/d/{slug}", Lookup: core.Item, LinkRequired: true},
		core.Route{Pattern: "/up/{name}", Lookup: core.Object, Path: "a/{name}/..", LinkRequired: true},
	).WithLinks(v)
}

// linked is a request for a path, percent-encoded, with a link of a grant.
func linked(t testing.TB, path string, g link.Grant) core.Request {
	t.Helper()
	g.Expires = now.Add(time.Minute)
	token, err := linkKey(t).Sign(g)
	if err != nil {
		t.Fatal(err)
	}
	return core.Request{Method: "GET", Path: path, Query: "link=" + token, Client: "192.0.2.1", Now: now}
}

func TestPlanVerifiesLinks(t *testing.T) {
	site := linkedSite(t)
	file := link.Grant{Path: "/private/a b/é.pdf"}
	asked := func(change func(r *core.Request)) core.Request {
		r := linked(t, "/private/a%20b/%C3%A9.pdf", file)
		change(&r)
		return r
	}
	for _, row := range []struct {
		name   string
		r      core.Request
		status int // 0: to be looked up
		reason string
	}{
		{"path", asked(func(*core.Request) {}), 0, ""},
		{"path encoded in another way", asked(func(r *core.Request) { r.Path = "/%70rivate/a%20b/%c3%a9%2Epdf" }), 0, ""},
		{"path encoded twice", asked(func(r *core.Request) { r.Path = "/private/a%2520b/%C3%A9.pdf" }), 403, "signature"},
		{"HEAD", asked(func(r *core.Request) { r.Method = "HEAD" }), 0, ""},
		{"POST with a link", asked(func(r *core.Request) { r.Method = "POST" }), 405, "method"},
		{"POST without", asked(func(r *core.Request) { r.Method, r.Query = "POST", "" }), 403, "no signed link"},
		{"no link", asked(func(r *core.Request) { r.Query = "" }), 403, "no signed link"},
		{"condition without a link", asked(func(r *core.Request) { r.Query, r.IfNoneMatch = "", "*" }), 403, "no signed link"},
		{"range without a link", asked(func(r *core.Request) { r.Query, r.Range = "", "bytes=999999-" }), 403, "no signed link"},
		{"encoded slash", asked(func(r *core.Request) { r.Path = "/private/a%20b%2F%C3%A9.pdf" }), 404, "separator"},
		{"dot segments", asked(func(r *core.Request) { r.Path = "/private/x/../a%20b/%C3%A9.pdf" }), 404, "dot"},
		{"path no view has", asked(func(r *core.Request) { r.Path = "/nowhere" }), 404, "no view"},
		{"key that leads up, with a link", linked(t, "/up/x", link.Grant{Path: "/up/x"}), 404, "dot segment"},
		{"key that leads up, without", core.Request{Method: "GET", Path: "/up/x", Now: now}, 403, "no signed link"},
		{"link of another view", linked(t, "/d/a", link.Grant{Path: "/private/a"}), 403, "signature"},
		{"prefix over two views", linked(t, "/d/a", link.Grant{Prefix: "/"}), 0, ""},
		{"prefix", linked(t, "/private/2026/x/y", link.Grant{Prefix: "/private/2026/"}), 0, ""},
		{"prefix's sibling", linked(t, "/private/20260/x", link.Grant{Prefix: "/private/2026/"}), 403, "another path"},
		{"another client", linked(t, "/d/a", link.Grant{Path: "/d/a", Network: "198.51.100.0/24"}), 403, "network"},
		{"HEAD only", linked(t, "/d/a", link.Grant{Path: "/d/a", Method: link.Head}), 403, "method"},
		{"no time", asked(func(r *core.Request) { r.Now = time.Time{} }), 403, "time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := site.Plan(row.r)
			if p.Answer.Status != row.status || !strings.Contains(p.Answer.Reason, row.reason) {
				t.Fatalf("got %d (%s), want %d with %q", p.Answer.Status, p.Answer.Reason, row.status, row.reason)
			}
			if row.status == 0 {
				if p.Link == nil || p.Link.Key != "k" {
					t.Errorf("the grant is %+v", p.Link)
				}
				return
			}
			if err := p.Answer.Validate(); err != nil {
				t.Error(err)
			}
			if row.status == 403 && p.Answer.Message != core.Refuse(403, "x").Message {
				t.Errorf("the client is told %q", p.Answer.Message)
			}
			linkView := row.status != 404 || row.reason == "dot segment"
			if got := p.Answer.Get("Referrer-Policy"); (got == "no-referrer") != linkView {
				t.Errorf("Referrer-Policy %q", got)
			}
		})
	}
}

// Where no link is required, one changes nothing, and a site without keys lets
// nobody in where one is.
func TestLinksElsewhereChangeNothing(t *testing.T) {
	r := linked(t, "/files/a", link.Grant{Path: "/files/a", Name: "other", Disposition: link.Inline})
	p := linkedSite(t).Plan(r)
	if p.Link != nil || p.Lookup != core.Object || p.Present(core.Options{}) != (core.Options{}) {
		t.Errorf("got %v and the grant %+v", p.Lookup, p.Link)
	}
	site := mustSite(t, core.Route{Pattern: "/d/{slug}", Lookup: core.Item, LinkRequired: true})
	if p := site.Plan(linked(t, "/d/a", link.Grant{Path: "/d/a"})); p.Answer.Status != 403 || !strings.Contains(p.Answer.Reason, "no key") {
		t.Errorf("without keys: %d (%s)", p.Answer.Status, p.Answer.Reason)
	}
}

func TestPresent(t *testing.T) {
	const stored = "private, no-store"
	public := core.Options{Basename: "view.txt", MediaType: "text/plain", Charset: "latin1", CacheControl: "public"}
	view := public
	view.CacheControl = stored
	shown := view
	shown.Inline = true
	for _, row := range []struct {
		name    string
		g       link.Grant
		o, want core.Options
	}{
		{"nothing asked", link.Grant{}, public, view},
		{"inline", link.Grant{Disposition: link.Inline}, public, shown},
		{"attachment", link.Grant{Disposition: link.Attachment}, shown, view},
		{"as served", link.Grant{}, shown, shown},
		{"name and type", link.Grant{Name: "a.pdf", MediaType: "application/pdf"}, public, core.Options{Basename: "a.pdf", MediaType: "application/pdf", CacheControl: stored}},
	} {
		row.g.Path = "/d/a"
		p := linkedSite(t).Plan(linked(t, "/d/a", row.g))
		if p.Link == nil {
			t.Fatal(p.Answer.Reason)
		}
		if got := p.Present(row.o); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}

func TestSeal(t *testing.T) {
	open := core.Plan{}
	closed := core.Plan{Link: &link.Grant{}}
	rep := file()
	rep.CacheControl = "public, max-age=60"
	rep.Extra = []core.Field{{Name: "Referrer-Policy", Value: "unsafe-url"}, {Name: "Expires", Value: fixDate}}
	for name, r := range map[string]core.Request{
		"200": get(plain), "206": get(func(r *core.Request) { r.Range = "bytes=1-2" }), "304": get(func(r *core.Request) { r.IfNoneMatch = "*" }),
		"416": get(func(r *core.Request) { r.Range = "bytes=999999-" }), "412": get(func(r *core.Request) { r.IfMatch = `"x"` }), "405": get(func(r *core.Request) { r.Method = "PUT" }),
	} {
		for _, c := range []core.Capabilities{stream, {Deliveries: []core.Delivery{core.Offload}}, {Deliveries: []core.Delivery{core.Redirect}}, {}} {
			d := core.Decide(r, rep, c)
			same := d
			open.Seal(&same)
			if same.Get("Cache-Control") != d.Get("Cache-Control") || same.Get("Referrer-Policy") != d.Get("Referrer-Policy") {
				t.Errorf("%s: an answer without a link was changed", name)
			}
			closed.Seal(&d)
			if err := d.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if d.Get("Cache-Control") != "private, no-store" || d.Get("Referrer-Policy") != "no-referrer" || d.Get("Expires") != "" {
				t.Errorf("%s: %v", name, d.Fields)
			}
		}
	}
}

// A plan without a link costs what it did before there were links.
func TestPlanAllocations(t *testing.T) {
	site := linkedSite(t)
	token := linked(t, "/private/a.pdf", link.Grant{Path: "/private/a.pdf"})
	for _, row := range []struct {
		name string
		r    core.Request
		most float64
	}{
		{"no link required", core.Request{Method: "GET", Path: "/files/a/b.pdf", Now: now}, 0},
		{"no link required, query", core.Request{Method: "GET", Path: "/files/a/b.pdf", Query: token.Query, Now: now}, 0},
		{"link", token, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p core.Plan
			got := testing.AllocsPerRun(100, func() { p = site.Plan(row.r) })
			if p.Lookup != core.Object {
				t.Fatalf("%d (%s)", p.Answer.Status, p.Answer.Reason)
			}
			if got > row.most {
				t.Errorf("%v allocations, want at most %v", got, row.most)
			}
		})
	}
}
