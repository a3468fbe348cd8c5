package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
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
	name, path string
	times, cpu []time.Duration // of each round: by the clock, and of this process
}

// pageCosts is part 6.
type pageCosts struct {
	filled        time.Duration // how long it took to put the items
	rounds        int
	pages         []*pageCost
	before, after float64 // MiB of this process in memory, before the rounds and after them
}

// catalogPages are the pages that are measured, by their names.
var catalogPages = [][2]string{
	{"public page", "/"},
	{"public page, a category", "/?category=C3%2FD4"},
	{"public page, newest", "/?order=new"},
	{"public page, most downloaded", "/?order=downloads"},
	{"public page, most downloaded of a category", "/?order=downloads&category=C3%2FD4"},
	{"public page, search for many", "/?q=manual"},
	{"public page, search for one", "/?q=099999"},
	{"public page, newest of a search", "/?q=number+0123&order=new"},
	{"index.json", "/index.json"},
	{"feed.atom", "/feed.atom"},
	{"admin's list", "/admin/"},
	{"admin's list, most downloaded", "/admin/?order=downloads"},
	{"admin's list, search for many", "/admin/?q=manual"},
	{"admin's list, search for one", "/admin/?q=099999"},
	{"admin's list, most downloaded of a search", "/admin/?q=blue&order=downloads"},
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
	c := &pageCosts{filled: time.Since(begun), rounds: rounds}
	site, client, err := pagesOf(ctx, db, dir)
	if err != nil {
		return nil, err
	}
	defer site.Close()
	for _, p := range catalogPages {
		c.pages = append(c.pages, &pageCost{name: p[0], path: p[1]})
	}
	return c, c.measure(client, site.URL)
}

// measure asks for each page once, so that all is in memory that will be, and then in
// rounds: what else the machine does is felt by all of them.
func (c *pageCosts) measure(client *http.Client, site string) (err error) {
	for round := range c.rounds + 1 {
		if round == 1 {
			if c.before, err = residentMiB(); err != nil {
				return err
			}
		}
		progress("catalog: round %d of %d", round, c.rounds)
		for _, p := range c.pages {
			if err := p.measure(client, site, round > 0); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	c.after, err = residentMiB()
	return err
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

func (p *pageCost) measure(client *http.Client, site string, noted bool) error {
	url := site + p.path
	begun, spent := time.Now(), processor.Time()
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != 200 || n < 500 || resp.Request.URL.String() != url {
		return fmt.Errorf("%d at %s, %d bytes, %v", resp.StatusCode, resp.Request.URL, n, err)
	}
	if noted {
		p.times = append(p.times, time.Since(begun))
		p.cpu = append(p.cpu, processor.Time()-spent)
	}
	return nil
}

// residentMiB is what this process has in memory, SQLite's memory too.
func residentMiB() (float64, error) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kB float64
	_, err = fmt.Sscanf(rest, "%f kB", &kB)
	return kB / 1024, err
}

func (c *pageCosts) report(w io.Writer) {
	fmt.Fprintln(w, "PAGE\tMEDIAN MS\tP95 MS\tCPU MS")
	for _, p := range c.pages {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\n", p.name, at(p.times, 50), at(p.times, 95), at(p.cpu, 50))
	}
	fmt.Fprintf(w, "\nOf %d items in SQLite, put in %.0f s; 50 items a page, asked over HTTP one after the other.\n", largeCatalog, c.filled.Seconds())
	fmt.Fprintf(w, "In memory: %.1f MiB before %d rounds of all pages, %.1f MiB after them.\n\n", c.before, c.rounds, c.after)
}

// at is what so many of 100 rounds took at most, in milliseconds.
func at(times []time.Duration, percent int) float64 {
	return milliseconds(slices.Sorted(slices.Values(times))[len(times)*percent/100])
}

// targets are of the processor's time: what the clock says on a machine that does nothing
// else, and what all of it is in.
func (c *pageCosts) targets() (all []target) {
	slowest := slices.MaxFunc(c.pages, func(a, b *pageCost) int { return cmp.Compare(at(a.cpu, 50), at(b.cpu, 50)) })
	return []target{
		{what: "100,000 items: " + slowest.name + ", the slowest, ms of processor", got: at(slowest.cpu, 50), limit: 50, most: true},
		{what: "100,000 items: memory after all rounds, MiB more", got: max(c.after-c.before, 0.01), limit: 8, most: true},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
