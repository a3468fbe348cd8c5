package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/server"
)

// cutting passes connections on to a server, and cuts each one that has carried the
// client's first limit bytes as long as cuts are left.
type cutting struct {
	net.Listener
	to    string
	limit int64
	left  atomic.Int64
}

func startCutting(t *testing.T, to string, limit, cuts int64) *cutting {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutting{Listener: l, to: to, limit: limit}
	c.left.Store(cuts)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(client)
		}
	}()
	return c
}

func (c *cutting) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(client, server)
		client.Close()
	}()
	if _, err := io.CopyN(server, client, c.limit); err == nil && c.left.Add(-1) >= 0 {
		return // cut
	}
	io.Copy(server, client)
}

// startAdmin runs Downlink with a configuration that has the admin.
func startAdmin(t *testing.T, data, toml string) *server.Process {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	if err := os.WriteFile(conf, []byte("[server]\nlisten = \"127.0.0.1:0\"\n"+toml), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.Downlink(t, []string{"--config", conf, "--data", data})
}

// setUp makes the first account.
func (b *chromium) setUp(t *testing.T, site, data string) {
	t.Helper()
	do(t, b, chromedp.Navigate(site+setUpPath(t, data)))
	b.write(t, "#password", adminPassword)
	b.write(t, "#again", adminPassword)
	b.press(t, "main button")
}

// pageFaults looks at a page as it is laid out, with all its parts open: nothing is wider
// than the window, everything has a name and can be reached, and what belongs together
// is joined.
var pageFaults = fmt.Sprintf(`(() => {
	const faults = [], told = e => (e.outerHTML || "").slice(0, 120);
	for (const d of document.querySelectorAll("details")) d.open = true;
	if (document.documentElement.scrollWidth > innerWidth) {
		faults.push("the page is " + document.documentElement.scrollWidth + " px wide");
		for (const e of document.querySelectorAll("main *")) if (e.getBoundingClientRect().right > innerWidth + 1) { faults.push("too far right: " + told(e)); break; }
	}
	if (document.querySelectorAll("h1").length != 1 || document.documentElement.lang != "en" || !document.title) faults.push("no one heading, language or title");
	const ids = new Set();
	for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) faults.push("the id " + e.id + " is there twice"); ids.add(e.id); }
	for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
		for (const id of ((e.getAttribute("aria-describedby") || "") + " " + (e.getAttribute("aria-labelledby") || "")).trim().split(" ")) if (!document.getElementById(id)) faults.push("nothing is called " + id + " for " + told(e));
	}
	for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) if (!e.labels.length && !e.ariaLabel) faults.push("no label: " + told(e));
	for (const e of document.querySelectorAll("a, button, summary")) {
		const box = e.getBoundingClientRect();
		if (!(e.textContent.trim() || e.ariaLabel)) faults.push("no name: " + told(e));
		if (e.tabIndex < 0) faults.push("not to be reached by keyboard: " + told(e));
		if (!e.matches("p a, .skip, dd a") && (box.height < %d || box.width < %d)) faults.push(Math.round(box.width) + " × " + Math.round(box.height) + " px: " + told(e));
	}
	for (const e of document.querySelectorAll("svg[role=img]")) if (!e.querySelector("title")) faults.push("a chart without words");
	for (const e of document.querySelectorAll("img")) if (!e.alt) faults.push("a picture without words");
	for (const e of document.querySelectorAll("[style], style, script:not([src]), [onclick]")) faults.push("against the policy: " + told(e));
	return faults;
})()`, smallestTarget, smallestTarget)

// contrastFaults are the texts whose colour is too near to what is behind them (WCAG 2.2,
// 1.4.3: 4.5 to 1).
const contrastFaults = `(() => {
	const faults = new Set();
	const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	for (const e of document.querySelectorAll("main *, header *")) {
		if (![...e.childNodes].some(n => n.nodeType == 3 && n.textContent.trim())) continue;
		const box = e.getBoundingClientRect();
		if (box.width < 2 || getComputedStyle(e).fontSize == "0px" || getComputedStyle(e).visibility == "hidden") continue;
		const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5) faults.add(((a + 0.05) / (b + 0.05)).toFixed(2) + ": " + e.outerHTML.slice(0, 100));
	}
	return [...faults];
})()`

// shots is a folder for pictures of the pages, to be looked at by people; "" takes
// none.
var shots = os.Getenv("DOWNLINK_SCREENSHOTS")

// look looks at a page at both widths, and notes faults.
func (b *chromium) look(t *testing.T, url, name string) {
	t.Helper()
	for _, width := range []int64{360, 1280} {
		do(t, b, chromedp.EmulateViewport(width, 900))
		if url != "" {
			do(t, b, chromedp.Navigate(url))
		}
		faults := do(t, b, chromedp.Evaluate[[]string](pageFaults))
		for _, scheme := range []string{"dark", "light"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			faults = append(faults, do(t, b, chromedp.Evaluate[[]string](contrastFaults))...)
			if shots != "" && scheme == "dark" && width == 1280 {
				b.picture(t, name+"-dark")
			}
		}
		for _, f := range faults {
			t.Errorf("%s at %d px: %s", name, width, f)
		}
		if shots != "" {
			tall := do(t, b, chromedp.Evaluate[int64](`{ for (const d of document.querySelectorAll("figure details")) d.open = false; document.documentElement.offsetHeight }`))
			do(t, b, chromedp.EmulateViewport(width, max(tall, 600)))
			b.picture(t, fmt.Sprint(name, "-", width))
		}
	}
}

// picture takes one of what the window shows.
func (b *chromium) picture(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(shots, name+".png"), do(t, b, chromedp.CaptureScreenshot()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asPerson has the browser say what one with a window says: downloads by one without
// are counted as a robot's.
func (b *chromium) asPerson(t *testing.T) {
	t.Helper()
	agent := do(t, b, chromedp.Evaluate[string](`navigator.userAgent.replace("Headless", "")`))
	if _, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent}); err != nil {
		t.Fatal(err)
	}
}

func (b *chromium) write(t *testing.T, css, text string) {
	t.Helper()
	do(t, b, chromedp.WaitVisible(chromedp.CSS(css)))
	do(t, b, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).value = ""`, css)))
	do(t, b, chromedp.SendKeys(chromedp.CSS(css), text))
}

// press clicks, and waits for the page after it.
func (b *chromium) press(t *testing.T, css string) {
	t.Helper()
	do(t, b, chromedp.Evaluate[bool](`(window.before = true)`))
	do(t, b, chromedp.Click(chromedp.CSS(css)))
	b.until(t, `!window.before && document.readyState == "complete"`, browserPatience)
}

// until waits until a condition of the page holds.
func (b *chromium) until(t *testing.T, condition string, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		cancel()
		if err == nil && ok { // while a page is loaded there may be an error
			return
		}
		if time.Now().After(end) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			t.Fatalf("%s does not hold after %v, %v:\n%s", condition, patience, err, text)
		}
	}
}

// randomFile writes a file of random bytes.
func randomFile(t *testing.T, path string, size int64) {
	t.Helper()
	from, err := os.Open("/dev/urandom")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.CopyN(to, from, size); err != nil {
		t.Fatal(err)
	}
}

// Somebody logs in by the link that was printed, makes nested categories, uploads a file
// of 200 MiB whose connection is cut half way, edits it, publishes it, has it downloaded
// through nginx under its new name, sees the count and the chart change, and deletes it.
func TestC2_AdminInChromium(t *testing.T) {
	const size = 200 << 20
	dir, data := t.TempDir(), t.TempDir()
	nginx, _ := server.Behind(t, "nginx", dir, data, withAdmin)
	b := startChromium(t)
	b.asPerson(t)
	way := startCutting(t, nginx.Addr, size/2, 1)
	site := "http://" + way.Addr().String()

	b.look(t, site+"/admin/", "login-empty")
	setUp := setUpPath(t, data)
	b.look(t, site+setUp, "setup")
	b.write(t, "#password", adminPassword)
	b.write(t, "#again", adminPassword)
	b.press(t, "main button")
	b.look(t, "", "items-empty")

	do(t, b, chromedp.Navigate(site+"/admin/categories"))
	b.write(t, "#path", "Software/Tools/Übung")
	b.press(t, "main button")
	b.look(t, "", "categories")
	if got := do(t, b, chromedp.Evaluate[string](`[...document.querySelectorAll(".tree summary bdi")].map(e => e.textContent).join(" ")`)); got != "Software Tools Übung" {
		t.Errorf("categories: %s", got)
	}
	b.write(t, "#path-2", "Software") // which is there: look opened the form
	b.press(t, "form:has(#path-2) button")
	b.look(t, "", "category-there")

	big := filepath.Join(t.TempDir(), "Big file.bin")
	randomFile(t, big, size)
	do(t, b, chromedp.Navigate(site+"/admin/upload"))
	b.look(t, "", "upload")
	do(t, b, chromedp.SetUploadFiles(chromedp.CSS("#file-"), []string{big}))
	do(t, b, chromedp.Click(chromedp.CSS("main button")))
	b.until(t, `document.querySelector(".progress .state").textContent.includes("%")`, browserPatience)
	b.until(t, `document.querySelector(".progress [data-state=done] a")`+` != null`, 2*time.Minute)
	if left := way.left.Load(); left > 0 {
		t.Fatal("the connection was not cut")
	}
	b.look(t, "", "uploaded")
	b.press(t, ".progress a")
	if got := do(t, b, chromedp.Location()); got != site+"/admin/item/big-file" {
		t.Fatalf("at %s", got)
	}
	b.checkEditing(t, site, big, dir)
}

// checkEditing is the rest of the way of an uploaded file.
func (b *chromium) checkEditing(t *testing.T, site, big, dir string) {
	t.Helper()
	b.write(t, "#name", "Übung 1.bin")
	b.write(t, ".main #category", "Software/Tools/Übung")
	do(t, b, chromedp.Click(chromedp.CSS("input[value=published]")))
	b.press(t, ".main > .actions button")
	b.look(t, "", "item")
	if bars := do(t, b, chromedp.Evaluate[int](`document.querySelectorAll("rect.bar").length`)); bars != 0 {
		t.Errorf("%d bars before a download", bars)
	}
	b.saveAs(t, true)
	b.visit(t, origin{url: site}, "/d/big-file")
	suggested, file := b.wait(t)
	if suggested != "Übung 1.bin" {
		t.Errorf("downloaded as %q", suggested)
	}
	sameFiles(t, file, big)
	counted := func() bool {
		do(t, b, chromedp.Navigate(site+"/admin/item/big-file"))
		return do(t, b, chromedp.Evaluate[bool](`document.body.innerText.includes("1 download within 30 days") && document.querySelectorAll("#chart-days ~ svg rect.bar").length == 1`))
	}
	for end := time.Now().Add(browserPatience); !counted(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the download is not counted")
		}
	}
	b.look(t, "", "item-counted")
	for _, page := range []string{"statistics", "files", "files?store=files&prefix=uploads/", "orphans", "health", "account", "nothing-here", "?q=nothing", ""} {
		b.look(t, site+"/admin/"+page, "page-"+regexp.MustCompile(`\W+`).ReplaceAllString(page, "-"))
	}
	if got := do(t, b, chromedp.Evaluate[string](`document.querySelector("td[data-name=Downloads]").textContent`)); got != "1" {
		t.Errorf("after the examination there are %s downloads", got)
	}
	do(t, b, chromedp.Navigate(site+"/admin/item/big-file"))
	do(t, b, chromedp.Click(chromedp.CSS(".danger-zone summary")))
	b.press(t, ".danger-zone button")
	if text := do(t, b, chromedp.Evaluate[string](`document.querySelector("main").innerText`)); !strings.Contains(text, "is deleted") || !strings.Contains(text, "There is nothing yet") {
		t.Errorf("after deleting:\n%s", text)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "uploads", "*", "*")); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
	b.press(t, ".who button")
	b.look(t, "", "login")
}

// Files that are dropped are uploaded one after the other, and one that is too large
// says so.
func TestC2_DroppedFiles(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	p := startAdmin(t, data, fmt.Sprintf("[stores.files]\npath = %q\n[admin]\nenabled = true\nmax_upload = 1000\n", dir))
	site := "http://" + p.Addr
	b := startChromium(t)
	b.setUp(t, site, data)
	do(t, b, chromedp.Navigate(site+"/admin/upload"))
	do(t, b, chromedp.Evaluate[bool](`(() => {
		const dropped = new DataTransfer();
		for (const [name, size] of [["one.txt", 10], ["large.bin", 1001], ["two.txt", 1000], ["empty.txt", 0]]) dropped.items.add(new File([new Uint8Array(size)], name));
		return document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
	})()`))
	b.until(t, `document.querySelectorAll(".progress [data-state]").length == 4`, browserPatience)
	got := do(t, b, chromedp.Evaluate[string](`[...document.querySelectorAll(".progress li")].map(e => e.querySelector(".name").textContent + " " + e.dataset.state).join(", ")`))
	if got != "one.txt done, large.bin failed, two.txt done, empty.txt done" {
		t.Errorf("uploads: %s", got)
	}
	if text := do(t, b, chromedp.Evaluate[string](`document.querySelector("[data-state=failed] .state").textContent`)); text != "This file is larger than the server takes." {
		t.Errorf("the large file says %q", text)
	}
	b.look(t, "", "upload-failed")
	do(t, b, chromedp.Navigate(site+"/admin/?order=title"))
	if got := do(t, b, chromedp.Evaluate[string](`[...document.querySelectorAll("tbody th")].map(e => e.innerText).join(", ")`)); got != "empty draft, one draft, two draft" {
		t.Errorf("items: %s", got)
	}
}
