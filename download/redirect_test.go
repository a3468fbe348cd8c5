package download_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// place presigns, or fails.
type place struct {
	err   error
	asked []string
	got   storage.PresignOptions
}

func (p *place) Presign(_ context.Context, key string, o storage.PresignOptions) (string, error) {
	p.asked, p.got = append(p.asked, key), o
	return "https://elsewhere.example/" + key + "?signature", p.err
}

func (p *place) Origin() string { return "https://elsewhere.example" }

// TestLadder walks the ways by which a file of 16 bytes can be delivered.
func TestLadder(t *testing.T) {
	down := fmt.Errorf("presign: %w", storage.ErrUnavailable)
	for _, c := range []struct {
		name    string
		store   storage.Delivery
		minSize int64
		route   storage.Delivery
		change  func(*download.Request)
		err     error
		status  int
		want    core.Delivery
	}{
		{"nothing said", "", 0, "", nil, nil, 200, core.Stream},
		{"stream", storage.Stream, 0, "", nil, nil, 200, core.Stream},
		{"redirect", storage.Redirect, 1 << 30, "", nil, nil, 302, core.Redirect},
		{"auto, at the least size", storage.Auto, 16, "", nil, nil, 302, core.Redirect},
		{"auto, below it", storage.Auto, 17, "", nil, nil, 200, core.Stream},
		{"auto, below it but more than the adapter sends", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody = 15 }, nil, 302, core.Redirect},
		{"auto, as much as the adapter sends", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody = 16 }, nil, 200, core.Stream},
		{"auto, a range that the adapter sends of more than that", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody, r.Range = 15, "bytes=1-15" }, nil, 206, core.Stream},
		{"auto, a range that is too much", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody, r.Range = 14, "bytes=1-15" }, nil, 302, core.Redirect},
		{"auto, HEAD of more than the adapter sends", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody, r.Method = 15, "HEAD" }, nil, 200, core.None},
		{"auto, what the client has of more than the adapter sends", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody, r.IfNoneMatch = 15, "*" }, nil, 304, core.None},
		{"auto, no range of more than the adapter sends", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody, r.Range = 15, "bytes=99-" }, nil, 416, core.None},
		{"auto, more than the adapter sends and no way there", storage.Auto, 17, "", func(r *download.Request) { r.MaxBody = 15 }, down, 503, core.None},
		{"stream, more than the adapter sends", storage.Stream, 0, "", func(r *download.Request) { r.MaxBody = 15 }, nil, 503, core.None},
		{"the route says stream", storage.Redirect, 0, storage.Stream, nil, nil, 200, core.Stream},
		{"the route says redirect", storage.Stream, 1 << 30, storage.Redirect, nil, nil, 302, core.Redirect},
		{"the route says auto", storage.Stream, 16, storage.Auto, nil, nil, 302, core.Redirect},
		{"redirect, and no way there", storage.Redirect, 0, "", nil, down, 503, core.None},
		{"auto, and no way there", storage.Auto, 0, "", nil, down, 200, core.Stream},
		{"auto, and gone", storage.Auto, 0, "", nil, storage.ErrNotFound, 404, core.None},
		{"redirect of HEAD", storage.Redirect, 0, "", func(r *download.Request) { r.Method = "HEAD" }, nil, 200, core.None},
		{"redirect of a range", storage.Redirect, 0, "", func(r *download.Request) { r.Range = "bytes=0-4" }, nil, 302, core.Redirect},
		{"redirect of no bytes", storage.Redirect, 0, "", func(r *download.Request) { r.Range = "bytes=99-" }, nil, 416, core.None},
		{"redirect of what the client has", storage.Redirect, 0, "", func(r *download.Request) { r.IfNoneMatch = "*" }, nil, 304, core.None},
		{"redirect of another version", storage.Redirect, 0, "", func(r *download.Request) { r.IfMatch = `"x"` }, nil, 412, core.None},
		{"redirect of nothing", storage.Redirect, 0, "", func(r *download.Request) { r.Path = "/b.txt" }, nil, 404, core.None},
		{"auto of nothing", storage.Auto, 0, "", func(r *download.Request) { r.Path = "/b.txt" }, nil, 404, core.None},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &place{err: c.err}
			store := memory("a.txt").WithElsewhere(storage.Elsewhere{Presigner: p, Delivery: c.store, MinSize: c.minSize})
			view := &download.StorageView{Store: store, Options: core.Options{Basename: "日本.txt"}}
			r := get("/a.txt")
			if c.change != nil {
				c.change(r)
			}
			a := ask(t, newService(t, nil, download.Route{Pattern: "/{path}", View: view, Delivery: c.route}), r)
			if a.Status != c.status || a.Delivery != c.want || (a.Object != nil) != (c.want == core.Stream) {
				t.Errorf("got %d by %v, object %v; want %d by %v", a.Status, a.Delivery, a.Object, c.status, c.want)
			}
			if location := c.want == core.Redirect; (a.Location == "https://elsewhere.example/a.txt?signature") != location {
				t.Errorf("location %q, want one: %v", a.Location, location)
			} else if location && (p.got.Expires != 5*time.Minute || len(p.got.Fields) == 0 || p.got.Fields[1].Value != `attachment; filename="__.txt"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt`) {
				t.Errorf("asked for %+v", p.got)
			}
			if a.Status == 503 && a.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		})
	}
}

