package worker_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/test/worker"
)

// linked is a site whose files need a link of the key "k1".
var linked = workers.Site{
	Site: wire.Site{
		Routes: []core.Route{{Pattern: "/private/{path...}", Lookup: core.Object, Source: "files", LinkRequired: true}},
		Links:  link.Options{MaxLife: time.Hour, RevokedIDs: []string{"revoked"}},
	},
	Stores:  map[string]string{"files": "FILES"},
	Catalog: "DB",
	Secrets: map[string]string{"k1": "LINK_KEY"},
	Resume:  time.Hour,
}

func startLinked(t *testing.T, bindings map[string]string) *worker.Worker {
	t.Helper()
	w := worker.Run(t, worker.Setup{Dir: worker.Modules(t, linked, nil), Entry: "worker.mjs", Bindings: bindings})
	w.Put("a.txt", []byte("0123456789"), nil)
	return w
}

func signed(t *testing.T, g link.Grant) string {
	t.Helper()
	key, err := link.NewKey("k1", []byte(linkSecret))
	if err != nil {
		t.Fatal(err)
	}
	if g.Path == "" {
		g.Path = "/private/a.txt"
	}
	if g.Expires.IsZero() {
		g.Expires = time.Now().Add(10 * time.Minute)
	}
	token, err := key.Sign(g)
	if err != nil {
		t.Fatal(err)
	}
	return "/private/a.txt?link=" + token
}

// An item with a limit is downloaded that often, its further files as often as anybody
// likes.
func TestC8_MaxDownloadsOnWorkers(t *testing.T) {
	w := startDownloads(t, nil, nil)
	w.Put("a.txt", []byte("0123456789"), nil)
	w.Query("INSERT INTO items (slug, store, key, max_downloads) VALUES ('a', 'files', 'a.txt', 3)")
	w.Query("INSERT INTO files (slug, field, store, key) VALUES ('a', 'image', 'files', 'a.txt')")
	var wg sync.WaitGroup
	var statuses [600]atomic.Int64
	for range 20 {
		wg.Go(func() {
			resp, _ := get(t, w, "GET", "/d/a", "CF-Connecting-IP", "192.0.2.1")
			statuses[resp.StatusCode].Add(1)
		})
	}
	wg.Wait()
	if ok, gone := statuses[200].Load(), statuses[410].Load(); ok != 3 || gone != 17 {
		t.Errorf("%d downloads and %d times 410 of 20, want 3 and 17", ok, gone)
	}
	// One that was made anew begins anew, and is named as download.ObjectView names it.
	w.Query("INSERT INTO items (slug, store, key, max_downloads, created) VALUES ('anew', 'files', 'a.txt', 1, 7)")
	w.Query("INSERT INTO uses (link, n, expires) VALUES ('/items/anew@6', 1, 253402300799)")
	for _, want := range []int{200, 410} {
		if resp, _ := get(t, w, "GET", "/d/anew", "CF-Connecting-IP", "192.0.2.1"); resp.StatusCode != want {
			t.Errorf("made anew: %d, want %d", resp.StatusCode, want)
		}
	}
	if got := w.Query("SELECT n FROM uses WHERE link = '/items/anew@7'"); len(got) != 1 || got[0]["n"].(float64) != 1 {
		t.Errorf("counted: %v", got)
	}
	for _, step := range []struct {
		path, client, rng string
		status            int
	}{
		{"/d/a/file", "192.0.2.1", "", 410}, {"/d/a", "192.0.2.1", "bytes=5-", 206}, {"/d/a", "192.0.2.2", "bytes=5-", 403}, {"/d/a/image", "192.0.2.2", "", 200},
	} {
		fields := []string{"CF-Connecting-IP", step.client}
		if step.rng != "" {
			fields = append(fields, "Range", step.rng)
		}
		if resp, _ := get(t, w, "GET", step.path, fields...); resp.StatusCode != step.status {
			t.Errorf("%s %s by %s: %d, want %d", step.path, step.rng, step.client, resp.StatusCode, step.status)
		}
	}
}

