package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

const (
	linkSecret      = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="
	otherLinkSecret = "5f2c9a7e1b3d4c6f8a0e2d4b6c8f0a1e3d5b7c9f0e2a4c6b8d0f1e3a5c7b9d1f"
	linkedView      = view + "link = \"required\"\n"
	oneKey          = "[[links.keys]]\nid = \"one\"\nsecret_env = \"DOWNLINK_TEST_KEY\"\n"
)

// startLinked serves files by link, with more in the configuration.
func startLinked(t *testing.T, more string) *running {
	t.Helper()
	t.Setenv("DOWNLINK_TEST_KEY", linkSecret)
	return start(t, linkedView+oneKey+more)
}

// linkTo is the path of a file with a link of an hour, signed by the key called
// "one" unless the grant names another.
func linkTo(t *testing.T, path string, g link.Grant) string {
	t.Helper()
	if g.Key == "" {
		g.Key = "one"
	}
	if g.Expires.IsZero() {
		g.Expires = time.Now().Add(time.Hour)
	}
	secret := linkSecret
	if g.Key != "one" {
		secret = otherLinkSecret
	}
	k, err := link.NewKey(g.Key, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	g.Path = path
	token, err := k.Sign(g)
	if err != nil {
		t.Fatal(err)
	}
	return link.URL(path, token)
}

func (r *running) status(path string, fields ...string) int {
	r.t.Helper()
	resp, _ := r.get(path, fields...)
	return resp.StatusCode
}

// accessOptions are the tests of the keys that say who may have files.
var accessOptions = map[string]func(t *testing.T){
	"[[views]] link": func(t *testing.T) {
		r := startLinked(t, "")
		r.want("without a link", r.status("/f/a.txt"), 403)
		r.want("with a link", r.status(linkTo(t, "/f/a.txt", link.Grant{})), 200)
		if strings.Contains(r.log.String(), "?") || strings.Contains(r.log.String(), "link=") {
			t.Errorf("the log has the link:\n%s", r.log.String())
		}
	},
	"[[links.keys]] id": func(t *testing.T) {
		r := startLinked(t, "")
		r.want("key of another id", r.status(linkTo(t, "/f/a.txt", link.Grant{Key: "two"})), 403)
	},
	"[[links.keys]] secret_env": func(t *testing.T) {
		t.Setenv("DOWNLINK_TEST_OTHER", otherLinkSecret)
		r := startLinked(t, "[[links.keys]]\nid = \"two\"\nsecret_env = \"DOWNLINK_TEST_OTHER\"\n")
		r.want("first key", r.status(linkTo(t, "/f/a.txt", link.Grant{})), 200)
		r.want("second key", r.status(linkTo(t, "/f/a.txt", link.Grant{Key: "two"})), 200)
	},
	"[[links.keys]] secret_file": func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "link.key")
		if err := os.WriteFile(file, []byte(otherLinkSecret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := startLinked(t, "[[links.keys]]\nid = \"two\"\nsecret_file = '"+file+"'\n")
		r.want("key in a file", r.status(linkTo(t, "/f/a.txt", link.Grant{Key: "two"})), 200)
	},
	"[links] max_life": func(t *testing.T) {
		for line, want := range map[string]int{"": 200, "max_life = \"30m\"\n": 403} {
			r := startLinked(t, "[links]\n"+line)
			r.want("an hour's link with "+line, r.status(linkTo(t, "/f/a.txt", link.Grant{})), want)
		}
	},
	"[links] leeway": func(t *testing.T) {
		for line, want := range map[string]int{"": 403, "leeway = \"60s\"\n": 200} {
			r := startLinked(t, "[links]\n"+line)
			r.want("a link of yesterday's second with "+line, r.status(linkTo(t, "/f/a.txt", link.Grant{Expires: time.Now().Add(-time.Second)})), want)
		}
	},
	"[links] resume": func(t *testing.T) {
		for line, want := range map[string]int{"": 206, "resume = \"1ns\"\n": 403} {
			r := startLinked(t, "[links]\n"+line)
			once := linkTo(t, "/f/a.txt", link.Grant{ID: "x", Uses: 1})
			r.want("the download", r.status(once), 200)
			r.want("the rest of it with "+line, r.status(once, "Range: bytes=3-"), want)
		}
	},
	"[links] revoked": func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "revoked.txt")
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("# given to the wrong one\nid x\n\nsubject Eve <eve@example.org>\n")
		r := startLinked(t, "[links]\nrevoked = '"+file+"'\n")
		byID, bySubject := linkTo(t, "/f/a.txt", link.Grant{ID: "x"}), linkTo(t, "/f/a.txt", link.Grant{ID: "y", Subject: "Eve <eve@example.org>"})
		later := linkTo(t, "/f/a.txt", link.Grant{ID: "later"})
		r.want("revoked by id", r.status(byID), 403)
		r.want("revoked by subject", r.status(bySubject), 403)
		r.want("not revoked", r.status(later), 200)
		write("id later\n")
		waitUntil(t, func() bool { return r.status(later) == 403 })
		r.want("no longer revoked", r.status(byID), 200)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), "stay revoked") })
		r.want("revoked by a file that is lost", r.status(later), 403)
	},
	"[server] client_address_header": func(t *testing.T) {
		local := linkTo(t, "/f/a.txt", link.Grant{Network: "198.51.100.0/24"})
		r := startLinked(t, "")
		r.want("from the loopback interface", r.status(local, "X-Forwarded-For: 198.51.100.7"), 403)
		t.Setenv("DOWNLINK_TEST_KEY", linkSecret)
		r = start(t, "[server]\nclient_address_header = \"x-forwarded-for\"\n"+linkedView+oneKey)
		r.want("as the front server says", r.status(local, "X-Forwarded-For: 192.0.2.1, 198.51.100.7"), 200)
		r.want("as a client says before it", r.status(local, "X-Forwarded-For: 198.51.100.7, 192.0.2.1"), 403)
		r.want("in a second line", r.status(local, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 198.51.100.7"), 200)
		r.want("as nobody says", r.status(local), 403)
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), "remote=198.51.100.7") })
	},
	"[[views]] allow": func(t *testing.T) {
		r, app := startAsking(t, "")
		r.want("a friend", r.status("/f/a.txt", "Cookie: user=friend"), 200)
		r.want("a stranger", r.status("/f/a.txt", "Cookie: user=stranger", "If-None-Match: *", "Range: bytes=999-"), 403)
		r.want("nobody", r.status("/f/a.txt"), 401)
		resp, _ := r.get("/f/a.txt", "Cookie: user=friend")
		r.want("Cache-Control", resp.Header.Get("Cache-Control"), "private, no-cache")
		r.want("Vary", resp.Header.Get("Vary"), "Authorization, Cookie")
		app.Close()
		r.want("without the application", r.status("/f/a.txt", "Cookie: user=friend"), 503)
	},
	"[forward_auth] url": func(t *testing.T) {
		r, _ := startAsking(t, "")
		r.want("application at the URL", r.status("/f/a.txt", "Cookie: user=friend"), 200)
	},
	"[forward_auth] timeout": func(t *testing.T) {
		r, _ := startAsking(t, "timeout = \"100ms\"\n")
		r.want("a slow application", r.status("/f/a.txt", "Cookie: user=slow"), 503)
	},
	"[forward_auth] headers": func(t *testing.T) {
		for line, want := range map[string]int{"": 401, "headers = [\"X-User\"]\n": 200} {
			r, _ := startAsking(t, line)
			r.want("known by a field with "+line, r.status("/f/a.txt", "X-User: friend"), want)
			if resp, _ := r.get("/f/a.txt", "X-User: friend"); want == 200 {
				r.want("Vary", resp.Header.Get("Vary"), "X-User")
			}
		}
	},
	"[forward_auth] login_redirect": func(t *testing.T) {
		for line, want := range map[string]int{"": 503, "login_redirect = true\n": 302} {
			r, _ := startAsking(t, line)
			resp, _ := r.get("/f/sub/b.txt?x=y", "Cookie: user=guest")
			r.want("status with "+line, resp.StatusCode, want)
			if want == 302 {
				r.want("Location", resp.Header.Get("Location"), "/login?next=/f/sub/b.txt?x=y")
			}
		}
	},
}

