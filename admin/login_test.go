package admin_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
)

func TestTheFirstAccountIsMadeByALinkOnce(t *testing.T) {
	s := start(t, nil)
	path, err := s.admin.SetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	contains(t, b.get(path), "Choose a password")
	token := tokenOf(t, path)
	for what, form := range map[string][]string{
		"a short password":    {"anna", "short", "short"},
		"two passwords":       {"anna", password, password + "!"},
		"no name":             {"", password, password},
		"a name with a space": {"anna b", password, password},
	} {
		got := b.post("/admin/setup", "token", token, "name", form[0], "password", form[1], "again", form[2])
		if got.StatusCode != http.StatusUnprocessableEntity || b.in() {
			t.Errorf("%s: %d, logged in %v", what, got.StatusCode, b.in())
		}
	}
	b.want(b.post("/admin/setup", "token", token, "name", "anna", "password", password, "again", password), http.StatusSeeOther)
	if !b.in() {
		t.Error("not logged in after the password was chosen")
	}
	other := s.browser(t)
	for _, token := range []string{token, "", "x"} {
		other.want(other.get("/admin/setup?token="+token), http.StatusGone)
		other.want(other.post("/admin/setup", "token", token, "name", "eve", "password", password, "again", password), http.StatusGone)
	}
	if path, err := s.admin.SetUp(t.Context()); path != "" || err != nil {
		t.Errorf("a site with an account has another link to set up: %q, %v", path, err)
	}
}

// Every link that was printed before the first account was made is void after it.
func TestOtherSetUpLinksAreVoidAfterTheFirst(t *testing.T) {
	s := start(t, nil)
	earlier, err := s.admin.SetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.anna(t)
	eve := s.browser(t)
	eve.want(eve.get(earlier), http.StatusGone)
}

