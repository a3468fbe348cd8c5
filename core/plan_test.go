package core_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestPlanChoosesTheMostSpecificRoute(t *testing.T) {
	routes := []core.Route{
		{Pattern: "/{path...}", Lookup: core.Object, Source: "all"},
		{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
		{Pattern: "/files/{path}", Lookup: core.File, Source: "top"},
		{Pattern: "/files/manual.pdf", Lookup: core.Object, Path: "docs/manual-2.pdf"},
		{Pattern: "/{area}/manual.pdf", Lookup: core.Object, Path: "{area}.pdf"},
		{Pattern: "/d/{slug}", Lookup: core.Item},
		{Pattern: "/a/{x}/c/{y}", Lookup: core.Object, Path: "x={x},y={y}/{x}{y}.bin"},
		{Pattern: "/own/{id}/{rest...}", Lookup: core.Custom},
		{Pattern: "/a b/é", Lookup: core.Custom},
	}
	for _, row := range []struct {
		path   string
		route  int
		key    string
		params map[string]string
	}{
		{"/x", 0, "x", map[string]string{"path": "x", "slug": "", "": ""}},
		{"/x/y/z", 0, "x/y/z", nil},
		{"/files", 0, "files", nil},
		{"/files/a", 2, "a", nil},
		{"/files/a/b", 1, "a/b", map[string]string{"path": "a/b"}},
		{"/files/manual.pdf", 3, "docs/manual-2.pdf", nil},
		{"/files/manual%2Epdf", 3, "docs/manual-2.pdf", nil},
		{"/other/manual.pdf", 4, "other.pdf", map[string]string{"area": "other"}},
		{"/Files/a/b", 0, "Files/a/b", nil},
		{"/filesx/a", 0, "filesx/a", nil},
		{"/d/report", 5, "report", map[string]string{"slug": "report"}},
		{"/d/report/x", 0, "d/report/x", nil},
		{"/a/1/c/2", 6, "x=1,y=2/12.bin", map[string]string{"x": "1", "y": "2"}},
		{"/own/7/p/q", 7, "", map[string]string{"id": "7", "rest": "p/q"}},
		{"/own/7", 0, "own/7", nil},
		{"/a%20b/%C3%A9", 8, "", nil},
		{"/%64/r%65port", 5, "report", nil},
		{"/files/a%20b%3F%23%25.txt", 2, "a b?#%.txt", nil},
		{"/files/%F0%9F%98%80", 2, "😀", nil},
		{"/files/%FF", 2, "\xff", nil},
		{"/files/+", 2, "+", nil},
		{"/files/...", 2, "...", nil},
		{"/files/..a", 2, "..a", nil},
		{"/files/a..", 2, "a..", nil},
	} {
		t.Run(row.path, func(t *testing.T) {
			for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7, 8}, {8, 7, 6, 5, 4, 3, 2, 1, 0}, {4, 0, 5, 2, 8, 1, 7, 3, 6}} {
				var shuffled []core.Route
				for _, i := range order {
					shuffled = append(shuffled, routes[i])
				}
				for _, method := range []string{"GET", "HEAD"} {
					p := mustSite(t, shuffled...).Plan(core.Request{Method: method, Path: row.path})
					if p.Lookup == core.Answered {
						t.Fatalf("answered with %d (%s)", p.Answer.Status, p.Answer.Reason)
					}
					if got := order[p.Route]; got != row.route || p.Lookup != routes[got].Lookup {
						t.Errorf("in the order %v: route %d by %v, want %d", order, got, p.Lookup, row.route)
					}
					if p.Key != row.key {
						t.Errorf("in the order %v: key %q, want %q", order, p.Key, row.key)
					}
					for name, want := range row.params {
						if got := p.Param(name); got != want {
							t.Errorf("{%s} = %q, want %q", name, got, want)
						}
					}
				}
			}
		})
	}
}

