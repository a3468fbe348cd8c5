package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

const withAdmin = view + "[admin]\nenabled = true\n"

// visitor is a browser of the admin that follows redirects.
func visitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 20 * time.Second}
}

// setUp makes the first account of a running server by the link that it printed, and
// returns a browser that is logged in and the answer to that.
func (r *running) setUp() (*http.Client, *http.Response) {
	r.t.Helper()
	var link []string
	waitUntil(r.t, func() bool {
		link = regexp.MustCompile(`\S+/admin/setup\?token=(\S+)\n`).FindStringSubmatch(r.out.String())
		return link != nil
	})
	b := visitor(r.t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	const password = "correct horse battery"
	resp, err := b.PostForm("http://"+r.addr+"/admin/setup", url.Values{"token": {link[1]}, "name": {"anna"}, "password": {password}, "again": {password}})
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	r.want("setting up", resp.StatusCode, http.StatusSeeOther)
	return b, resp
}

// asked is the answer to a browser that asks for a page of the admin.
func (r *running) asked(b *http.Client, path string) (*http.Response, string) {
	r.t.Helper()
	resp, err := b.Get("http://" + r.addr + path)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, text(r.t, resp)
}

// upload is the status of the answer to a form with a file.
func (r *running) upload(b *http.Client, content string) int {
	r.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "a.txt")
	if err != nil {
		r.t.Fatal(err)
	}
	io.WriteString(part, content)
	w.Close()
	resp, err := b.Post("http://"+r.addr+"/admin/upload", w.FormDataContentType(), &form)
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// provided is a configuration whose people log in by a provider that has claims, with
// keys of [admin.oidc] in place of the usual ones.
func provided(t *testing.T, claims map[string]any, keys map[string]string) (*running, *server.Issuer) {
	t.Helper()
	t.Setenv("DOWNLINK_TEST_OIDC", server.IssuerSecret)
	t.Setenv("DOWNLINK_TEST_OTHER", "another")
	i := server.StartIssuer(t, claims)
	listen := server.FreePort(t)
	all := map[string]string{"issuer": `"` + i.URL + `"`, "client_id": `"downlink"`, "client_secret_env": `"DOWNLINK_TEST_OIDC"`, "emails": `["anna@example.org"]`}
	maps.Copy(all, keys)
	toml := "[server]\nlisten = \"" + listen + "\"\n" + withAdmin + "url = \"http://" + listen + "\"\n[admin.oidc]\n"
	for key, value := range all {
		toml += key + " = " + value + "\n"
	}
	return start(t, toml), i
}

// logIn is the status of the page after a log-in by the provider.
func (r *running) logIn() int {
	r.t.Helper()
	resp, _ := r.asked(visitor(r.t), "/admin/oidc/start?next=/admin/account")
	return resp.StatusCode
}

var (
	anna = map[string]any{"email": "anna@example.org", "email_verified": true}
	bert = map[string]any{"email": "bert@example.org", "email_verified": true, "groups": []string{"editors"}}
)

// adminOptions are the tests of the keys of the admin.
var adminOptions = map[string]func(t *testing.T){
	"[admin] enabled": func(t *testing.T) {
		for toml, want := range map[string]int{view: 404, withAdmin: 200} {
			r := start(t, toml)
			for _, path := range []string{"/admin/", "/admin"} {
				resp, _ := r.asked(visitor(t), path)
				r.want(path, resp.StatusCode, want)
			}
			resp, _ := r.asked(visitor(t), "/admins")
			r.want("beside the admin", resp.StatusCode, 404)
		}
	},
	"[admin] url": func(t *testing.T) {
		r := start(t, withAdmin+"url = \"https://files.example.org\"\n")
		_, resp := r.setUp()
		if !strings.Contains(r.out.String(), "\n  https://files.example.org/admin/setup?token=") {
			t.Errorf("the link is not of the site:\n%s", r.out.String())
		}
		r.want("cookie over https only", resp.Cookies()[0].Secure, true)
		for _, path := range []string{"/feed.atom", "/sitemap.xml"} {
			if _, body := r.get(path); !strings.Contains(body, "https://files.example.org/d/item") || strings.Contains(body, "http://127") {
				t.Errorf("%s is not of the site: %s", path, body)
			}
		}
	},
	"[admin] store": func(t *testing.T) {
		const other = "[stores.other]\npath = \"other\"\n"
		for line, want := range map[string]string{"": "files", "store = \"other\"\n": "other"} {
			r := start(t, withAdmin+line+other)
			b, _ := r.setUp()
			r.want("upload", r.upload(b, "x"), http.StatusSeeOther)
			if found, err := filepath.Glob(filepath.Join(r.dir, want, "uploads", "*", "*")); len(found) != 1 || err != nil {
				t.Errorf("with %q: %v, %v", line, found, err)
			}
		}
	},
	"[admin] max_upload": func(t *testing.T) {
		r := start(t, withAdmin+"max_upload = 10\n")
		b, _ := r.setUp()
		r.want("upload of 10 bytes", r.upload(b, "0123456789"), http.StatusSeeOther)
		r.want("upload of 11 bytes", r.upload(b, "0123456789x"), http.StatusRequestEntityTooLarge)
	},
	"[admin] direct_uploads": func(t *testing.T) {
		const bucket = "[stores.bucket]\ndriver = \"s3\"\nendpoint = \"http://127.0.0.1:9\"\nbucket = \"b\"\n"
		for line, want := range map[string]bool{"": false, "direct_uploads = true\n": true} {
			r := start(t, withAdmin+"store = \"bucket\"\n"+line+bucket)
			b, _ := r.setUp()
			_, page := r.asked(b, "/admin/upload")
			r.want("straight to the bucket", strings.Contains(page, "data-direct"), want)
		}
	},
	"[admin] session": func(t *testing.T) {
		r := start(t, withAdmin+"session = \"1s\"\n")
		b, _ := r.setUp()
		waitUntil(t, func() bool {
			resp, _ := r.asked(b, "/admin/account")
			return resp.StatusCode == http.StatusSeeOther
		})
	},
	"[admin.oidc] issuer": func(t *testing.T) {
		r, _ := provided(t, anna, nil)
		r.want("log-in", r.logIn(), 200)
	},
	"[admin.oidc] client_id": func(t *testing.T) {
		r, _ := provided(t, anna, map[string]string{"client_id": `"other"`})
		r.want("log-in as another client", r.logIn(), 400)
	},
	"[admin.oidc] client_secret_env": func(t *testing.T) {
		r, _ := provided(t, anna, map[string]string{"client_secret_env": `"DOWNLINK_TEST_OTHER"`})
		r.want("log-in with another secret", r.logIn(), 502)
	},
	"[admin.oidc] emails": func(t *testing.T) {
		r, _ := provided(t, bert, nil)
		r.want("log-in of another address", r.logIn(), 403)
		r, _ = provided(t, bert, map[string]string{"emails": `["bert@example.org"]`})
		r.want("log-in", r.logIn(), 200)
	},
	"[admin.oidc] groups": func(t *testing.T) {
		r, _ := provided(t, bert, map[string]string{"groups": `["editors"]`})
		r.want("log-in of a group", r.logIn(), 200)
		r, _ = provided(t, bert, map[string]string{"groups": `["others"]`})
		r.want("log-in of another group", r.logIn(), 403)
	},
}

// Without its secret the server does not start, and says what to do.
func TestAdminWithoutSecret(t *testing.T) {
	s := &settings{data: t.TempDir()}
	cfg, err := s.load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Server.Listen, cfg.Admin.Enabled = "127.0.0.1:0", true
	cfg.Admin.OIDC.Issuer, cfg.Admin.OIDC.ClientSecretEnv = "https://login.example.org", "DOWNLINK_TEST_UNSET"
	err = serve(context.Background(), s, cfg, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "DOWNLINK_TEST_UNSET is not set") {
		t.Errorf("got %v", err)
	}
}

// A folder alone keeps its uploads to itself: what is in it is everybody's.
func TestAdminOfAFolder(t *testing.T) {
	s := &settings{data: t.TempDir()}
	cfg, err := s.load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.addAdmin(cfg); err != nil {
		t.Fatal(err)
	}
	site, err := s.open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	up, err := site.uploadStore()
	if err != nil || up.Name() != "uploads" || !cfg.Admin.Enabled {
		t.Fatalf("%v, %v", up, err)
	}
	if at, _ := up.LocalPath(""); !strings.HasPrefix(at, s.data) {
		t.Errorf("uploads go to %s", at)
	}
}
