package docs_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/test/need"
)

// snippetOf is the only snippet of a language on a page.
func snippetOf(t *testing.T, page, language string) string {
	t.Helper()
	for _, s := range snippets(t, language) {
		if filepath.Base(s.page) == page {
			return s.text
		}
	}
	t.Fatalf("%s has no %s snippet", page, language)
	return ""
}

// TestLinksInOtherLanguages has the snippets sign what the first test vector signs.
func TestLinksInOtherLanguages(t *testing.T) {
	text, err := os.ReadFile(top + "core/link/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Keys map[string]string
		Sign []struct{ Token string }
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	want, secret := vectors.Sign[0].Token, vectors.Keys["2026-a"]
	for _, c := range []struct{ name, program, language, file, call string }{
		{"Python", "python3", "python", "sign.py", "print(sign(b'" + secret + "', '/files/a.pdf', 1800003600, '2026-a'))\n"},
		{"shell", "bash", "bash", "sign.sh", "sign '" + secret + "' /files/a.pdf 1800003600 2026-a\n"},
		{"JavaScript", "node", "js", "sign.mjs", "console.log(sign('" + secret + "', '/files/a.pdf', 1800003600, '2026-a'))\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := need.Command(t, c.program)
			if c.program == "bash" {
				need.Command(t, "openssl")
				need.Command(t, "basenc")
			}
			file := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(file, []byte(snippetOf(t, "links.md", c.language)+c.call), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, file).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != want {
				t.Errorf("%v: got %s, want %s", err, got, want)
			}
		})
	}
	page, err := os.ReadFile(top + "docs/links.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "TOKEN    "+want+"\n") {
		t.Errorf("docs/links.md does not show the token %s", want)
	}
}

func TestLinksInGo(t *testing.T) {
	secret := []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM=")
	u, err := signed(secret)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(u, "?")
	key, err := link.NewKey("2026-07", secret)
	if err != nil {
		t.Fatal(err)
	}
	v, err := link.NewVerifier([]link.Key{key}, link.Options{MaxLife: 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	g, err := v.Verify(link.Request{Method: "GET", Path: "/private/a b.pdf", Query: query, Now: time.Now()})
	if err != nil || g.Name != "Report.pdf" {
		t.Errorf("%s: %+v, %v", u, g, err)
	}
}

// header is the fields of a request.
type header map[string]string

func (h header) Get(name string) string { return h[name] }

func TestAllowInGo(t *testing.T) {
	m := memstore.New()
	m.Put("a.txt", []byte("a"))
	s, err := download.New([]download.Route{members(&download.StorageView{Store: storage.New("m", m)}, "x")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for authorization, want := range map[string]int{"": 401, "Bearer y": 401, "Bearer x": 200} {
		r := &download.Request{Request: core.Request{Method: "GET", Path: "/members/a.txt"}, Header: header{"Authorization": authorization}}
		a := s.Answer(context.Background(), r)
		if a.Status != want {
			t.Errorf("%q: %d, want %d", authorization, a.Status, want)
		}
		a.Close()
	}
}
