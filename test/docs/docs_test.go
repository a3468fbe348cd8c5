// Package docs_test checks what the documentation says against the code.
package docs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/test/server"
)

func TestMain(m *testing.M) { server.Main(m) }

const top = "../../"

// pages are the Markdown files of the project.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		names, err := filepath.Glob(top + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = string(text)
		}
	}
	if len(all) < 8 {
		t.Fatalf("only %d pages: the test looks in the wrong place", len(all))
	}
	return all
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// snippets are the fenced blocks of a language, by page.
func snippets(t *testing.T, language string) (all []snippet) {
	t.Helper()
	for name, text := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			if m[1] == language {
				all = append(all, snippet{name, m[2]})
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("there is no %s snippet: the test looks for the wrong thing", language)
	}
	return all
}

type snippet struct{ page, text string }

// TestGoSnippetsAreCompiled looks for the snippets in the code: statements in a
// function of this package's example files, whole functions as they are, of the demo
// too.
func TestGoSnippetsAreCompiled(t *testing.T) {
	code := ""
	for _, name := range append(glob(t, "example*_test.go"), glob(t, top+"demo/view_*.go")...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code += string(text)
	}
	for _, s := range snippets(t, "go") {
		text := strings.TrimSpace(s.text)
		if !strings.HasPrefix(text, "func ") {
			text = strings.ReplaceAll("\t"+strings.ReplaceAll(text, "\n", "\n\t"), "\n\t\n", "\n\n")
		}
		if !strings.Contains(code, text) {
			t.Errorf("%s: this snippet is not in example*_test.go, nor in the demo:\n%s", s.page, s.text)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

func TestConfigurationSnippetsHaveNoFaults(t *testing.T) {
	for _, s := range snippets(t, "toml") {
		if _, err := config.Parse("downlink.toml", []byte(s.text)); err != nil && !strings.Contains(s.page, "configuration.md") {
			t.Errorf("%s: %v\n%s", s.page, err, s.text)
		}
	}
}

var command = regexp.MustCompile(`(?m)^(?:runuser .* -- |go run \./cmd/)?downlink ([a-z]+)(.*)$`)

// TestCommandSnippets asks the program for the help of each command that the
// pages use, and looks there for the flags that they use.
func TestCommandSnippets(t *testing.T) {
	seen := 0
	for _, s := range snippets(t, "sh") {
		for _, m := range command.FindAllStringSubmatch(s.text, -1) {
			seen++
			args := []string{m[1]}
			if m[1] == "front" || m[1] == "completion" {
				args = append(args, strings.Fields(m[2])[0])
			}
			help, err := exec.Command(server.Program(t), append(args, "--help")...).CombinedOutput()
			if err != nil || !strings.Contains(string(help), "downlink "+strings.Join(args, " ")) {
				t.Errorf("%s: downlink %s: no such command: %v\n%s", s.page, strings.Join(args, " "), err, help)
			}
			for _, flag := range regexp.MustCompile(` (--?[a-zA-Z][a-z-]*)`).FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(string(help), flag[1]) {
					t.Errorf("%s: downlink %s has no flag %s", s.page, m[1], flag[1])
				}
			}
		}
	}
	if seen < 6 {
		t.Errorf("only %d commands found in the pages", seen)
	}
}

var linkTo = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for page, text := range pages(t) {
		for _, m := range linkTo.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
			}
		}
	}
}

// Decisions have numbers of their own, in a row, and say them.
func TestDecisionsAreNumbered(t *testing.T) {
	names, err := filepath.Glob(top + "docs/adr/*.md")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for i, name := range names { // sorted
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(filepath.Base(name), fmt.Sprintf("%04d-", i+1)) || !strings.HasPrefix(string(text), fmt.Sprintf("# %d. ", i+1)) {
			t.Errorf("%s is decision %d, but its name or title says another number", filepath.Base(name), i+1)
		}
	}
}

func TestMakeTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(top + "Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for page, text := range pages(t) {
		for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z0-9-]+)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s: there is no `make %s`", page, m[1])
			}
		}
	}
}

func TestReadme(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/2026", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/2026/a.pdf", []byte("report"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := readme(dir)
	for authorization, want := range map[string]int{"": 403, "Bearer x": 200} {
		r := httptest.NewRequest("GET", "/reports/2026/a.pdf", nil)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Authorization %q: %d, want %d", authorization, w.Code, want)
		}
	}
}

func TestGoPage(t *testing.T) {
	if _, err := fromS3(); err != nil {
		t.Error(err)
	}
	m := memstore.New()
	m.Put("A.TXT", []byte("upper"))
	m.Put("hello.txt", []byte("Hello world!"))
	store := storage.New("reports", m)
	handler, err := behindNginx([]download.Route{{Pattern: "/u/{path}", View: upper(store)}, {Pattern: "/h", View: unchanging(store)}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path, field, value string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set(field, value)
		handler.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string][2]string{"/u/a.txt": {"text/plain; charset=iso-8859-1", "A.TXT"}, "/h": {"text/plain; charset=utf-8", "hello.txt"}} {
		w := ask(path, "X-Downlink-Front", "nginx")
		if to := w.Header().Get("X-Accel-Redirect"); w.Header().Get("Content-Type") != want[0] || to != "/_internal/reports/"+want[1] {
			t.Errorf("%s: %d %v, want %q", path, w.Code, w.Header(), want)
		}
		if w := ask(path, "Accept", "*/*"); w.Header().Get("X-Accel-Redirect") != "" || w.Body.Len() == 0 {
			t.Errorf("%s, of a client: %d %v, want the file", path, w.Code, w.Header())
		}
	}
	if w := ask("/h", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"); w.Code != 304 {
		t.Errorf("a file that never changes: %d, want 304", w.Code)
	}
}

func TestGeneratedPage(t *testing.T) {
	view, err := generated(t.TempDir(), certificates())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { view.(*download.GeneratedView).Cache.Close() })
	service, err := download.New([]download.Route{{Pattern: "/certificate/{course}", View: view}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]string{"": "403 Forbidden: you may not have this file.\n", "ann": "200 ann has finished go.\n"} {
		r := httptest.NewRequest("GET", "/certificate/go", nil)
		if user != "" {
			r.SetBasicAuth(user, "x")
		}
		w := httptest.NewRecorder()
		nethttp.New(service, nethttp.Options{}).ServeHTTP(w, r)
		if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
			t.Errorf("%q: got %q, want %q", user, got, want)
		}
	}
}
