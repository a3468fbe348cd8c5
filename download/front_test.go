package download_test

import (
	"context"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Names that a server would read in two ways, or not get at all, are streamed.
func TestNamesThatAFrontCannotBeTold(t *testing.T) {
	names := []string{"a b.txt", "50%.txt", "why?.txt", "no #1.txt", "{x}.txt", "end ", "é.txt", "\xff.txt", `a\b.txt`}
	store, _ := folder(t, "media", names...)
	streamed := map[string]string{
		download.Nginx: "", download.Apache: "50%.txt|end ", download.Lighttpd: "\xff.txt", download.Caddy: "50%.txt|why?.txt|no #1.txt|{x}.txt|end ", download.Header: `a\b.txt`,
	}
	for front, want := range streamed {
		rule := download.Rule{Front: front, Source: "media", Destination: "/i/", Field: "X-Y"}
		s := newService(t, []download.Rule{rule}, download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}})
		got := ""
		for _, name := range names {
			a := ask(t, s, get("/"+string(core.AppendEscapedPath(nil, name))))
			switch {
			case a.Delivery == core.Stream && got == "":
				got = name
			case a.Delivery == core.Stream:
				got += "|" + name
			case a.Target.Path != "/i/"+name:
				t.Errorf("%s: %q is sent as %q", front, name, a.Target.Path)
			}
		}
		if got != want {
			t.Errorf("%s: streamed %q, want %q", front, got, want)
		}
	}
	raw := download.Rule{Front: download.Header, Source: "media", Destination: "/i/", Field: "X-Y", Raw: true}
	s := newService(t, []download.Rule{raw}, download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}})
	if a := ask(t, s, get("/end%20")); a.Delivery != core.Stream {
		t.Errorf("a space at the end of a raw path: %v", a.Delivery)
	}
	remote := download.Rule{Source: "media", Destination: "/i/", Remote: "http://files.example/"}
	s = newService(t, []download.Rule{remote}, download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}})
	if a := ask(t, s, get("/a%5Cb.txt")); a.Delivery != core.Stream {
		t.Errorf("a backslash in the path of a remote file: %v", a.Delivery)
	}
}

func TestRulesOfAnotherFrontArePassedOver(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	rules := []download.Rule{
		{Name: "x", Front: download.Apache, Source: "media", Destination: "/srv/"},
		{Name: "x", Source: "media", Destination: "/i/"},
	}
	for _, offload := range []string{"", "x"} {
		s := newService(t, rules, download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}, Offload: offload})
		for front, want := range map[string]string{"": "/srv/a.txt", download.Apache: "/srv/a.txt", download.Nginx: "/i/a.txt", download.Caddy: "", "evil": "", download.Off: ""} {
			r := get("/a.txt")
			r.Front = front
			if a := ask(t, s, r); a.Target.Path != want || (want == "") != (a.Delivery == core.Stream) {
				t.Errorf("through %q: %v to %q, want %q", front, a.Delivery, a.Target.Path, want)
			}
		}
	}
}

// nginx and Caddy have a place of their own for a view's own validators; Caddy
// cannot leave any out.
func TestValidatorsOfAViewForEachFront(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	for _, c := range []struct {
		front, etag, want string
	}{
		{download.Nginx, `"x"`, "/i@own/a.txt"}, {download.Nginx, "", "/i@own/a.txt"}, {download.Caddy, `"x"`, "/i@own/a.txt"}, {download.Caddy, "", ""},
		{download.Apache, `"x"`, "/i/a.txt"}, {download.Lighttpd, "", "/i/a.txt"}, {download.Header, `"x"`, "/i/a.txt"},
	} {
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{Store: store, Key: "a.txt", Adjust: func(r *core.Representation) { r.ETag = c.etag }}, nil
		})
		rule := download.Rule{Front: c.front, Source: "media", Destination: "/i/", Field: "X-Y"}
		s := newService(t, []download.Rule{rule}, download.Route{Pattern: "/a", View: view})
		if a := ask(t, s, get("/a")); a.Target.Path != c.want || c.want != "" && !a.Target.Own {
			t.Errorf("%s, ETag %q: %q, want %q", c.front, c.etag, a.Target.Path, c.want)
		}
	}
}

// lighttpd cuts ranges out of what it passes on, unless there are none.
func TestRangesAreHiddenFromLighttpd(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	s := newService(t, nil, download.Route{Pattern: "/{path...}", View: &download.StorageView{Store: store}})
	for _, c := range []struct{ front, field, want string }{
		{download.Lighttpd, "bytes=5-1", "none"}, {download.Lighttpd, "", "bytes"}, {download.Lighttpd, "bytes=0-0,2-2", "bytes"}, {download.Apache, "bytes=5-1", "bytes"},
	} {
		r := get("/a.txt")
		r.Front, r.Range = c.front, c.field
		if a := ask(t, s, r); a.Get("Accept-Ranges") != c.want {
			t.Errorf("%s, Range %q: %d with Accept-Ranges %q, want %q", c.front, c.field, a.Status, a.Get("Accept-Ranges"), c.want)
		}
	}
}

// Apache would lose the coding, lighttpd the range; Caddy has a place of its own for
// what is coded.
func TestCodedFilesForEachFront(t *testing.T) {
	store, _ := folder(t, "media", "a.txt")
	view := &download.StorageView{Store: store, Options: core.Options{Encoding: "gzip"}}
	for _, c := range []struct {
		front, field string
		want         core.Delivery
	}{
		{download.Nginx, "", core.Offload}, {download.Caddy, "bytes=0-1", core.Offload}, {download.Apache, "", core.Stream},
		{download.Lighttpd, "", core.Offload}, {download.Lighttpd, "bytes=0-1", core.Stream},
	} {
		rule := download.Rule{Front: c.front, Source: "media", Destination: "/i/"}
		r := get("/a.txt")
		r.Range = c.field
		if a := ask(t, newService(t, []download.Rule{rule}, download.Route{Pattern: "/{path}", View: view}), r); a.Delivery != c.want || c.front == download.Caddy && a.Target.Path != "/i@own/a.txt" {
			t.Errorf("%s, Range %q: %v of %q, want %v", c.front, c.field, a.Delivery, a.Target.Path, c.want)
		}
	}
}
