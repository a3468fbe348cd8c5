package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/test/server"
)

// startWith runs an admin that people log in to by the issuer.
func startWith(t *testing.T, i *server.Issuer) *site {
	t.Helper()
	o := &admin.OIDC{Issuer: i.URL, ClientID: "downlink", ClientSecret: server.IssuerSecret, Emails: []string{"anna@example.org"}, Groups: []string{"editors"}}
	s := start(t, func(all *admin.Options) { all.OIDC = o })
	o.URL = s.URL + "/"
	return s
}

// logIn goes the whole way by the provider and returns the callback's answer.
func (b *browser) logIn(path string) answer {
	b.t.Helper()
	got := b.get(path)
	for range 2 {
		b.want(got, got.StatusCode)
		r, err := http.NewRequest("GET", got.Header.Get("Location"), nil)
		if err != nil {
			b.t.Fatal(err)
		}
		got = b.send(r)
	}
	return got
}

func TestLogInByOpenIDConnect(t *testing.T) {
	for what, c := range map[string]struct {
		claims map[string]any
		want   int
	}{
		"an address that may":               {map[string]any{"email": "Anna@example.org", "email_verified": true}, http.StatusSeeOther},
		"a group that may":                  {map[string]any{"email": "bert@example.org", "email_verified": true, "groups": []string{"x", "editors"}}, http.StatusSeeOther},
		"nobody we know":                    {map[string]any{"email": "eve@example.org", "email_verified": true, "groups": []string{"x"}}, http.StatusForbidden},
		"an address that nobody verified":   {map[string]any{"email": "anna@example.org"}, http.StatusForbidden},
		"no address":                        {map[string]any{"groups": []string{"x"}}, http.StatusForbidden},
		"a token for somebody else":         {map[string]any{"email": "anna@example.org", "email_verified": true, "aud": "other"}, http.StatusBadGateway},
		"a token that has expired":          {map[string]any{"email": "anna@example.org", "email_verified": true, "exp": time.Now().Add(-time.Hour).Unix()}, http.StatusBadGateway},
		"a token of another provider":       {map[string]any{"email": "anna@example.org", "email_verified": true, "iss": "https://evil.example"}, http.StatusBadGateway},
		"a token that was asked for before": {map[string]any{"email": "anna@example.org", "email_verified": true, "nonce": "old"}, http.StatusBadGateway},
	} {
		t.Run(what, func(t *testing.T) {
			b := startWith(t, server.StartIssuer(t, c.claims)).browser(t)
			got := b.logIn("/admin/oidc/start?next=/admin/account")
			if got.StatusCode != c.want || b.in() != (c.want == http.StatusSeeOther) {
				t.Errorf("%d, want %d; logged in %v", got.StatusCode, c.want, b.in())
			}
			if b.in() && got.Header.Get("Location") != "/admin/account" {
				t.Errorf("sent to %s", got.Header.Get("Location"))
			}
		})
	}
}

// A log-in that somebody else began, or that nobody did, is none.
func TestLogInOfSomebodyElse(t *testing.T) {
	i := server.StartIssuer(t, map[string]any{"email": "anna@example.org", "email_verified": true})
	s := startWith(t, i)
	eve, anna := s.browser(t), s.browser(t)
	r, err := http.NewRequest("GET", eve.get("/admin/oidc/start").Header.Get("Location"), nil)
	if err != nil {
		t.Fatal(err)
	}
	callback := strings.TrimPrefix(eve.send(r).Header.Get("Location"), s.URL)
	anna.want(anna.get(callback), http.StatusBadRequest)
	anna.get("/admin/oidc/start")
	anna.want(anna.get(callback), http.StatusBadRequest)
	if anna.in() {
		t.Error("logged in by the log-in of somebody else")
	}
}

func TestSessionOfSomebodyWhoMayNotAnyMore(t *testing.T) {
	i := server.StartIssuer(t, map[string]any{"email": "anna@example.org", "email_verified": true})
	o := &admin.OIDC{Issuer: i.URL, ClientID: "downlink", ClientSecret: server.IssuerSecret, Emails: []string{"anna@example.org"}}
	s := start(t, func(all *admin.Options) { all.OIDC = o })
	o.URL = s.URL + "/"
	b := s.browser(t)
	b.logIn("/admin/oidc/start")
	if !b.in() {
		t.Fatal("not logged in")
	}
	contains(t, b.get("/admin/account"), "your organisation")
	o.Emails = []string{"bert@example.org"} // as after a restart
	if b.in() {
		t.Error("still logged in")
	}
}

func TestProviderThatIsDown(t *testing.T) {
	i := server.StartIssuer(t, nil)
	s := startWith(t, i)
	b := s.browser(t)
	i.Config.Handler = http.NotFoundHandler()
	b.want(b.get("/admin/oidc/start"), http.StatusBadGateway)
	if path, err := s.admin.SetUp(t.Context()); path != "" || err != nil {
		t.Errorf("a site with a provider prints a link to set up: %q, %v", path, err)
	}
	b.want(start(t, nil).browser(t).get("/admin/oidc/start"), http.StatusNotFound)
}

// Nobody fills the database with log-ins that are only begun.
func TestLogInsBegunAreLimited(t *testing.T) {
	s := startWith(t, server.StartIssuer(t, nil))
	for i := range 11 {
		want := http.StatusSeeOther
		if i == 10 {
			want = http.StatusTooManyRequests
		}
		b := s.browser(t)
		b.want(b.get("/admin/oidc/start"), want)
	}
}