// startAsking serves files to whom an application allows it.
func startAsking(t *testing.T, more string) (*running, *httptest.Server) {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := r.Header.Get("X-User")
		if c, err := r.Cookie("user"); err == nil {
			user = c.Value
		}
		switch user {
		case "":
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
		case "friend":
			w.WriteHeader(204)
		case "guest":
			http.Redirect(w, r, "/login?next="+r.Header.Get("X-Original-URI"), http.StatusFound)
		case "slow":
			<-r.Context().Done()
		default:
			w.WriteHeader(403)
		}
	}))
	t.Cleanup(app.Close)
	return start(t, fmt.Sprintf("%sallow = \"forward-auth\"\n[forward_auth]\nurl = %q\n%s", view, app.URL+"/auth", more)), app
}

// Files that not everybody may have are not listed, and neither are the items of a
// catalogue that is not for everybody.
func TestProtectedViewsAreNotListed(t *testing.T) {
	t.Setenv("DOWNLINK_TEST_KEY", linkSecret)
	const site = "[admin]\nurl = \"https://files.example.org\"\n"
	for toml, want := range map[string]bool{
		usualStore + "[[views]]\npattern = \"/o/{slug}\"\nkind = \"object\"\n":                               true,
		usualStore + "[[views]]\npattern = \"/o/{slug}\"\nkind = \"object\"\nlink = \"required\"\n" + oneKey: false,
	} {
		r := start(t, toml+site)
		for _, path := range []string{"/", "/sitemap.xml"} {
			if _, body := r.get(path); strings.Contains(body, "/o/item") != want {
				t.Errorf("%s\n%s has it: %v, want %v", toml, path, !want, want)
			}
		}
	}
}

// explain counts nothing.
func TestExplainUsesNoLinks(t *testing.T) {
	r := startLinked(t, "")
	once := linkTo(t, "/f/a.txt", link.Grant{ID: "x", Uses: 1, Subject: "Ann"})
	explain := func() string {
		return run(t, "explain", "GET", once, "--config", filepath.Join(r.dir, "downlink.toml"))
	}
	for range 2 {
		if out := explain(); !strings.Contains(out, "200 OK") || !strings.Contains(out, `subject "Ann"`) {
			t.Errorf("explain: %s", out)
		}
	}
	r.want("the download", r.status(once), 200)
	if out := explain(); !strings.Contains(out, "403 Forbidden") || !strings.Contains(out, "as often as it may be") {
		t.Errorf("explain afterwards: %s", out)
	}
}
