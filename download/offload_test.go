package download_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

func TestRules(t *testing.T) {
	store, dir := folder(t, "media", "a.txt", "nginx/b c.txt", "nginx-private/d.txt")
	store = store.WithBaseURL("/media/")
	for _, c := range []struct {
		name string
		rule download.Rule
		key  string
		want string // "" streams
	}{
		{"by store", download.Rule{Source: "media", Destination: "/i/"}, "nginx/b c.txt", "/i/nginx/b c.txt"},
		{"by another store", download.Rule{Source: "med", Destination: "/i/"}, "a.txt", ""},
		{"by directory", download.Rule{SourceDir: dir, Destination: "/i/"}, "a.txt", "/i/a.txt"},
		{"by directory with a slash", download.Rule{SourceDir: dir + "/", Destination: "/i/"}, "a.txt", "/i/a.txt"},
		{"by directory inside", download.Rule{SourceDir: filepath.Join(dir, "nginx"), Destination: "/i/"}, "nginx/b c.txt", "/i/b c.txt"},
		{"sibling of the directory", download.Rule{SourceDir: filepath.Join(dir, "nginx"), Destination: "/i/"}, "nginx-private/d.txt", ""},
		{"by URL", download.Rule{SourceURL: "/media/nginx/", Destination: "/i/"}, "nginx/b c.txt", "/i/b c.txt"},
		{"by URL without a slash", download.Rule{SourceURL: "/media/nginx", Destination: "/i/"}, "nginx/b c.txt", "/i/b c.txt"},
		{"sibling of the URL", download.Rule{SourceURL: "/media/nginx", Destination: "/i/"}, "nginx-private/d.txt", ""},
		{"above the URL", download.Rule{SourceURL: "/media/nginx/", Destination: "/i/"}, "a.txt", ""},
	} {
		s := newService(t, []download.Rule{c.rule}, download.Route{Pattern: "/f/{path...}", View: &download.StorageView{Store: store}})
		a := ask(t, s, get("/f/"+string(core.AppendEscapedPath(nil, c.key))))
		if a.Target.Path != c.want || (a.Delivery == core.Offload) != (c.want != "") {
			t.Errorf("%s: %v to %q, want %q", c.name, a.Delivery, a.Target.Path, c.want)
		}
	}
	mem := memory("a.txt")
	s := newService(t, []download.Rule{{SourceDir: "/", Destination: "/i/"}, {SourceURL: "/", Destination: "/i/"}},
		download.Route{Pattern: "/f/{path...}", View: &download.StorageView{Store: mem}})
	if a := ask(t, s, get("/f/a.txt")); a.Delivery != core.Stream {
		t.Errorf("a store without files or URLs: %v, want it streamed", a.Delivery)
	}
}

func TestWhichRule(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	rules := []download.Rule{
		{Name: "other", Source: "other", Destination: "/other/"},
		{Source: "media", Destination: "/first/"},
		{Name: "slow", Source: "media", Destination: "/slow/", LimitRate: 1000},
	}
	for offload, want := range map[string]string{"": "/first/a.txt", "slow": "/slow/a.txt", "other": "", download.Off: ""} {
		s := newService(t, rules, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}, Offload: offload})
		a := ask(t, s, get("/a.txt"))
		if a.Target.Path != want {
			t.Errorf("offload %q: %q, want %q", offload, a.Target.Path, want)
		}
		if want == "/slow/a.txt" && a.Target.Rule.LimitRate != 1000 {
			t.Errorf("offload %q: the rule's options are lost", offload)
		}
	}
}

func TestOwnValidatorsGoToALocationOfTheirOwn(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	for _, c := range []struct {
		adjust func(*core.Representation)
		want   string
	}{
		{nil, "/i/a.txt"},
		{func(r *core.Representation) { r.Language = "en" }, "/i/a.txt"},
		{func(r *core.Representation) { r.ETag = `"mine"` }, "/i@own/a.txt"},
		{func(r *core.Representation) { r.LastModified = r.LastModified.AddDate(-1, 0, 0) }, "/i@own/a.txt"},
	} {
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{Store: store, Key: "a.txt", Adjust: c.adjust}, nil
		})
		s := newService(t, []download.Rule{{Source: "media", Destination: "/i/"}}, download.Route{Pattern: "/x", View: view})
		if a := ask(t, s, get("/x")); a.Target.Path != c.want {
			t.Errorf("target %q, want %q", a.Target.Path, c.want)
		}
	}
}