func TestPlanAnswers(t *testing.T) {
	site := mustSite(t,
		core.Route{Pattern: "/files/{path...}", Lookup: core.Object},
		core.Route{Pattern: "/d/{slug}", Lookup: core.Item},
		core.Route{Pattern: "/up/{name}", Lookup: core.Object, Path: "a/{name}/.."},
		core.Route{Pattern: "/own", Lookup: core.Custom},
	)
	for _, row := range []struct {
		name, method, path string
		status             int
	}{
		{"no route", "GET", "/nothing", 404},
		{"no route and another method", "POST", "/nothing", 404},
		{"root", "GET", "/", 404},
		{"route without its variable", "GET", "/files", 404},
		{"trailing slash", "GET", "/files/", 404},
		{"more than the pattern", "GET", "/d/a/b", 404},
		{"POST", "POST", "/files/a", 405},
		{"OPTIONS", "OPTIONS", "/d/a", 405},
		{"method in lower case", "get", "/own", 405},
		{"no method", "", "/own", 405},
		{"asterisk form", "OPTIONS", "*", 400},
		{"no path", "GET", "", 400},
		{"absolute form left in", "GET", "http://host/files/a", 400},
		{"bad escape", "GET", "/files/%zz", 400},
		{"bad escape outside of every route", "GET", "/%", 400},
		{"template that leads up", "GET", "/up/x", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := site.Plan(core.Request{Method: row.method, Path: row.path})
			if p.Lookup != core.Answered || p.Answer.Status != row.status {
				t.Errorf("got %v with %d (%s), want %d", p.Lookup, p.Answer.Status, p.Answer.Reason, row.status)
			}
			if err := p.Answer.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The classes of path attack in the order of the list of what goes wrong; each
// is refused wherever it stands in the path.
func TestPlanRefusesHostilePaths(t *testing.T) {
	site := mustSite(t, core.Route{Pattern: "/files/{path...}", Lookup: core.Object})
	for _, row := range []struct {
		name, segment string
		status        int
	}{
		{"dot dot", "..", 404},
		{"dot", ".", 404},
		{"encoded dots", "%2e%2e", 404},
		{"half encoded dots", ".%2E", 404},
		{"encoded dot", "%2e", 404},
		{"encoded slash", "a%2fb", 404},
		{"encoded slash in capitals", "..%2F..", 404},
		{"backslash", `..\..`, 404},
		{"encoded backslash", "..%5c..", 404},
		{"encoded backslash in capitals", "..%5Ca", 404},
		{"encoded backslash, dots behind", "a%5c..", 404},
		{"encoded backslash, encoded dots", "a%5c%2e%2e%5cb", 404},
		{"encoded backslash, one dot", "a%5c.", 404},
		{"encoded backslash in front", "%5ca", 404},
		{"encoded backslash at the end", "a%5c", 404},
		{"two encoded backslashes", "%5c%5chost%5cshare", 404},
		{"two encoded backslashes inside", "a%5c%5cb", 404},
		{"drive", "C:%5cWindows", 404},
		{"drive further on", "a%5cC:%5cWindows", 404},
		{"backslash between letters", `a\b`, 404},
		{"empty segment", "", 404},
		{"NUL", "a%00", 404},
		{"raw NUL", "a\x00b", 404},
		{"tab", "a%09", 404},
		{"CR LF", "a%0d%0aX-Injected:%20y", 404},
		{"raw CR LF", "a\r\nX-Injected: y", 404},
		{"DEL", "%7f", 404},
		{"escape", "%1b[2J", 404},
		{"%u escape", "%u002e%u002e", 400},
		{"double percent", "%%32%65%%32%65", 400},
		{"cut escape", "%2", 400},
		{"lone percent", "%", 400},
		{"escape with signs", "%+1%-1", 400},
		{"too long", strings.Repeat("x", 4097), 404},
		{"too long when encoded", strings.Repeat("%78", 4097), 404},
		{"far too long", strings.Repeat("%78", 100_000), 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, path := range []string{"/files/" + row.segment + "/x", "/files/x/" + row.segment, "/files/x/" + row.segment + "/y", "/" + row.segment + "/files/x"} {
				p := site.Plan(core.Request{Method: "GET", Path: path})
				if p.Lookup != core.Answered || p.Answer.Status != row.status {
					t.Errorf("%.60q: got %v of %.60q with %d, want %d", path, p.Lookup, p.Key, p.Answer.Status, row.status)
				}
			}
		})
	}
	// Decoded once, these are names like any other: they stay one segment.
	for path, key := range map[string]string{
		"/files/%252e%252e/x":       "%2e%2e/x",
		"/files/%25252e":            "%252e",
		"/files/%252fx":             "%2fx",
		"/files/%c0%ae%c0%ae/x":     "\xc0\xae\xc0\xae/x",
		"/files/%e0%80%ae":          "\xe0\x80\xae",
		"/files/%ef%bc%8e%ef%bc%8e": "\uff0e\uff0e",
		"/files/..;/x":              "..;/x",
		"/files/C:/x":               "C:/x",
		"/files/CON":                "CON",
		"/files/a%5Cb/x":            `a\b/x`,
		"/files/x/a%5c...%5cC:b":    `x/a\...\C:b`,
		"/files/%255c%255cx":        "%5c%5cx",
		"/files/x::$DATA":           "x::$DATA",
		"/files/x%20":               "x ",
		"/files/.%20/x":             ". /x",
	} {
		if p := site.Plan(core.Request{Method: "GET", Path: path}); p.Key != key {
			t.Errorf("%q: got %v of %q, want the key %q", path, p.Lookup, p.Key, key)
		}
	}
}

func TestNewSiteRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		routes []core.Route
		want   string
	}{
		{"bad pattern", []core.Route{{Pattern: "files"}}, "pattern files"},
		{"same pattern twice", []core.Route{{Pattern: "/a/{x}", Lookup: core.Custom}, {Pattern: "/a/{y}", Lookup: core.Custom}}, "fits the same paths as /a/{x}"},
		{"default key without {path}", []core.Route{{Pattern: "/a/{x}", Lookup: core.Object}}, "no variable {path}"},
		{"default slug without {slug}", []core.Route{{Pattern: "/a/{x}", Lookup: core.Item}}, "no variable {slug}"},
		{"unknown variable", []core.Route{{Pattern: "/a/{x}", Lookup: core.File, Path: "b/{z}"}}, "no variable {z}"},
		{"open brace", []core.Route{{Pattern: "/a/{x}", Lookup: core.File, Path: "b/{x"}}, "{ without }"},
		{"empty variable", []core.Route{{Pattern: "/a/{x}", Lookup: core.File, Path: "{}"}}, "no variable {}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := core.NewSite(row.routes)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
	if _, err := core.NewSite(nil); err != nil {
		t.Errorf("a site without routes: %v", err)
	}
	if _, err := core.NewSite([]core.Route{{Pattern: "/a/{x}", Lookup: core.Custom}, {Pattern: "/a/{x...}", Lookup: core.Custom}, {Pattern: "/a/x", Lookup: core.Custom}}); err != nil {
		t.Errorf("routes that overlap: %v", err)
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "starts with", "/": "starts with", "a": "starts with", "{a}": "starts with",
		"//": "dot segment", "/a/": "dot segment", "/a//b": "dot segment", "/../a": "dot segment", `/a\..`: "dot segment", "/a\x00": "control",
		"/{a...}/b": "last segment", "/{a}/{a}": "twice", "/{a}/{b}/{c}/{d}/{e}": "at most 4",
		"/{": "whole segment", "/a{b}": "whole segment", "/{a}b": "whole segment", "/a}": "whole segment", "/{}": "letters", "/{...}": "letters", "/{1a}": "letters", "/{a-b}": "letters",
	} {
		if _, err := core.ParsePattern(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePattern(%q) = %v, want %q in it", text, err, want)
		}
	}
}

func TestPatternURL(t *testing.T) {
	for _, row := range []struct{ pattern, value, want string }{
		{"/files/{path...}", "a b/ü?.txt", "/files/a%20b/%C3%BC%3F.txt"},
		{"/d/{slug}", "report-1", "/d/report-1"},
		{"/a b/{x}/z", "1", "/a%20b/1/z"},
		{"/a/{x}/{y}", "1", ""},
		{"/a", "1", ""},
	} {
		p, err := core.ParsePattern(row.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.URL(row.value); got != row.want || ok != (row.want != "") {
			t.Errorf("%s for %q: got %q, %v, want %q", row.pattern, row.value, got, ok, row.want)
		}
	}
}

func TestCheckKey(t *testing.T) {
	for _, key := range []string{"a", "a/b.txt", "...", "a b", `a\b`, `a\b\c/d\..e`, "é", "\xff", "a%2fb", "-", strings.Repeat("x", 4096)} {
		if fault := core.CheckKey(key); fault != "" {
			t.Errorf("CheckKey(%.40q) = %q", key, fault)
		}
	}
	for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", `\a`, `a\`, `a\\b`, `..\a`, `a\..`, `a/b\.`, `C:\a`, `a/C:\b`, "a\x00", "a\n", "a\x7f", strings.Repeat("x", 4097)} {
		if fault := core.CheckKey(key); fault == "" {
			t.Errorf("CheckKey(%.40q) finds no fault", key)
		}
	}
}

func TestAppendEscapedPath(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	got := string(core.AppendEscapedPath([]byte("x"), string(all)))
	for i := 0; i < len(got); i++ {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%", rune(got[i])) {
			t.Errorf("byte %q is not encoded", got[i])
		}
	}
	if !strings.HasPrefix(got, "x%00%01") || !strings.HasSuffix(got, "%FE%FF") || strings.Count(got, "%") != 256-67 {
		t.Errorf("got %q", got)
	}
}

func TestRepresent(t *testing.T) {
	m := core.Metadata{Size: 5, ETag: `"x"`, LastModified: modified}
	typed := core.Metadata{Size: 5, MediaType: "image/png"}
	for _, row := range []struct {
		name            string
		o               core.Options
		key             string
		m               core.Metadata
		file, mediaType string
	}{
		{"last segment is the name", core.Options{}, "a/b/c.pdf", m, "c.pdf", "application/pdf"},
		{"one segment", core.Options{}, "c.pdf", m, "c.pdf", "application/pdf"},
		{"basename keeps the stored type", core.Options{Basename: "Report"}, "a/c.pdf", m, "Report", "application/pdf"},
		{"type of the store", core.Options{}, "c.pdf", typed, "c.pdf", "image/png"},
		{"type of the view", core.Options{MediaType: "text/csv"}, "c.pdf", typed, "c.pdf", "text/csv"},
		{"unknown type", core.Options{Basename: "x.pdf"}, "a/blob", m, "x.pdf", "application/octet-stream"},
	} {
		t.Run(row.name, func(t *testing.T) {
			rep := row.o.Represent(row.key, row.m)
			if rep.Name != row.file || rep.MediaType != row.mediaType || rep.Size != 5 || rep.ETag != row.m.ETag || !rep.LastModified.Equal(row.m.LastModified) {
				t.Errorf("got %+v, want %q as %s", rep, row.file, row.mediaType)
			}
		})
	}
	all := core.Options{Inline: true, InlineUnsafe: true, Encoding: "gzip", Charset: "x", CacheControl: "public"}
	if rep := all.Represent("a", m); !rep.Inline || !rep.InlineUnsafe || rep.ContentEncoding != "gzip" || rep.Charset != "x" || rep.CacheControl != "public" {
		t.Errorf("options are lost: %+v", rep)
	}
}

func TestOptionsOr(t *testing.T) {
	set := core.Options{Inline: true, InlineUnsafe: true, Basename: "a", MediaType: "b", Encoding: "c", Charset: "d", CacheControl: "e"}
	other := core.Options{Basename: "1", MediaType: "2", Encoding: "3", Charset: "4", CacheControl: "5"}
	if got := (core.Options{}).Or(set); got != set {
		t.Errorf("unset options: got %+v", got)
	}
	if got := set.Or(other); got != set {
		t.Errorf("set options: got %+v", got)
	}
	if got := other.Or(set); got.Basename != "1" || got.CacheControl != "5" || !got.Inline || !got.InlineUnsafe {
		t.Errorf("mixed options: got %+v", got)
	}
}

func TestMediaType(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "text/plain", "a.TXT": "text/plain", "a.pdf": "application/pdf", "a.html": "text/html", "a.htm": "text/html", "a.svg": "image/svg+xml",
		"a.png": "image/png", "a.jpg": "image/jpeg", "a.jpeg": "image/jpeg", "a.webp": "image/webp", "a.mp4": "video/mp4", "a.mp3": "audio/mpeg",
		"a.zip": "application/zip", "a.gz": "application/gzip", "a.tar.gz": "application/gzip", "a.tgz": "application/gzip", "a.svgz": "image/svg+xml",
		"a.js": "text/javascript", "a.mjs": "text/javascript", "a.json": "application/json", "a.xml": "application/xml", "a.csv": "text/csv", "a.wasm": "application/wasm",
		"a.epub": "application/epub+zip", "a.iso": "application/x-iso9660-image", "a.deb": "application/vnd.debian.binary-package", "a.apk": "application/vnd.android.package-archive",
		"a.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.webmanifest": "application/manifest+json", ".pdf": "application/pdf",
		"a": "application/octet-stream", "": "application/octet-stream", "a.": "application/octet-stream", ".": "application/octet-stream", "pdf": "application/octet-stream",
		"a.pdf.": "application/octet-stream", "a.unknown": "application/octet-stream", "a.webmanifests": "application/octet-stream", "a.pdf/b": "application/octet-stream",
		"a.p\x00df": "application/octet-stream", "a.pdf ": "application/octet-stream", "日本.pdf": "application/pdf", "a.ＰＤＦ": "application/octet-stream",
	} {
		if got := core.MediaType(name); got != want {
			t.Errorf("MediaType(%q) = %q, want %q", name, got, want)
		}
	}
}

// A site serves any number of goroutines: run with -race.
func TestSiteIsShared(t *testing.T) {
	site := mustSite(t, core.Route{Pattern: "/{a}/{path...}", Lookup: core.Object})
	done := make(chan string)
	want := []string{"/x/1", "/y/2", "/z/3", "/%41/4"}
	for _, path := range want {
		go func() {
			key := ""
			for range 1000 {
				p := site.Plan(core.Request{Method: "GET", Path: path})
				key = p.Param("a") + p.Key
			}
			done <- key
		}()
	}
	var got []string
	for range want {
		got = append(got, <-done)
	}
	slices.Sort(got)
	if want := []string{"A4", "x1", "y2", "z3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCanonicalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/a/b.txt": "/a/b.txt", "/%61/b%2Etxt": "/a/b.txt", "/a%20b/%c3%a9": "/a%20b/%C3%A9", "/a%2520b": "/a%2520b", "/~x-_.!": "/~x-_.%21",
		"": "", "a": "", "*": "", "/a/../b": "", "/a%2fb": "", "/a//b": "", "/%zz": "", "/a%00": "",
	} {
		if got := core.CanonicalPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