// asking is a store that counts what it is asked.
type asking struct {
	*memstore.Store
	stats, opens int
}

func (a *asking) Stat(ctx context.Context, key string) (core.Metadata, error) {
	a.stats++
	return a.Store.Stat(ctx, key)
}

func (a *asking) Open(ctx context.Context, key string) (storage.Object, error) {
	a.opens++
	return a.Store.Open(ctx, key)
}

// TestSmallFilesAreAskedForOnce: a store is not asked for the size of a file that was
// small when it was last seen; one that has grown meanwhile goes the way of large ones.
func TestSmallFilesAreAskedForOnce(t *testing.T) {
	m := &asking{Store: memstore.New()}
	m.Put("a.txt", make([]byte, 16))
	store := storage.New("m", m).WithElsewhere(storage.Elsewhere{Presigner: &place{}, Delivery: storage.Auto, MinSize: 1 << 30})
	s := newService(t, nil, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
	for i, want := range []struct{ size, status, stats, opens int }{
		{16, 200, 1, 1}, {16, 200, 1, 2}, {17, 302, 2, 3}, {17, 302, 3, 3}, {16, 200, 4, 4}, {16, 200, 4, 5},
	} {
		m.Put("a.txt", make([]byte, want.size))
		r := get("/a.txt")
		r.MaxBody = 16
		a := ask(t, s, r)
		a.Close()
		if a.Status != want.status || m.stats != want.stats || m.opens != want.opens {
			t.Errorf("request %d of %d bytes: %d after %d looks and %d opens; want %+v", i, want.size, a.Status, m.stats, m.opens, want)
		}
	}
}

// TestRoom: where the fields of an answer count too, what is left for the body is what
// they leave, to the byte.
func TestRoom(t *testing.T) {
	const fields = 100
	length := func(d *core.Decision) int64 {
		if d.Multipart() {
			return fields + 30
		}
		return fields
	}
	for _, c := range []struct {
		name, ranges string
		limit        int64
		delivery     storage.Delivery
		status       int
		spans        int
	}{
		{"whole file that just fits", "", fields + 16, storage.Auto, 200, 0},
		{"whole file that is a byte too long", "", fields + 15, storage.Auto, 302, 0},
		{"nowhere else", "", fields + 15, storage.Stream, 503, 0},
		{"range that just fits", "bytes=0-9", fields + 10, storage.Auto, 206, 1},
		{"range that is a byte too long", "bytes=0-10", fields + 10, storage.Auto, 302, 0},
		{"two ranges that do not fit, and a whole that does", "bytes=0-1,5-6", fields + 16, storage.Auto, 200, 0},
		{"two ranges that fit", "bytes=0-1,5-6", 2000, storage.Auto, 206, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := memory("a.txt").WithElsewhere(storage.Elsewhere{Presigner: &place{}, Delivery: c.delivery, MinSize: 1 << 30})
			r := get("/a.txt")
			r.Range, r.MaxBody = c.ranges, c.limit
			r.Room = func(d *core.Decision) int64 { return c.limit - length(d) }
			a := ask(t, newService(t, nil, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}}), r)
			if a.Status != c.status || len(a.Spans) != c.spans {
				t.Errorf("got %d, %v; want %d and %d spans", a.Status, a.Spans, c.status, c.spans)
			}
			if a.Delivery == core.Stream && a.BodyLength()+length(&a.Decision) > c.limit {
				t.Errorf("a body of %d bytes is too long", a.BodyLength())
			}
		})
	}
}

func TestRuleGoesBeforeElsewhere(t *testing.T) {
	p := &place{}
	store, _ := folder(t, "files", "a.txt")
	store = store.WithElsewhere(storage.Elsewhere{Presigner: p, Delivery: storage.Redirect})
	rules := []download.Rule{{Front: "nginx", Source: "files", Destination: "/_i/"}}
	s := newService(t, rules, download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}})
	if a := ask(t, s, get("/a.txt")); a.Delivery != core.Offload || len(p.asked) > 0 {
		t.Errorf("got %v, %d presigned; want the rule", a.Delivery, len(p.asked))
	}
}