// The first account may be made by a link of its own too.
func TestSetUpLinksAreVoidWhenThereIsAnAccount(t *testing.T) {
	s := start(t, nil)
	setUp, err := s.admin.SetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := admin.NewAccounts(admin.SQL(s.db)).Link(t.Context(), "anna", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	anna := s.browser(t)
	anna.want(anna.post("/admin/setup", "token", token, "password", password, "again", password), http.StatusSeeOther)
	eve := s.browser(t)
	eve.want(eve.get(setUp), http.StatusGone)
	eve.want(eve.post("/admin/setup", "token", tokenOf(t, setUp), "name", "anna", "password", "another password", "again", "another password"), http.StatusGone)
	if eve.in() || !anna.in() {
		t.Errorf("by a link to set up: logged in %v; the account's session goes on: %v", eve.in(), anna.in())
	}
}

// Who tries links that are none keeps nobody else from using one.
func TestLinksAreLimitedByAddress(t *testing.T) {
	address := "192.0.2.1"
	s := start(t, func(o *admin.Options) { o.Client = func(*http.Request) string { return address } })
	eve := s.browser(t)
	for range 10 {
		eve.want(eve.post("/admin/setup", "token", "x"), http.StatusGone)
	}
	eve.want(eve.post("/admin/setup", "token", "x"), http.StatusTooManyRequests)
	address = "192.0.2.2"
	s.anna(t)
}

// A form has a MiB at most, with its length and without.
func TestFormsAreLimited(t *testing.T) {
	s := start(t, nil)
	s.anna(t)
	b := s.browser(t)
	const limit = 1 << 20
	form := "name=anna&password=" + strings.Repeat("x", limit)
	for _, c := range []struct{ size, want int }{{limit, http.StatusUnauthorized}, {limit + 1, http.StatusRequestEntityTooLarge}} {
		for what, body := range map[string]io.Reader{"whole": strings.NewReader(form[:c.size]), "in chunks": io.MultiReader(strings.NewReader(form[:c.size]))} {
			r := b.request("POST", "/admin/login", body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if got := b.send(r); got.StatusCode != c.want {
				t.Errorf("%d bytes, %s: %d, want %d", c.size, what, got.StatusCode, c.want)
			}
		}
	}
}

// The names that are tried are kept for a while: none costs more memory than another.
func TestLongNamesAreCut(t *testing.T) {
	s := start(t, nil)
	s.anna(t)
	b := s.browser(t)
	got := b.post("/admin/login", "name", strings.Repeat("n", 1<<19), "password", password)
	b.want(got, http.StatusUnauthorized)
	if len(got.body) > 10_000 {
		t.Errorf("the answer to a long name has %d bytes", len(got.body))
	}
}

func TestLinksExpire(t *testing.T) {
	s := start(t, nil)
	token, err := admin.NewAccounts(admin.SQL(s.db)).Link(t.Context(), "anna", time.Now().Add(-2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.want(b.get(admin.LinkPath(token)), http.StatusGone)
	b.want(b.post("/admin/setup", "token", token, "password", password, "again", password), http.StatusGone)
}

// A link of an account gives no other one a password.
func TestLinksAreForTheirAccount(t *testing.T) {
	s := start(t, nil)
	s.anna(t)
	token, err := admin.NewAccounts(admin.SQL(s.db)).Link(t.Context(), "bert", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	const own = "another password"
	b.want(b.post("/admin/setup", "token", token, "name", "anna", "password", own, "again", own), http.StatusSeeOther)
	contains(t, b.get("/admin/account"), ">bert</a>")
	if names, err := admin.NewAccounts(admin.SQL(s.db)).Names(t.Context()); fmt.Sprint(names) != "[anna bert]" || err != nil {
		t.Errorf("accounts %v, %v", names, err)
	}
	again := s.browser(t)
	again.want(again.post("/admin/login", "name", "anna", "password", own), http.StatusUnauthorized)
}

func TestLogInAndOut(t *testing.T) {
	s := start(t, nil)
	s.anna(t)
	b := s.browser(t)
	b.want(b.get("/admin/account"), http.StatusSeeOther)
	if at := b.get("/admin/account").Header.Get("Location"); at != "/admin/login?next=%2Fadmin%2Faccount" {
		t.Errorf("sent to %q", at)
	}
	unknown, wrong := b.post("/admin/login", "name", "nina", "password", password), b.post("/admin/login", "name", "anna", "password", "wrong password")
	if unknown.StatusCode != http.StatusUnauthorized || strings.ReplaceAll(unknown.body, "nina", "anna") != wrong.body || wrong.StatusCode != unknown.StatusCode {
		t.Errorf("an unknown name and a wrong password are answered differently: %d %s\n%d %s", unknown.StatusCode, unknown.body, wrong.StatusCode, wrong.body)
	}
	got := b.post("/admin/login", "name", "anna", "password", password, "next", "/admin/account?x=1")
	b.want(got, http.StatusSeeOther)
	if at := got.Header.Get("Location"); at != "/admin/account?x=1" || !b.in() {
		t.Errorf("sent to %q, logged in %v", at, b.in())
	}
	b.want(b.post("/admin/logout"), http.StatusSeeOther)
	if b.in() {
		t.Error("still logged in after the log-out")
	}
}

func TestLogInLeadsNowhereElse(t *testing.T) {
	s := start(t, nil)
	s.anna(t)
	for _, next := range []string{"https://evil.example/admin/", "//evil.example/admin/", "/files/x", "javascript:alert(1)", `/\evil.example`, "/admin/../x\r\nSet-Cookie: a=b"} {
		got := s.browser(t).post("/admin/login", "name", "anna", "password", password, "next", next)
		if at := got.Header.Get("Location"); at != "/admin/" {
			t.Errorf("next %q leads to %q", next, at)
		}
		if got.Header.Get("Set-Cookie") == "a=b" {
			t.Errorf("next %q sets a cookie", next)
		}
	}
}

func TestLogInIsLimited(t *testing.T) {
	address := "192.0.2.1"
	s := start(t, func(o *admin.Options) { o.Client = func(*http.Request) string { return address } })
	s.anna(t)
	b := s.browser(t)
	try := func(name string) int {
		return b.post("/admin/login", "name", name, "password", "wrong password").StatusCode
	}
	address = "192.0.2.2"
	for i := range 10 {
		if got := try(fmt.Sprint("user", i)); got != http.StatusUnauthorized {
			t.Fatalf("attempt %d from an address: %d", i, got)
		}
	}
	if got := try("user11"); got != http.StatusTooManyRequests {
		t.Errorf("attempt 11 from an address: %d", got)
	}
	for i := range 10 {
		address = fmt.Sprint("192.0.3.", i)
		if got := try("anna"); got != http.StatusUnauthorized {
			t.Fatalf("attempt %d for an account: %d", i, got)
		}
	}
	address = "192.0.3.99"
	got := b.post("/admin/login", "name", "anna", "password", password)
	if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" || b.in() {
		t.Errorf("attempt 11 for an account, with the right password: %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
}

// Many addresses together have few passwords hashed: who comes when too many wait is sent
// away at once, and nobody who waits is.
func TestFewWaitForHashes(t *testing.T) {
	var address, name atomic.Int32
	s := start(t, func(o *admin.Options) {
		o.Client = func(*http.Request) string { return fmt.Sprint("address ", address.Add(1)) }
	})
	s.anna(t)
	try := func() answer {
		return s.browser(t).post("/admin/login", "name", fmt.Sprint("user", name.Add(1)), "password", "wrong password")
	}
	release, waiting, most := admin.HoldHashes()
	var all sync.WaitGroup
	for range most {
		all.Go(func() {
			if got := try(); got.StatusCode != http.StatusUnauthorized {
				t.Errorf("one who waits: %d", got.StatusCode)
			}
		})
	}
	for end := time.Now().Add(20 * time.Second); waiting() < most; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			release()
			t.Fatalf("%d of %d wait", waiting(), most)
		}
	}
	got := try()
	release()
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
	all.Wait()
	if got := try(); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("one later: %d", got.StatusCode)
	}
}

func TestCookies(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := start(t, func(o *admin.Options) { o.Secure = func(*http.Request) bool { return secure } })
		path, err := s.admin.SetUp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := s.browser(t).post("/admin/setup", "token", tokenOf(t, path), "name", "anna", "password", password, "again", password)
		cookies := got.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("cookies %v", cookies)
		}
		c := cookies[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/admin/" || c.Domain != "" || c.Secure != secure {
			t.Errorf("secure %v: %s", secure, got.Header.Get("Set-Cookie"))
		}
		if n := rows(t, s, "SELECT token FROM admin_sessions WHERE token = '"+c.Value+"'"); n != 0 {
			t.Error("the database has the token of the session itself")
		}
	}
}

func rows(t *testing.T, s *site, query string) (n int) {
	t.Helper()
	err := s.db.Rows(t.Context(), query, nil, func(func(...any) error) error { n++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A session gets a new token when somebody logs in: whoever knew the old one has
// nothing.
func TestNoSessionFixation(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	before := b.Jar.Cookies(b.request("GET", "/admin/", nil).URL)[0].Value
	b.want(b.post("/admin/account", "old", password, "password", password+"!", "again", password+"!"), http.StatusSeeOther)
	if after := b.Jar.Cookies(b.request("GET", "/admin/", nil).URL)[0].Value; after == before {
		t.Error("the session keeps its token")
	}
}

func TestChangingThePasswordLogsOthersOut(t *testing.T) {
	s := start(t, nil)
	b, other := s.anna(t), s.browser(t)
	other.want(other.post("/admin/login", "name", "anna", "password", password), http.StatusSeeOther)
	b.want(b.post("/admin/account", "old", "wrong password", "password", password+"!", "again", password+"!"), http.StatusUnprocessableEntity)
	if !other.in() {
		t.Fatal("a refused change logs others out")
	}
	b.want(b.post("/admin/account", "old", password, "password", password+"!", "again", password+"!"), http.StatusSeeOther)
	if !b.in() || other.in() {
		t.Errorf("after the change: own session %v, other session %v", b.in(), other.in())
	}
	other.want(other.post("/admin/login", "name", "anna", "password", password), http.StatusUnauthorized)
	other.want(other.post("/admin/login", "name", "anna", "password", password+"!"), http.StatusSeeOther)
}

func TestRemovedAccountsAreLoggedOut(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	if err := admin.NewAccounts(admin.SQL(s.db)).Remove(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if b.in() {
		t.Error("still logged in")
	}
	if err := admin.NewAccounts(admin.SQL(s.db)).Remove(t.Context(), "anna"); err == nil {
		t.Error("removed twice")
	}
}

func TestSessionsEnd(t *testing.T) {
	s := start(t, func(o *admin.Options) { o.Session = time.Second })
	b := s.anna(t)
	for end := time.Now().Add(10 * time.Second); b.in(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a session of a second lasts longer than ten")
		}
	}
}

// What another site has a browser send is refused, by either field in which browsers
// tell.
func TestOtherSitesAreRefused(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	for field, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		for _, path := range []string{"/admin/login", "/admin/logout", "/admin/account", "/admin/setup"} {
			r := b.request("POST", path, strings.NewReader(""))
			r.Header.Set(field, value)
			if got := b.send(r); got.StatusCode != http.StatusForbidden || !b.in() {
				t.Errorf("%s with %s: %s: %d", path, field, value, got.StatusCode)
			}
		}
	}
	r := b.request("POST", "/admin/logout", nil)
	r.Header.Set("Origin", s.URL)
	b.want(b.send(r), http.StatusSeeOther)
}

func TestPagesAreNotStoredNorFramed(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	for _, path := range []string{"/admin/", "/admin/account", "/admin/login", "/admin/nothing-here"} {
		h := b.get(path).Header
		if h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
	b.want(b.get("/admin/nothing-here"), http.StatusNotFound)
}

// No template has a script or a style of its own, which the policy would refuse.
func TestFilesOfThePages(t *testing.T) {
	s := start(t, nil)
	page := s.browser(t).get("/admin/login").body
	for _, kind := range []string{`href="`, `src="`} {
		_, rest, ok := strings.Cut(page, kind+"/admin/static/")
		name, _, _ := strings.Cut(rest, `"`)
		got := s.browser(t).get("/admin/static/" + name)
		if !ok || got.StatusCode != http.StatusOK || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %v", name, got.StatusCode, got.Header)
		}
	}
}

func TestDatabaseThatIsGone(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	s.db.Close()
	for _, path := range []string{"/admin/", "/admin/login"} {
		got := b.get(path)
		if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
}
