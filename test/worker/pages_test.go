package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers/pages"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/test/worker"
)

const shim = "../../adapters/workers/shim"

// onlyPages is a Worker that has the pages of the module built from a package.
func onlyPages(t *testing.T, from string, site pages.Site) *worker.Worker {
	t.Helper()
	dir := t.TempDir()
	goJS(t, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "pages.wasm"), from)
	for _, file := range []string{wasmExec(t), shim + "/pages.mjs", shim + "/instance.mjs", shim + "/within.mjs", "testdata/only-pages.mjs"} {
		copyFile(t, file, dir)
	}
	text, err := site.Module()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "offer.mjs"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return worker.Start(t, dir, "only-pages.mjs")
}

func ask(t *testing.T, w *worker.Worker, method, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, w.URL+strings.TrimPrefix(path, "/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, string(body)
}

func TestC3_PathsOfThePages(t *testing.T) {
	text, err := os.ReadFile(shim + "/pages.mjs")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`export const paths = \[(.*)\]`).FindSubmatch(text)
	var want []string
	for path := range (&page.Index{}).Pages() {
		want = append(want, "'"+path+"'")
	}
	got := strings.Split(string(m[1]), ", ")
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("pages.mjs has %v, package page %v", got, want)
	}
}

var offered = pages.Site{
	Catalog: "DB", Item: "/d/{slug}", Image: "/image/{slug}",
	Files: []pages.Listing{{Store: "files", Bucket: "FILES", Prefix: "public/", Pattern: "/files/{path...}"}},
}

// putItems puts items as `downlink import --sql` does.
func putItems(t *testing.T, w *worker.Worker, items ...catalog.Item) {
	t.Helper()
	for i := range items {
		items[i].Store, items[i].Key = "files", "k"
	}
	var text strings.Builder
	if err := sqlcat.WriteSQL(&text, items); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		w.Query(strings.TrimSuffix(line, ";\n"))
	}
}

