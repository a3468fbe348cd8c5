package e2e

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/server"
)

// A file whose upload is cancelled while it is tried again is not uploaded: of two files
// the first is cancelled, and when the second is there, nothing of the first is.
func TestC2_CancelledUpload(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	p := startAdmin(t, data, fmt.Sprintf("[stores.files]\npath = %q\n", dir)+withAdmin)
	way := server.Before(t, p.Addr)
	b := startChromium(t)
	b.setUp(t, "http://"+way.Addr, data)
	var lost atomic.Int64
	way.Set(func(_ int, x *server.Broken) bool {
		patch := x.Request.Method == "PATCH"
		if patch {
			lost.Add(1)
		}
		return patch
	})
	b.cancelWhileTrying(t, "http://"+way.Addr, way, &lost)
	if left, err := filepath.Glob(filepath.Join(data, "uploads", "*.info")); len(left) > 0 || err != nil {
		t.Errorf("unfinished: %v, %v", left, err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "uploads", "*", "*")); len(files) != 1 || err != nil {
		t.Errorf("stored: %v, %v", files, err)
	}
}

// The same of an upload straight to S3.
func TestC2_CancelledDirectUpload(t *testing.T) {
	bucket, data := server.StartS3(t), t.TempDir()
	way := server.Before(t, bucket.Addr)
	p := startAdmin(t, data, bucket.Store(t, "http://"+way.Addr)+withAdmin+"direct_uploads = true\n")
	site := "http://" + p.Addr
	allowUploads(t, bucket, site)
	b := startChromium(t)
	b.setUp(t, site, data)
	b.cancelWhileTrying(t, site, way, partsOf(way, func(int64) bool { return true }))
	left, err := bucket.Client().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket.Bucket})
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("unfinished: %v, %v", left, err)
	}
}

// cancelWhileTrying cancels the upload of a file that is lost on its way as often as lost
// says, and then uploads another.
func (b *chromium) cancelWhileTrying(t *testing.T, site string, way *server.Faulty, lost *atomic.Int64) {
	t.Helper()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.txt"), filepath.Join(dir, "second.txt")
	randomFile(t, first, 1000)
	randomFile(t, second, 1000)
	b.uploadFile(t, site, first)
	for end := time.Now().Add(browserPatience); lost.Load() < 3; time.Sleep(50 * time.Millisecond) { // then it waits for seconds
		if time.Now().After(end) {
			t.Fatalf("%d requests were lost", lost.Load())
		}
	}
	b.until(t, `document.querySelector(".progress .state").textContent.includes("Trying again")`, browserPatience)
	do(t, b, chromedp.Click(chromedp.CSS(".progress button")))
	b.until(t, `document.querySelector(".progress li") == null`, browserPatience)
	if said := do(t, b, chromedp.Evaluate[string](`document.querySelector(".said").textContent`)); said != "" {
		t.Errorf("the page says %q", said)
	}
	way.Set(nil)
	do(t, b, chromedp.SetUploadFiles(chromedp.CSS("#file-"), []string{second}))
	do(t, b, chromedp.Click(chromedp.CSS("main button")))
	b.until(t, `document.querySelector(".progress [data-state=done] a") != null`, time.Minute)
	do(t, b, chromedp.Navigate(site+"/admin/"))
	if got := do(t, b, chromedp.Evaluate[string](`[...document.querySelectorAll("tbody th")].map(e => e.innerText).join(", ")`)); got != "second draft" {
		t.Errorf("items: %s", got)
	}
}
