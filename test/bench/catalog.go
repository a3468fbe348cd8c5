package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/test/bench/processor"
)

// largeCatalog is how many items the pages are measured with.
const largeCatalog = 100_000

// pageCost is how long a page takes.
type pageCost struct {
	name        string
	median, p95 time.Duration
	cpu         time.Duration // of this process, on average: what it is on an idle machine
	target      bool          // it has to be quick: a search and the order by downloads may read everything
}

// pageCosts is part 6.
type pageCosts struct {
	filled time.Duration // how long it took to put the items
	pages  []pageCost
	grown  float64 // MiB that the heap holds more after all pages
}

// catalogPages are the pages that are measured.
var catalogPages = []struct {
	name, path string
	target     bool
}{
	{"public page", "/", true},
	{"public page, a category", "/?category=C3%2FD4", true},
	{"public page, newest", "/?order=new", true},
	{"public page, most downloaded", "/?order=downloads", false},
	{"public page, search for many", "/?q=manual", false},
	{"public page, search for one", "/?q=099999", false},
	{"index.json", "/index.json", true},
	{"feed.atom", "/feed.atom", true},
	{"admin's list", "/admin/", true},
	{"admin's list, search", "/admin/?q=manual", false},
}

// measureCatalog asks for pages of a large catalogue in SQLite.
func measureCatalog(ctx context.Context, rounds int) (*pageCosts, error) {
	dir, err := os.MkdirTemp("", "downlink-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	progress("catalog: putting %d items", largeCatalog)
	db, err := sqlcat.Open(filepath.Join(dir, "catalog.db"))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	begun := time.Now()
	if err := fill(ctx, db); err != nil {
		return nil, err
	}
	c := &pageCosts{filled: time.Since(begun)}
	site, client, err := pagesOf(ctx, db, dir)
	if err != nil {
		return nil, err
	}
	defer site.Close()
	before := heldMiB()
	for _, p := range catalogPages {
		progress("catalog: %s", p.name)
		cost, err := measurePage(client, site.URL+p.path, rounds)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		cost.name, cost.target = p.name, p.target
		c.pages = append(c.pages, cost)
	}
	c.grown = heldMiB() - before
	return c, nil
}

// fill puts the items, in categories of three levels, some of which were downloaded.
func fill(ctx context.Context, db *sqlcat.Store) error {
	kinds, colours := []string{"Manual", "Driver", "Catalogue", "Firmware"}, []string{"blue", "red", "green"}
	var batch []catalog.Item
	for i := range largeCatalog {
		batch = append(batch, catalog.Item{
			Slug: fmt.Sprintf("item-%06d", i), Title: fmt.Sprintf("%s %s number %06d", kinds[i%4], colours[i%3], i), Store: "files", Key: fmt.Sprint(i),
			Category: fmt.Sprintf("C%d/D%d/E%d", i%10, i/10%10, i/100%10), Visible: true, Size: int64(i + 1),
		})
		if len(batch) < 5000 && i < largeCatalog-1 {
			continue
		}
		if err := db.Put(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	for n := range 100 {
		var counts []catalog.Count
		for i := range catalog.MaxBatch {
			counts = append(counts, catalog.Count{Item: fmt.Sprintf("item-%06d", n*997+i), Hour: 480_000 + int64(n), Tally: catalog.Tally{Downloads: int64(i)}})
		}
		if err := db.Count(ctx, catalog.Batch{Writer: "bench", Number: int64(n + 1), Time: time.Now(), Counts: counts}); err != nil {
			return err
		}
	}
	return nil
}

// pagesOf serves the public page and the admin over a catalogue, and returns a client
// who is logged in there.
func pagesOf(ctx context.Context, db *sqlcat.Store, dir string) (*httptest.Server, *http.Client, error) {
	items := catalog.New(db)
	pattern, err := core.ParsePattern("/d/{slug}")
	if err != nil {
		return nil, nil, err
	}
	store := storage.New("files", memstore.New())
	a, err := admin.New(admin.Options{
		Records: admin.SQL(db), Catalog: items, Counter: db, Stores: []*storage.Store{store}, Store: store, Item: pattern.URL,
		Uploads: filepath.Join(dir, "uploads"), MaxUpload: 1 << 30, Session: time.Hour,
	})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	for path, p := range (&page.Index{Catalog: items, Item: pattern}).Pages() {
		mux.Handle(path, p)
	}
	mux.Handle("/admin/", a)
	site := httptest.NewServer(mux)
	client, err := logIn(ctx, site, db)
	return site, client, err
}

func logIn(ctx context.Context, site *httptest.Server, db *sqlcat.Store) (*http.Client, error) {
	token, err := admin.NewAccounts(admin.SQL(db)).Link(ctx, "", time.Now().Add(time.Hour))
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	const password = "a long enough password"
	resp, err := client.PostForm(site.URL+"/admin/setup?token="+token, url.Values{"token": {token}, "name": {"bench"}, "password": {password}, "again": {password}})
	if err != nil {
		return nil, err
	}
	return client, resp.Body.Close()
}

func measurePage(client *http.Client, url string, rounds int) (pageCost, error) {
	times := make([]time.Duration, rounds)
	spent := processor.Time()
	for i := range times {
		begun := time.Now()
		resp, err := client.Get(url)
		if err != nil {
			return pageCost{}, err
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		times[i] = time.Since(begun)
		if err != nil || resp.StatusCode != 200 || n < 500 || resp.Request.URL.String() != url {
			return pageCost{}, fmt.Errorf("%d at %s, %d bytes, %v", resp.StatusCode, resp.Request.URL, n, err)
		}
	}
	slices.Sort(times)
	return pageCost{median: times[rounds/2], p95: times[rounds*95/100], cpu: (processor.Time() - spent) / time.Duration(rounds)}, nil
}

// heldMiB is what the heap holds.
func heldMiB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

func (c *pageCosts) report(w io.Writer) {
	fmt.Fprintln(w, "PAGE\tMEDIAN MS\tP95 MS\tCPU MS")
	for _, p := range c.pages {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\n", p.name, milliseconds(p.median), milliseconds(p.p95), milliseconds(p.cpu))
	}
	fmt.Fprintf(w, "\nOf %d items in SQLite, put in %.0f s; 50 items a page, asked over HTTP one after the other.\n\n", largeCatalog, c.filled.Seconds())
}

func (c *pageCosts) targets() (all []target) {
	slowest := time.Duration(0)
	for _, p := range c.pages {
		if p.target {
			slowest = max(slowest, p.median)
		}
	}
	return []target{
		{what: "100,000 items: slowest page or admin's list, ms", got: milliseconds(slowest), limit: 50, most: true},
		{what: "100,000 items: heap held after all pages, MiB more", got: max(c.grown, 0.01), limit: 8, most: true},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
