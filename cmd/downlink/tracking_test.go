package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// TestC5_MixedRequestsEqualAModel: what a client sees of a thousand requests of all
// kinds says what is to be counted.
func TestC5_MixedRequestsEqualAModel(t *testing.T) {
	r := start(t, behindFront)
	rnd := rand.New(rand.NewPCG(3, 4))
	model := map[string]catalog.Tally{}
	known := map[string]bool{}
	for range 1000 {
		q := mixedRequest(rnd)
		resp, body := r.do(q)
		modelOf(q, resp, len(body), known, model)
	}
	r.finish()
	for name, want := range model {
		got := r.sum(name)
		got.Completed = 0
		r.want(name, got, want)
	}
	all := r.sum("")
	if all.Downloads < 50 || all.Bots < 20 || all.Downloads > 500 || all.Completed == 0 || all.Completed > all.Downloads {
		t.Errorf("in all %+v: the requests are not mixed", all)
	}
	for _, want := range model {
		all.Downloads, all.Bots = all.Downloads-want.Downloads, all.Bots-want.Bots
	}
	if all.Downloads != 0 || all.Bots != 0 {
		t.Errorf("%d downloads and %d of bots are counted that nobody made", all.Downloads, all.Bots)
	}
}

// request is one of a client.
type request struct{ method, path, name, client, agent, extra string }

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func mixedRequest(r *rand.Rand) request {
	q := request{
		method: pick(r, "GET", "GET", "GET", "GET", "HEAD", "POST"), client: fmt.Sprint("192.0.2.", r.IntN(9)),
		agent: pick(r, "Mozilla/5.0", "Mozilla/5.0", "curl/8.0", "Googlebot/2.1 (+http://www.google.com/bot.html)"),
		extra: pick(r, "", "", "", "Range: bytes=0-1", "Range: bytes=0-", "Range: bytes=0-2", "Range: bytes=2-", "Range: bytes=1-1",
			"Range: bytes=9-", "Range: bytes=0-0,3-4", "Range: bytes=1-1,3-4", "Range: nonsense", "Range: bytes=-5", "Range: bytes=-2",
			"If-None-Match: *", "If-Match: \"none\"", "Sec-Purpose: prefetch;prerender", "X-Moz: prefetch"),
	}
	switch r.IntN(6) {
	case 0, 1:
		q.path, q.name = "/d/item", "item"
	case 2, 3:
		q.path, q.name = pick(r, "/f/a.txt", "/f/%61.txt"), "/f/a.txt"
	case 4:
		q.path, q.name = "/f/page.html", "/f/page.html"
	default:
		q.path = pick(r, "/d/unknown", "/f/none", "/", "/index.json", "/f/..%2fa.txt", "/healthz")
	}
	return q
}