// TestC3_PagesInAWorker: the index from D1 and R2, cached for a while.
func TestC3_PagesInAWorker(t *testing.T) {
	t.Parallel()
	w := onlyPages(t, "../../cmd/downlink-worker/pages", offered)
	putItems(t, w, catalog.Item{Slug: "one", Title: "The <first> one", Category: "A/B", Visible: true, Files: map[string]catalog.File{"image": {Store: "files", Key: "i"}}},
		catalog.Item{Slug: "hidden", Title: "Unlisted"}, catalog.Item{Slug: "draft", Title: "Unlisted draft", Visible: true, Draft: true})
	w.Put("public/a b.txt", []byte("12345"), nil)
	w.Put("private/secret.txt", []byte("x"), nil)

	resp, body := ask(t, w, "GET", "/")
	for _, want := range []string{"The &lt;first&gt; one", `href="/d/one"`, `src="/image/one"`, `href="/?category=A%2FB"><bdi>B</bdi>`, `href="/files/a%20b.txt"`, "5 B"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q:\n%s", want, body)
		}
	}
	for _, no := range []string{"Unlisted", "secret"} {
		if strings.Contains(body, no) {
			t.Errorf("the page has %q", no)
		}
	}
	h := resp.Header
	if resp.StatusCode != 200 || h.Get("Cache-Control") != "no-cache" || h.Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		t.Errorf("%d %v", resp.StatusCode, h)
	}
	head, none := ask(t, w, "HEAD", "/")
	if head.StatusCode != 200 || none != "" || head.ContentLength != int64(len(body)) || head.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("HEAD: %d, %d bytes, length %d, want %d; %v", head.StatusCode, len(none), head.ContentLength, len(body), head.Header)
	}
	var index struct {
		Categories []struct{ Path []string }
		Stores     []struct{ Files []struct{ Size int } }
	}
	if _, text := ask(t, w, "GET", "/index.json?x=1"); json.Unmarshal([]byte(text), &index) != nil || len(index.Categories) != 2 ||
		strings.Join(index.Categories[1].Path, "/") != "A/B" || index.Stores[0].Files[0].Size != 5 {
		t.Errorf("JSON: %s", text)
	}
	if resp, body := ask(t, w, "GET", "/healthz"); resp.StatusCode != 200 || body != "ok\n" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("health: %d %q %v", resp.StatusCode, body, resp.Header)
	}
	for _, method := range []string{"POST", "DELETE"} {
		if resp, _ := ask(t, w, method, "/"); resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %v", method, resp.StatusCode, resp.Header)
		}
	}
	if resp, body := ask(t, w, "GET", "/files/a%20b.txt"); resp.StatusCode != 404 || body != "no page" {
		t.Errorf("what is no page is answered %d %q", resp.StatusCode, body)
	}

	tag := h.Get("ETag")
	if same, none := ask(t, w, "GET", "/", "If-None-Match", `"x", `+tag); same.StatusCode != 304 || none != "" || same.Header.Get("ETag") != tag {
		t.Errorf("who has the page: %d %q %v", same.StatusCode, none, same.Header)
	}
	if resp, found := ask(t, w, "GET", "/?q=FIRST&x=y"); resp.StatusCode != 200 || !strings.Contains(found, "/d/one") || resp.Header.Get("ETag") == tag {
		t.Errorf("search: %d %s", resp.StatusCode, found)
	}
	if resp, found := ask(t, w, "GET", "/?q=nothing"); resp.StatusCode != 200 || strings.Contains(found, "/d/one") {
		t.Errorf("search for nothing: %d %s", resp.StatusCode, found)
	}
	if resp, found := ask(t, w, "GET", "/?q="+strings.Repeat("first+", catalog.MaxWords)); resp.StatusCode != 200 || !strings.Contains(found, "/d/one") {
		t.Errorf("search for many words: %d %s", resp.StatusCode, found)
	}
	if resp, _ := ask(t, w, "GET", "/?q="+strings.Repeat("first+", 100)); resp.StatusCode != 400 {
		t.Errorf("search for too many words: %d, want 400", resp.StatusCode)
	}
	if resp, _ := ask(t, w, "GET", "/?category=none"); resp.StatusCode != 404 {
		t.Errorf("no such category: %d, want 404", resp.StatusCode)
	}
	if resp, text := ask(t, w, "GET", "/feed.atom"); resp.StatusCode != 200 || !strings.Contains(text, "<title>The &lt;first&gt; one</title>") || strings.Contains(text, "Unlisted") ||
		!strings.Contains(text, "<id>"+w.URL+"d/one</id>") {
		t.Errorf("feed: %d %s", resp.StatusCode, text)
	}

	// An edit shows when the cache is told to forget, or after a while.
	putItems(t, w, catalog.Item{Slug: "two", Title: "Second", Visible: true})
	if _, again := ask(t, w, "GET", "/"); strings.Contains(again, "Second") {
		t.Error("the page was not kept")
	} else if again != body {
		t.Error("what was kept is another page")
	}
	if resp, _ := ask(t, w, "GET", "/"); resp.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("a kept page has Cache-Control %q", resp.Header.Get("Cache-Control"))
	}
	ask(t, w, "PURGE", "/")
	if _, again := ask(t, w, "GET", "/"); !strings.Contains(again, "Second") {
		t.Error("the page does not show an edit")
	}
}

// TestC3_DatabaseDown: the page says what it cannot show, and nobody keeps it.
func TestC3_DatabaseDown(t *testing.T) {
	t.Parallel()
	w := onlyPages(t, "../../cmd/downlink-worker/pages", offered)
	w.Put("public/a.txt", nil, nil)
	w.Query("ALTER TABLE places RENAME TO gone")
	resp, body := ask(t, w, "GET", "/")
	if resp.StatusCode != 200 || !strings.Contains(body, "cannot be read now") || !strings.Contains(body, "/files/a.txt") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	if resp, _ := ask(t, w, "GET", "/index.json"); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("JSON: %d %v, want 503", resp.StatusCode, resp.Header)
	}
	if !strings.Contains(w.Log(), "no such table") {
		t.Errorf("the cause is not in the log:\n%s", w.Log())
	}
	w.Query("ALTER TABLE gone RENAME TO places")
	if resp, _ := ask(t, w, "GET", "/index.json"); resp.StatusCode != 200 {
		t.Errorf("JSON afterwards: %d, want 200", resp.StatusCode)
	}
}

