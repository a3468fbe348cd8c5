package main

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers/pages"
	"github.com/downlink-go/downlink/core"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const some = `[stores.a]
path = "/nowhere"
workers = {driver = "r2", binding = "A"}
[stores.b]
driver = "r2"
binding = "B"
[catalog.workers]
driver = "d1"
binding = "DB"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "a"
path = "public/{path}"
attachment = false
list = true
[[views]]
pattern = "/b/{path...}"
kind = "storage"
store = "b"
platforms = ["workers"]
`

func TestR5_SiteOfAConfiguration(t *testing.T) {
	c, err := load(write(t, "downlink.toml", some))
	if err != nil {
		t.Fatal(err)
	}
	s, err := site(c)
	if err != nil {
		t.Fatal(err)
	}
	wantRoutes := []core.Route{
		{Pattern: "/a/{path...}", Lookup: core.Object, Source: "a", Path: "public/{path}", Options: core.Options{Inline: true}},
		{Pattern: "/b/{path...}", Lookup: core.Object, Source: "b"},
		{Pattern: "/d/{slug}", Lookup: core.Item},
	}
	if !reflect.DeepEqual(s.Routes, wantRoutes) {
		t.Errorf("routes: got %+v, want %+v", s.Routes, wantRoutes)
	}
	if want := map[string]string{"a": "A", "b": "B"}; !reflect.DeepEqual(s.Stores, want) || s.Catalog != "DB" || s.Resume != time.Hour {
		t.Errorf("got %v, %q and %v", s.Stores, s.Catalog, s.Resume)
	}
	want := pages.Site{
		Catalog: "DB", Item: "/d/{slug}",
		Files: []pages.Listing{{Store: "a", Bucket: "A", Prefix: "public/", Pattern: "/a/{path...}"}},
	}
	if got := offer(c); !reflect.DeepEqual(got, want) {
		t.Errorf("offer: got %+v, want %+v", got, want)
	}
}

// The Worker gets the rules of signed links and the names of the secrets, and no secret.
func TestL1_LinksOfAConfiguration(t *testing.T) {
	t.Setenv("LINK_KEY", "0123456789abcdef0123456789abcdef")
	revoked := write(t, "revoked.txt", "id gone\n")
	c, err := load(write(t, "downlink.toml", some+"link = \"required\"\n"+
		"[links]\nmax_life = \"1h\"\nrevoked = '"+revoked+"'\n[[links.keys]]\nid = \"k1\"\nsecret_env = \"LINK_KEY\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := site(c)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Routes[1].LinkRequired || s.Links.MaxLife != time.Hour || s.Resume != time.Hour || !slices.Equal(s.Links.RevokedIDs, []string{"gone"}) ||
		!maps.Equal(s.Secrets, map[string]string{"k1": "LINK_KEY"}) {
		t.Errorf("got %+v", s)
	}
	if text, err := s.Module(); err != nil || strings.Contains(string(text), "0123456789abcdef") || !strings.Contains(string(text), "LINK_KEY") {
		t.Errorf("site.mjs is %s, %v", text, err)
	}
	if err := os.Remove(revoked); err != nil {
		t.Fatal(err)
	}
	if _, err := site(c); err == nil {
		t.Error("without the file of revoked links the Worker is built: they would be good again")
	}
}

func TestR5_EveryFaultAtOnce(t *testing.T) {
	path := write(t, "downlink.toml", "[stores.a]\npath = \"x\"\nbinding = \"A\"\n[catalog.workers]\ndriver = \"d2\"\n")
	_, err := load(path)
	for _, want := range []string{path + ":3:11: binding is not for the driver", path + ":5:10: driver takes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := load(write(t, "downlink.toml", "[stores.a]\npath = \"x\"\n")); err == nil || !strings.Contains(err.Error(), "says nothing about Workers") {
		t.Errorf("a configuration of a server: %v", err)
	}
	if _, err := load("none.toml"); err == nil || !strings.Contains(err.Error(), "none.toml") {
		t.Errorf("no configuration: %v", err)
	}
}

func TestR4_BindingsOfWrangler(t *testing.T) {
	c, err := load(write(t, "downlink.toml", some))
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "wrangler.toml", "name = \"x\"\n[[r2_buckets]]\nbinding = \"B\"\n")
	err = checkBindings(c, path)
	for _, want := range []string{`the store "a": write [[r2_buckets]] with binding = "A"`, `the catalogue: write [[d1_databases]] with binding = "DB"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), `"b"`) {
		t.Errorf("a bucket that is bound is missed: %v", err)
	}
	whole := "[[r2_buckets]]\nbinding = \"B\"\n[[r2_buckets]]\nbinding = \"A\"\n[[d1_databases]]\nbinding = \"DB\"\n"
	if err := checkBindings(c, write(t, "wrangler.toml", whole)); err != nil {
		t.Error(err)
	}
	if err := checkBindings(c, "none.toml"); err != nil {
		t.Errorf("without a wrangler.toml: %v", err)
	}
}

// The demo is what the Worker's own wrangler.toml is for.
func TestR4_Demo(t *testing.T) {
	t.Chdir("../../..")
	c, err := load(demo)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkBindings(c, "wrangler.toml"); err != nil {
		t.Error(err)
	}
	if s := offer(c); s.Catalog == "" || len(s.Files) != 1 {
		t.Errorf("the demo lists %+v", s)
	}
}