// TestNowhereElse: a file that may only be had elsewhere, and cannot, is not sent.
func TestNowhereElse(t *testing.T) {
	_, err := download.New([]download.Route{{Pattern: "/{path}", View: &download.StorageView{Store: memory("a.txt")}, Delivery: storage.Redirect}}, nil)
	if err == nil || !strings.Contains(err.Error(), "no place") {
		t.Errorf("a store with no other place: %v", err)
	}
	_, err = download.New([]download.Route{{Pattern: "/{path}", View: &download.StorageView{Store: memory("a.txt")}, Delivery: "carry"}}, nil)
	if err == nil || !strings.Contains(err.Error(), `"carry"`) {
		t.Errorf("an unknown delivery: %v", err)
	}
	own := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Store: memory("a.txt"), Key: "a.txt"}, nil
	})
	s := newService(t, nil, download.Route{Pattern: "/x", View: own, Delivery: storage.Redirect})
	if a := ask(t, s, get("/x")); a.Status != 503 || a.Cause == nil || a.Get("Retry-After") == "" {
		t.Errorf("got %d, %v; want 503 with a cause", a.Status, a.Cause)
	}
}

// TestElsewhereIsAsPrivateAsHere: what a hook allowed to one client is not for the
// caches that several share, there either.
func TestElsewhereIsAsPrivateAsHere(t *testing.T) {
	for allow, want := range map[bool]string{false: "public, max-age=60", true: "private, no-cache"} {
		p := &place{}
		store := memory("a.txt").WithElsewhere(storage.Elsewhere{Presigner: p, Delivery: storage.Redirect})
		route := download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store, Options: core.Options{CacheControl: "public, max-age=60"}}}
		if allow {
			route.Allow = func(context.Context, *download.Request) error { return nil }
		}
		if a := ask(t, newService(t, nil, route), get("/a.txt")); a.Location == "" {
			t.Fatalf("%d: %v", a.Status, a.Cause)
		}
		if got := p.got.Fields[0]; got.Name != "Cache-Control" || got.Value != want {
			t.Errorf("allowed by a hook %v: %v, want Cache-Control %s", allow, got, want)
		}
	}
}

// TestGuardedFilesAreNotSentToPublicPlaces: a file that a hook guards goes by a way of
// its own or not at all.
func TestGuardedFilesAreNotSentToPublicPlaces(t *testing.T) {
	for _, c := range []struct {
		delivery storage.Delivery
		guarded  bool
		want     int
	}{{storage.Redirect, false, 302}, {storage.Redirect, true, 503}, {storage.Auto, true, 200}} {
		store := memory("a.txt").WithElsewhere(storage.Elsewhere{Presigner: storage.UnsignedPublicURL("https://mirror.example/"), Delivery: c.delivery})
		route := download.Route{Pattern: "/{path}", View: &download.StorageView{Store: store}}
		if c.guarded {
			route.Allow = func(context.Context, *download.Request) error { return nil }
		}
		a := ask(t, newService(t, nil, route), get("/a.txt"))
		if a.Status != c.want || (a.Location == "https://mirror.example/a.txt") != (c.want == 302) {
			t.Errorf("%s, guarded %v: %d to %q, want %d", c.delivery, c.guarded, a.Status, a.Location, c.want)
		}
	}
}

// TestCodedFormsElsewhere: a place that can be told gets the coding, one that cannot
// gets the plain file.
func TestCodedFormsElsewhere(t *testing.T) {
	m := memstore.New()
	when := time.Unix(1700000000, 0)
	m.Put("a.txt", []byte("plain"), memstore.Options{Modified: when})
	m.Put("a.txt.gz", []byte("coded"), memstore.Options{Modified: when})
	p := &place{}
	for name, c := range map[string]struct {
		to   storage.Presigner
		want string
	}{
		"signed": {p, "https://elsewhere.example/a.txt.gz?signature"},
		"public": {storage.UnsignedPublicURL("https://mirror.example/"), "https://mirror.example/a.txt"},
	} {
		store := storage.New("m", m).WithElsewhere(storage.Elsewhere{Presigner: c.to, Delivery: storage.Redirect})
		view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
			return download.File{Store: store, Key: "a.txt", Precompressed: []string{"gzip"}}, nil
		})
		r := get("/x")
		r.AcceptEncoding = "gzip"
		if a := ask(t, newService(t, nil, download.Route{Pattern: "/x", View: view}), r); a.Location != c.want {
			t.Errorf("%s: %d to %q, want %q: %v", name, a.Status, a.Location, c.want, a.Cause)
		}
	}
	if i := slices.IndexFunc(p.got.Fields, func(f core.Field) bool { return f.Name == "Content-Encoding" && f.Value == "gzip" }); i < 0 {
		t.Errorf("told %v, want the coding", p.got.Fields)
	}
}
