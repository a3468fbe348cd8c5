package core_test

import (
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestPlanRemote(t *testing.T) {
	site := mustSite(t,
		core.Route{Pattern: "/r/{path...}", Lookup: core.Remote, Path: "https://files.example/public/{path}"},
		core.Route{Pattern: "/q/{id}/{v}", Lookup: core.Remote, Path: "http://127.0.0.1:8080/get?v={v}&id={id}"},
		core.Route{Pattern: "/fixed", Lookup: core.Remote, Path: "https://files.example/a%20b.pdf"},
		core.Route{Pattern: "/one/{path}", Lookup: core.Remote, Path: "https://files.example/{path}"},
	)
	for path, want := range map[string]string{
		"/r/a/b.pdf":           "https://files.example/public/a/b.pdf",
		"/r/a%20b%3F%23%25.tx": "https://files.example/public/a%20b%3F%23%25.tx",
		"/r/%C3%A9@x:y":        "https://files.example/public/%C3%A9%40x%3Ay",
		"/q/a&b=c/1%2B2":       "http://127.0.0.1:8080/get?v=1%2B2&id=a%26b%3Dc",
		"/fixed":               "https://files.example/a%20b.pdf",
		"/one/x":               "https://files.example/x",
	} {
		p := site.Plan(core.Request{Method: "GET", Path: path})
		if p.Lookup != core.Remote || p.Key != want {
			t.Errorf("%s: %v %q, want %q", path, p.Lookup, p.Key, want)
		}
	}
	for _, path := range []string{"/r/../b", "/r/a%2fb", "/r/a%5cb", "/q/a%5cb/1", "/one/a%5Cb", "/r/a%00", "/r/.", "/r//evil.example/"} {
		if p := site.Plan(core.Request{Method: "GET", Path: path}); p.Lookup != core.Answered || p.Answer.Status != 404 {
			t.Errorf("%s: %v %q, want 404", path, p.Lookup, p.Key)
		}
	}
}

func TestRemoteTemplates(t *testing.T) {
	for _, url := range []string{
		"", "{path}", "files.example/{path}", "//files.example/{path}", "ftp://files.example/{path}", "HTTPS://files.example/{path}",
		"https://{path}", "https://{path}/", "https://files.{path}/x", "https://files.example", "https://files.example{path}/",
		"https:///{path}", "https://user@files.example/{path}", "https://files.example?{path}/", "https://files.example#/{path}",
		`https://files.example\{path}/`, "https://files.example /{path}", "https://files.example/{other}", "https://files.example/{path",
		"https://bücher.example/{path}",
	} {
		if _, err := core.NewSite([]core.Route{{Pattern: "/{path...}", Lookup: core.Remote, Path: url}}); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}