func TestOffloadedFilesAreLookedAtFirst(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	s := newService(t, []download.Rule{{Source: "media", Destination: "/i/"}}, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
	if a := ask(t, s, get("/none")); a.Status != 404 || a.Delivery != core.None {
		t.Errorf("a missing file: %d by %v, want 404 by none", a.Status, a.Delivery)
	}
	r := get("/a.txt")
	r.Method = "HEAD"
	if a := ask(t, s, r); a.Status != 200 || a.Delivery != core.None || a.Get("Content-Length") != "16" {
		t.Errorf("HEAD: %d by %v, length %q; want 200 by none and 16", a.Status, a.Delivery, a.Get("Content-Length"))
	}
}

func TestBelow(t *testing.T) {
	r := download.Rule{SourceURL: "/media/nginx"}
	for base, want := range map[string]string{"/media": "nginx/", "/media/": "nginx/", "/media/nginx/": "", "/med": "-", "": "-", "/media/nginx/x/": "-"} {
		rest, ok := r.Below(base)
		if !ok {
			rest = "-"
		}
		if rest != want {
			t.Errorf("Below(%q) = %q, want %q", base, rest, want)
		}
	}
}

// What a link leads to decides which rule a file falls under, and is what the
// front server is told; the link gives the name.
func TestRulesSeeWhereLinksLead(t *testing.T) {
	store, dir := folder(t, "media", "public/a.txt", "private/b.txt")
	for link, target := range map[string]string{"public/in.txt": "a.txt", "public/out.txt": "../private/b.txt"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := newService(t, []download.Rule{{SourceDir: filepath.Join(dir, "public"), Destination: "/i/"}},
		download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}})
	in := ask(t, s, get("/public/in.txt"))
	if in.Target.Path != "/i/a.txt" || in.Get("Content-Disposition") != `attachment; filename="in.txt"` {
		t.Errorf("in.txt: %q as %q", in.Target.Path, in.Get("Content-Disposition"))
	}
	out := ask(t, s, get("/public/out.txt"))
	if got := body(t, &out); out.Delivery != core.Stream || got != "content of private/b.txt" {
		t.Errorf("out.txt: %v to %q", out.Delivery, out.Target.Path)
	}
}

func TestOddRequestsAreStreamed(t *testing.T) {
	store, dir := folder(t, "media", "a.txt")
	s := newService(t, []download.Rule{{Source: "media", Destination: "/i/"}}, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
	r := get("/a.txt")
	r.Range = "bytes=0-0,2-2"
	if a := ask(t, s, r); a.Delivery != core.Stream || len(a.Spans) != 2 || a.Object == nil {
		t.Errorf("two ranges: %d by %v", a.Status, a.Delivery)
	}
	if err := os.Remove(filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, s, r); a.Status != 404 {
		t.Errorf("a file that is gone: %d", a.Status)
	}
}

// resolving is a driver that counts how often links are followed.
type resolving struct {
	*storage.Store
	count *int
}

func (d resolving) Resolve(ctx context.Context, key string) (string, core.Metadata, error) {
	*d.count++
	return d.Store.Resolve(ctx, key)
}

func TestLinksAreFollowedForRulesOfTheStoreOnly(t *testing.T) {
	for source, want := range map[string]int{"other": 0, "s": 1} {
		count := 0
		store := storage.New("s", resolving{memory("a.txt"), &count})
		s := newService(t, []download.Rule{{Source: source, Destination: "/i/"}}, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
		if a := ask(t, s, get("/a.txt")); a.Status != 200 || count != want {
			t.Errorf("rule for store %q: %d, links followed %d times, want %d", source, a.Status, count, want)
		}
	}
}
