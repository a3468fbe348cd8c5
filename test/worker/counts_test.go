package worker_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/test/worker"
)

// counted is what the table has: downloads and those of robots by slug and hour. Of
// clients that went away nobody knows whether they had come: theirs are left out.
func counted(w *worker.Worker) map[string][2]int {
	all := map[string][2]int{}
	for _, row := range w.Query("SELECT slug, hour, n, bots FROM counts WHERE slug <> 'went-away'") {
		all[fmt.Sprintf("%v %.0f", row["slug"], row["hour"])] = [2]int{int(row["n"].(float64)), int(row["bots"].(float64))}
	}
	return all
}

// wantCounts waits for the table to be the model: counts are stored after the answer.
func wantCounts(t *testing.T, w *worker.Worker, model map[string][2]int) {
	t.Helper()
	var got map[string][2]int
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = counted(w); maps.Equal(got, model) {
			return
		}
	}
	t.Errorf("counts are %v, want %v", got, model)
}

func onlyCounts(t *testing.T) *worker.Worker {
	t.Helper()
	dir := t.TempDir()
	copyFile(t, shim+"/counts.mjs", dir)
	copyFile(t, shim+"/within.mjs", dir)
	copyFile(t, "testdata/only-counts.mjs", dir)
	worker.Write(t, dir, "site.mjs", "export default { catalog: 'DB' }\n")
	return worker.Start(t, dir, "only-counts.mjs")
}

// TestC5_CountsEqualTheModel: whatever becomes of a batch, and of clients that go
// away, every download is counted once; and most go together with others.
func TestC5_CountsEqualTheModel(t *testing.T) {
	t.Parallel()
	w := onlyCounts(t)
	const hour = 3_600_000
	var all sync.WaitGroup
	var mu sync.Mutex
	model, came := map[string][2]int{}, 0
	for n := range 16 {
		all.Go(func() {
			for i := range 25 {
				slug := fmt.Sprint("item-", i%5)
				if i%10 == 3 {
					slug = "went-away"
				}
				url := fmt.Sprintf("%s?failing&slug=%s&at=%d", w.URL, slug, (n%3)*hour+i)
				robot := (n+i)%4 == 0
				if robot {
					url += "&robot"
				}
				if i == 7 || i == 19 {
					url += "&wait"
				}
				ctx, cancel := context.WithCancel(context.Background())
				if slug == "went-away" {
					time.AfterFunc(20*time.Millisecond, cancel)
				}
				r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
				if err != nil {
					t.Error(err)
				}
				resp, err := http.DefaultClient.Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err == nil && slug != "went-away" {
					mu.Lock()
					key := fmt.Sprintf("%s %d", slug, n%3)
					row := model[key]
					if robot {
						row[1]++
					} else {
						row[0]++
					}
					model[key] = row
					came++
					mu.Unlock()
				} else if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	wantCounts(t, w, model)
	for _, row := range w.Query("SELECT c.slug, sum(c.n) AS n, -t.rank AS total FROM counts c LEFT JOIN totals t ON t.slug = c.slug GROUP BY c.slug") {
		if row["total"] != row["n"] {
			t.Errorf("a total is not the sum: %v", row)
		}
	}
	batches := w.Query("SELECT batch FROM writers")
	if len(batches) != 1 || int(batches[0]["batch"].(float64)) >= came {
		t.Errorf("%d downloads went in %v batches", came, batches)
	}
	t.Logf("%d downloads went in %v batches", came, batches)
}

// TestC5_CountsOutliveTheDatabase: what cannot be stored goes with what comes later.
func TestC5_CountsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	w := onlyCounts(t)
	w.Query("ALTER TABLE counts RENAME TO gone")
	for range 3 {
		if _, body := ask(t, w, "GET", "/?slug=a&at=0"); body != "came" {
			t.Errorf("a download is answered %q while the database is down", body)
		}
	}
	time.Sleep(300 * time.Millisecond)
	w.Query("ALTER TABLE gone RENAME TO counts")
	if _, body := ask(t, w, "GET", "/?slug=b&at=0&wait"); body != "stored" {
		t.Errorf("answered %q", body)
	}
	if got := counted(w); got["b 0"] != [2]int{1, 0} {
		t.Errorf("what was acknowledged is not stored: %v", got)
	}
	wantCounts(t, w, map[string][2]int{"a 0": {3, 0}, "b 0": {1, 0}})
	if got := w.Query("SELECT count(*) AS n FROM counts WHERE slug = ''"); got[0]["n"].(float64) != 0 {
		t.Error("files without an item are counted")
	}
}

// TestC5_WhatCounts: a download once, however it is asked for; robots apart; no part,
// no question, nothing that a browser fetches ahead.
func TestC5_WhatCounts(t *testing.T) {
	t.Parallel()
	site := workers.Site{
		Site: wire.Site{Routes: []core.Route{
			{Pattern: "/d/{slug}", Lookup: core.Item},
			{Pattern: "/of/{slug}/{field}", Lookup: core.Item, Field: "{field}"},
			{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
		}},
		Stores: map[string]string{"files": "FILES"}, Catalog: "DB",
	}
	w := worker.Start(t, worker.Modules(t, site, nil), "worker.mjs")
	w.Put("k", []byte("0123456789"), nil)
	putItems(t, w, catalog.Item{Slug: "one", Title: "One", Visible: true, Files: map[string]catalog.File{"extra": {Store: "files", Key: "k"}}})
	began := time.Now()
	n, bots := 0, 0
	for _, row := range []struct {
		method, path string
		fields       []string
		status       int
		n, bots      int
	}{
		{"GET", "/d/one", nil, 200, 1, 0},
		{"GET", "/d/one", []string{"Range", "bytes=0-"}, 206, 1, 0},
		{"GET", "/d/one", []string{"User-Agent", "Googlebot/2.1"}, 200, 0, 1},
		{"GET", "/d/one", []string{"User-Agent", "curl/8.9.1"}, 200, 1, 0},
		{"GET", "/d/one", []string{"User-Agent", "Synapse 1.120"}, 200, 0, 1}, // previews links
		{"GET", "/of/one/file", nil, 200, 1, 0},
		{"GET", "/of/one/extra", nil, 200, 0, 0}, // is counted as another thing
		{"HEAD", "/d/one", nil, 200, 0, 0},
		{"GET", "/d/one", []string{"Range", "bytes=5-"}, 206, 0, 0},
		{"GET", "/d/one", []string{"Range", "bytes=99-"}, 416, 0, 0},
		{"GET", "/d/one", []string{"If-None-Match", "*"}, 304, 0, 0},
		{"GET", "/d/one", []string{"Sec-Purpose", "prefetch;prerender"}, 200, 0, 0},
		{"GET", "/d/one", []string{"Purpose", "prefetch"}, 200, 0, 0},
		{"GET", "/d/none", nil, 404, 0, 0},
		{"GET", "/files/k", nil, 200, 0, 0},
	} {
		if resp, _ := ask(t, w, row.method, row.path, row.fields...); resp.StatusCode != row.status {
			t.Errorf("%s %s %v: %d, want %d", row.method, row.path, row.fields, resp.StatusCode, row.status)
		}
		n, bots = n+row.n, bots+row.bots
	}
	ask(t, w, "GET", "/d/one") // one more, so that what is wrongly counted before has time to show
	hour := began.Unix() / 3600
	if time.Now().Unix()/3600 != hour {
		t.Skip("the hour has changed meanwhile")
	}
	wantCounts(t, w, map[string][2]int{fmt.Sprintf("one %d", hour): {n + 1, bots}, fmt.Sprintf("one/extra %d", hour): {1, 0}})
}
