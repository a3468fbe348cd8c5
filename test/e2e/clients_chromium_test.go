package e2e

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/need"
)

// browserPatience is how long Chromium may take for one action.
const browserPatience = 20 * time.Second

// chromium is a headless browser with one tab, which saves downloads without
// asking.
type chromium struct {
	ctx   context.Context
	dir   string // where downloads are saved
	begun chan *browser.EventDownloadWillBegin
	ended chan *browser.EventDownloadProgress
}

func startChromium(t testing.TB) *chromium {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(need.Command(t, "chromium")), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
	}
	for _, f := range []string{
		"disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage", "no-proxy-server",
	} {
		options = append(options, chromedp.Flag(f, true))
	}
	parent, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	b := &chromium{ctx, t.TempDir(), make(chan *browser.EventDownloadWillBegin, 100), make(chan *browser.EventDownloadProgress, 100)}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *chromium) listen(event any) {
	switch e := event.(type) {
	case *browser.EventDownloadWillBegin:
		b.begun <- e
	case *browser.EventDownloadProgress:
		if e.State != browser.DownloadProgressStateInProgress {
			b.ended <- e
		}
	}
}

// do runs an action in the tab.
func do[T any](t testing.TB, b *chromium, action chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// click clicks on the download's link on the page at "/".
func (b *chromium) click(t testing.TB, o origin, path string) {
	t.Helper()
	if at := do(t, b, chromedp.Location()); at != o.url+"/" {
		do(t, b, chromedp.Navigate(o.url+"/"))
	}
	want, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, href := range do(t, b, chromedp.Evaluate[[]string](`[...document.links].map(a => a.getAttribute("href"))`)) {
		if got, err := url.PathUnescape(href); err == nil && got == want {
			do(t, b, chromedp.Click(chromedp.CSS(fmt.Sprintf("a[href=%q]", href))))
			return
		}
	}
	t.Fatalf("the page has no link to %q", want)
}

// visit goes to the download's URL, as one does who types it.
func (b *chromium) visit(t testing.TB, o origin, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	// A navigation that becomes a download is reported as aborted.
	if _, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: o.url + path}); err != nil {
		t.Fatal(err)
	}
}

// saveAs has the next downloads saved under the names that Chromium suggests, or
// under others that are never too long. Without its dialogs Chromium does not
// shorten a name to fit its own ".crdownload" behind it.
func (b *chromium) saveAs(t testing.TB, suggested bool) {
	t.Helper()
	behavior, events := browser.SetDownloadBehaviorBehaviorAllow, true
	if !suggested {
		behavior = browser.SetDownloadBehaviorBehaviorAllowAndName
	}
	_, err := chromedp.Call(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: behavior, DownloadPath: b.dir, EventsEnabled: &events,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wait waits for a download, and returns the name that Chromium suggests and the
// file that it saved.
func (b *chromium) wait(t testing.TB) (suggested, file string) {
	t.Helper()
	late := time.After(browserPatience)
	select {
	case e := <-b.begun:
		suggested = e.SuggestedFilename
	case <-late:
		t.Fatal("no download began")
	}
	select {
	case e := <-b.ended:
		if e.State != browser.DownloadProgressStateCompleted {
			t.Fatalf("download of %q: %s", suggested, e.State)
		}
		return suggested, e.FilePath
	case <-late:
		t.Fatalf("the download of %q did not end", suggested)
	}
	return "", ""
}

func (o origin) testChromium(t *testing.T, follow func(b *chromium, t testing.TB, o origin, path string)) {
	b := startChromium(t)
	for _, c := range nameCases {
		want := c.savedBy("chromium")
		fits := len(want) <= 255-len(".crdownload")
		b.saveAs(t, fits)
		follow(b, t, o, c.path)
		suggested, file := b.wait(t)
		if suggested != want || fits && filepath.Base(file) != want {
			t.Errorf("%s is suggested as %q and saved as %q, want %q", c.path, suggested, filepath.Base(file), want)
		}
		sameFiles(t, file, o.local(c.file))
	}
	b.saveAs(t, true)
	follow(b, t, o, filesPath(largeFile))
	_, file := b.wait(t)
	sameFiles(t, file, o.local(largeFile))
	o.testInline(t, b)
}