// TestR4_PagesThatFail: whatever happens in a page, it is answered, and so is the
// next.
func TestR4_PagesThatFail(t *testing.T) {
	t.Parallel()
	w := onlyPages(t, "./faults", pages.Site{})
	for _, row := range []struct {
		do   string
		want int
		log  string
	}{
		{"panic", 500, "on purpose"}, {"abort", 500, "abort"}, {"panic elsewhere", 500, "in a goroutine"}, {"exit", 500, "GET /: "},
		{"hang", 500, "no answer within"}, {"status", 418, ""}, {"empty", 200, ""},
	} {
		t.Run(row.do, func(t *testing.T) {
			resp, body := ask(t, w, "GET", "/", "X-Do", row.do)
			if resp.StatusCode != row.want || strings.Contains(body, "half") || strings.Contains(body, "purpose") {
				t.Errorf("%d %q, want %d", resp.StatusCode, body, row.want)
			}
			if row.want == 500 && (resp.Header.Get("X-Before") != "" || resp.Header.Get("Cache-Control") != "no-store") {
				t.Errorf("fields of the failed page: %v", resp.Header)
			}
			ask(t, w, "PURGE", "/")
			if next, body := ask(t, w, "GET", "/"); next.StatusCode != 200 || !strings.Contains(body, `"GET"`) {
				t.Errorf("the next page: %d %s", next.StatusCode, body)
			}
			if !strings.Contains(w.Log(), row.log) {
				t.Errorf("the log lacks %q:\n%s", row.log, w.Log())
			}
		})
	}
}

// TestR4_PagesSeeWholeFields: syumai/workers splits values at commas.
func TestR4_PagesSeeWholeFields(t *testing.T) {
	t.Parallel()
	w := onlyPages(t, "./faults", pages.Site{})
	const since = "Wed, 21 Oct 2015 07:28:00 GMT"
	resp, body := ask(t, w, "GET", "/index.json?a=b", "If-Modified-Since", since, "Range", "bytes=0-1,5-8", "If-Match", `"a", W/"b"`)
	var got struct {
		Path, URI string
		Header    http.Header
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	for name, want := range map[string]string{"If-Modified-Since": since, "Range": "bytes=0-1,5-8", "If-Match": `"a", W/"b"`} {
		if h := got.Header[name]; len(h) != 1 || h[0] != want {
			t.Errorf("%s = %q, want %q", name, h, want)
		}
	}
	if got.Path != "/index.json" || strings.Join(resp.Header.Values("X-Twice"), ",") != "a,b" && resp.Header.Get("X-Twice") != "a, b" {
		t.Errorf("path %q, X-Twice %q", got.Path, resp.Header.Values("X-Twice"))
	}
}

// TestR4_ManyPagesAtOnce: more than an isolate has room for wait for their turn or
// are sent away; aborted ones leave nothing behind that would be in the way.
func TestR4_ManyPagesAtOnce(t *testing.T) {
	t.Parallel()
	w := onlyPages(t, "./faults", pages.Site{})
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for n := range 8 {
		all.Go(func() {
			for i := range 12 {
				ctx, cancel := context.WithCancel(context.Background())
				if (i+n)%4 == 0 {
					time.AfterFunc(time.Duration(i)*time.Millisecond, cancel)
				}
				r, _ := http.NewRequestWithContext(ctx, "GET", w.URL, nil)
				resp, err := http.DefaultClient.Do(r)
				what := "aborted"
				if err == nil {
					if _, err = io.Copy(io.Discard, resp.Body); err == nil {
						what = fmt.Sprint(resp.StatusCode)
					}
					resp.Body.Close()
				}
				if err != nil && ctx.Err() == nil {
					what = err.Error()
				}
				mu.Lock()
				answers[what]++
				mu.Unlock()
				cancel()
			}
		})
	}
	all.Wait()
	t.Logf("answers: %v", answers)
	if answers["200"] < 20 || answers["200"]+answers["503"]+answers["aborted"] != 8*12 {
		t.Errorf("answers: %v", answers)
	}
	if resp, _ := ask(t, w, "GET", "/"); resp.StatusCode != 200 {
		t.Errorf("a page afterwards: %d", resp.StatusCode)
	}
	if strings.Contains(w.Log(), "different request") {
		t.Errorf("requests met:\n%s", w.Log())
	}
}