func TestL1_LinksOnWorkers(t *testing.T) {
	w := startLinked(t, map[string]string{"LINK_KEY": " " + linkSecret + "\n"})
	for name, test := range map[string]struct {
		target string
		status int
	}{
		"none":            {"/private/a.txt", 403},
		"good":            {signed(t, link.Grant{Name: "other.txt"}), 200},
		"expired":         {signed(t, link.Grant{Expires: time.Now().Add(-time.Minute)}), 403},
		"of another path": {signed(t, link.Grant{Path: "/private/b.txt"}), 403},
		"too long":        {signed(t, link.Grant{Expires: time.Now().Add(2 * time.Hour)}), 403},
		"revoked":         {signed(t, link.Grant{ID: "revoked"}), 403},
		"changed":         {signed(t, link.Grant{})[:60] + "A" + signed(t, link.Grant{})[61:], 403},
	} {
		resp, body := get(t, w, "GET", test.target)
		if resp.StatusCode != test.status {
			t.Errorf("%s: got %d %q, want %d", name, resp.StatusCode, body, test.status)
		}
		if got := resp.Header.Get("Cache-Control"); got != "private, no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: Cache-Control %q, Referrer-Policy %q", name, got, resp.Header.Get("Referrer-Policy"))
		}
		if want := `attachment; filename="other.txt"`; name == "good" && resp.Header.Get("Content-Disposition") != want {
			t.Errorf("Content-Disposition %q, want %q", resp.Header.Get("Content-Disposition"), want)
		}
	}
}

// TestL1_WithoutAKey: a secret that is missing or too short opens nothing.
func TestL1_WithoutAKey(t *testing.T) {
	for name, bindings := range map[string]map[string]string{"missing": nil, "short": {"LINK_KEY": "short"}} {
		w := startLinked(t, bindings)
		if resp, _ := get(t, w, "GET", signed(t, link.Grant{})); resp.StatusCode != 403 {
			t.Errorf("%s: got %d, want 403", name, resp.StatusCode)
		}
	}
}

// TestL3_LimitedLinksOnWorkers: D1 counts, whoever asks at the same time.
func TestL3_LimitedLinksOnWorkers(t *testing.T) {
	w := startLinked(t, map[string]string{"LINK_KEY": linkSecret})
	twice := signed(t, link.Grant{ID: "twice", Uses: 2})
	client := []string{"CF-Connecting-IP", "192.0.2.1"}
	ask := func(method string, fields ...string) int {
		resp, _ := get(t, w, method, twice, append(fields, client...)...)
		return resp.StatusCode
	}
	for _, free := range []struct {
		name, method string
		fields       []string
		status       int
	}{
		{"HEAD", "HEAD", nil, 200},
		{"a part before the beginning", "GET", []string{"Range", "bytes=5-"}, 403},
		{"a browser ahead", "GET", []string{"Sec-Purpose", "prefetch;prerender"}, 403},
		{"a preview", "GET", []string{"User-Agent", "Slackbot-LinkExpanding 1.0"}, 403},
		{"a probe", "GET", []string{"Range", "bytes=0-1"}, 206},
	} {
		if got := ask(free.method, free.fields...); got != free.status {
			t.Errorf("%s: got %d, want %d", free.name, got, free.status)
		}
	}
	if rows := w.Query("SELECT n FROM uses"); len(rows) != 0 {
		t.Errorf("what uses nothing is counted: %v", rows)
	}
	if got := ask("GET"); got != 200 {
		t.Errorf("first use: got %d", got)
	}
	if got := ask("GET", "Range", "bytes=5-"); got != 206 {
		t.Errorf("the rest of it: got %d", got)
	}
	if resp, _ := get(t, w, "GET", twice, "Range", "bytes=5-", "CF-Connecting-IP", "192.0.2.2"); resp.StatusCode != 403 {
		t.Errorf("the rest by another client: got %d", resp.StatusCode)
	}
	var counted atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if ask("GET") == 200 {
				counted.Add(1)
			}
		})
	}
	all.Wait()
	if got := counted.Load(); got != 1 {
		t.Errorf("%d of 20 at once had the last use, want 1", got)
	}
}

// TestL3_ExpiredUsesAreForgotten: with the first use that an isolate counts, the rows of
// links that expired an hour ago go, and with them the addresses of clients.
func TestL3_ExpiredUsesAreForgotten(t *testing.T) {
	w := startLinked(t, map[string]string{"LINK_KEY": linkSecret})
	now := time.Now().Unix()
	for name, end := range map[string]int64{"gone": now - 4000, "late": now - 600, "good": now + 600} {
		w.Query("INSERT INTO uses (link, n, expires) VALUES (?, 1, ?)", name, end)
		w.Query("INSERT INTO resumes (link, client, until) VALUES (?, '192.0.2.9', ?)", name, end)
	}
	if resp, _ := get(t, w, "GET", signed(t, link.Grant{ID: "once", Uses: 1}), "CF-Connecting-IP", "192.0.2.1"); resp.StatusCode != 200 {
		t.Fatalf("a use: got %d\n%s", resp.StatusCode, w.Log())
	}
	for _, table := range []string{"uses", "resumes"} {
		var left []string
		for _, row := range w.Query("SELECT link FROM " + table + " ORDER BY link") {
			left = append(left, row["link"].(string))
		}
		if want := []string{"good", "late", "once"}; !slices.Equal(left, want) {
			t.Errorf("%s has %v, want %v", table, left, want)
		}
	}
}