func (r *running) do(q request) (*http.Response, string) {
	r.t.Helper()
	ask, err := http.NewRequest(q.method, "http://"+r.addr, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	ask.URL.Opaque = q.path
	ask.Header.Set("User-Agent", q.agent)
	ask.Header.Set("X-Real-IP", q.client)
	if name, value, found := strings.Cut(q.extra, ": "); found {
		ask.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(ask)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		r.t.Fatal(err)
	}
	_, content, _ := strings.Cut(body.String(), "\r\n\r\n")
	return resp, content
}

// modelOf adds what a request and its answer say: a GET by which byte 0 came, unless it
// is a probe or a browser was ahead; once for each client and its program.
func modelOf(q request, resp *http.Response, body int, known map[string]bool, model map[string]catalog.Tally) {
	ranges := resp.Header.Get("Content-Range")
	several := strings.HasPrefix(resp.Header.Get("Content-Type"), "multipart/")
	probe := strings.HasPrefix(ranges, "bytes 0-0/") || strings.HasPrefix(ranges, "bytes 0-1/") // no file is as short
	ahead := strings.Contains(q.extra, "prefetch")
	sends := q.name != "" && q.method == "GET" && (resp.StatusCode == 200 || resp.StatusCode == 206)
	if !sends || ahead || probe {
		return
	}
	sum := model[q.name]
	sum.Bytes += int64(body)
	first := resp.StatusCode == 200 || strings.HasPrefix(ranges, "bytes 0-") || several && strings.Contains(q.extra, "=0-")
	if key := q.name + " " + q.client + " " + q.agent; first && !known[key] {
		known[key] = true
		if strings.Contains(q.agent, "bot") {
			sum.Bots++
		} else {
			sum.Downloads++
		}
	}
	model[q.name] = sum
}

// TestC5_ProbeAndWholeAreOne is how iOS plays a film: two bytes, then all of it.
func TestC5_ProbeAndWholeAreOne(t *testing.T) {
	r := start(t, behindFront)
	const agent = "User-Agent: AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)"
	for _, extra := range []string{"Range: bytes=0-1", "Range: bytes=0-4", "Range: bytes=2-4"} {
		r.get("/d/item", from("192.0.2.1"), agent, extra)
	}
	r.finish()
	r.want("counts", r.sum("item"), catalog.Tally{Downloads: 1, Completed: 1, Bytes: 8})
}

// TestC5_TwoThousandPartsAreOne is a download manager: two thousand ranges by sixteen
// connections, and another try from the beginning.
func TestC5_TwoThousandPartsAreOne(t *testing.T) {
	r := start(t, behindFront)
	const parts, length = 2000, 1000
	if err := os.Truncate(filepath.Join(r.dir, "files", "a.txt"), parts*length); err != nil {
		t.Fatal(err)
	}
	part := func(n int) {
		field := fmt.Sprintf("Range: bytes=%d-%d", n*length, (n+1)*length-1)
		if resp, body := r.do(request{method: "GET", path: "/f/a.txt", client: "192.0.2.1", agent: "aria2/1.36.0", extra: field}); resp.StatusCode != 206 || len(body) != length {
			t.Errorf("part %d: status %d, %d bytes", n, resp.StatusCode, len(body))
		}
	}
	part(0)
	var all sync.WaitGroup
	for connection := range 16 {
		all.Go(func() {
			for n := 1 + connection; n < parts; n += 16 {
				part(n)
			}
		})
	}
	all.Wait()
	part(0)
	r.finish()
	r.want("counts", r.sum("/f/a.txt"), catalog.Tally{Downloads: 1, Completed: 1, Bytes: (parts + 1) * length})
}

// TestC5_TenThousandDownloadsLoseNone asks the server itself, of which every download is by
// another client.
func TestC5_TenThousandDownloadsLoseNone(t *testing.T) {
	r := start(t, "[log]\naccess = false\n"+behindFront)
	const workers, each = 50, 200
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := range each {
				q := request{method: "GET", path: []string{"/d/item", "/f/page.html"}[n%2], client: fmt.Sprintf("10.0.%d.%d", w, n), agent: "Mozilla/5.0"}
				if resp, _ := r.do(q); resp.StatusCode != 200 {
					t.Errorf("status %d", resp.StatusCode)
				}
			}
		})
	}
	all.Wait()
	r.finish()
	for name, size := range map[string]int64{"item": 5, "/f/page.html": 3} {
		r.want(name, r.sum(name), catalog.Tally{Downloads: workers * each / 2, Completed: workers * each / 2, Bytes: size * workers * each / 2})
	}
}

// TestC5_ALockedDatabaseDelaysNoDownload: another program holds the database; files go
// out, and are counted when it lets go.
func TestC5_ALockedDatabaseDelaysNoDownload(t *testing.T) {
	r := start(t, view+"[tracking]\nflush = \"1ms\"\n")
	release := lockCatalog(t, r)
	const limit = 2900 * time.Millisecond // less than what the database is waited for
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				begun := time.Now()
				if resp, _ := r.get("/f/a.txt"); resp.StatusCode != 200 || time.Since(begun) > limit {
					t.Errorf("status %d after %v", resp.StatusCode, time.Since(begun))
				}
			}
		})
	}
	all.Wait()
	waitUntil(t, func() bool { return strings.Contains(r.log.String(), "downloads are not counted yet") })
	release()
	waitUntil(t, func() bool { return r.sum("/f/a.txt").Downloads == 200 })
	r.finish()
	r.want("downloads", r.sum("/f/a.txt").Downloads, int64(200))
}

// lockCatalog begins to write as another program.
func lockCatalog(t *testing.T, r *running) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(r.dir, "xdg", "downlink", "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err == nil {
		_, err = conn.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { conn.Close(); db.Close() }
}
