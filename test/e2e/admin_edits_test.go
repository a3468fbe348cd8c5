package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// What somebody wrote into the form of an item and did not save is there after an upload
// on the same page, and can be saved then.
func TestC2_UploadBesideEdits(t *testing.T) {
	dir, data, from := t.TempDir(), t.TempDir(), t.TempDir()
	p := startAdmin(t, data, fmt.Sprintf("[stores.files]\npath = %q\n", dir)+withAdmin)
	site := "http://" + p.Addr
	b := startChromium(t)
	b.setUp(t, site, data)
	first, second := filepath.Join(from, "first.txt"), filepath.Join(from, "second.txt")
	randomFile(t, first, 1000)
	randomFile(t, second, 2000)
	b.uploadFile(t, site, first)
	b.until(t, `document.querySelector(".progress [data-state=done] a") != null`, browserPatience)
	b.press(t, ".progress a")
	do(t, b, chromedp.Evaluate[bool](`document.querySelector("form.main details").open = true`))
	b.write(t, "#version-name", "1.0")
	b.press(t, ".main > .actions button")

	b.write(t, "#title", "Not saved")
	do(t, b, chromedp.Click(chromedp.CSS("input[value=published]")))
	b.sendBeside(t, second, "2.0")
	b.until(t, `document.querySelector("form.main .notice")?.textContent.includes("not saved yet")`, browserPatience)
	b.look(t, "", "item-edits")
	const shown = `["#title", "#name", "#version-name"].map(css => document.querySelector(css).value).concat(document.querySelector("input[value=published]").checked).join(", ")`
	if got := do(t, b, chromedp.Evaluate[string](shown)); got != "Not saved, first.txt, 2.0, true" {
		t.Errorf("after the upload the form has %s", got)
	}
	b.press(t, ".main > .actions button")
	if got := do(t, b, chromedp.Evaluate[string](shown+` + " " + document.querySelector(".notice").textContent`)); got != "Not saved, first.txt, 2.0, true Saved." {
		t.Errorf("saved: %s", got)
	}
	if got := do(t, b, chromedp.Evaluate[int](`document.querySelectorAll("form.row input[name=version][value='1.0']").length`)); got != 1 {
		t.Error("the older version is not there")
	}
}

// sendBeside uploads a file on the page of an item as a version, under the name of before,
// and waits for the page after it.
func (b *chromium) sendBeside(t *testing.T, file, version string) {
	t.Helper()
	do(t, b, chromedp.Evaluate[bool](`document.querySelector("#file-file").closest("details").open = true`))
	b.write(t, "#version", version)
	do(t, b, chromedp.Click(chromedp.CSS("input[name=keep_name]")))
	do(t, b, chromedp.SetUploadFiles(chromedp.CSS("#file-file"), []string{file}))
	b.press(t, "form.upload:has(#file-file) button")
}
