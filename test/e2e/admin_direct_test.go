package e2e

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/server"
)

// allowUploads has a bucket take parts from the pages of a site, by the rules that
// docs/admin.md has.
func allowUploads(t *testing.T, bucket *server.S3, site string) {
	t.Helper()
	rules := []types.CORSRule{{AllowedOrigins: []string{site}, AllowedMethods: []string{"PUT"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(3600)}}
	_, err := bucket.Client().PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: &bucket.Bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}})
	if err != nil {
		t.Fatal(err)
	}
}

// partsOf counts the parts that arrive at a bucket, and loses some of them: those whose
// turn lose says.
func partsOf(way *server.Faulty, lose func(n int64) bool) *atomic.Int64 {
	var parts atomic.Int64
	way.Set(func(_ int, x *server.Broken) bool {
		if x.Request.Method != "PUT" || !x.Request.URL.Query().Has("X-Amz-Signature") {
			return false
		}
		return lose(parts.Add(1)) // with its connection
	})
	return &parts
}

// A browser sends a file of 40 MiB straight to a bucket. Connections are cut, the page is
// left in the middle, the file is chosen again: what is there is not sent again. It is
// published and downloaded.
func TestC2_DirectUploadInChromium(t *testing.T) {
	const size, parts = 40<<20 + 5, 6
	bucket := server.StartS3(t)
	way := server.Before(t, bucket.Addr)
	data := t.TempDir()
	p := startAdmin(t, data, bucket.Store(t, "http://"+way.Addr)+withAdmin+"direct_uploads = true\n")
	site := "http://" + p.Addr
	allowUploads(t, bucket, site)
	b := startChromium(t)
	b.asPerson(t)
	b.setUp(t, site, data)
	big := filepath.Join(t.TempDir(), "Big file.bin")
	randomFile(t, big, size)

	sent := partsOf(way, func(n int64) bool { return n == 2 || n > 4 }) // one, then all but three
	b.uploadFile(t, site, big)
	b.until(t, `document.querySelector(".progress .state").textContent.includes("Trying again")`, browserPatience)
	if sent.Load() < 4 {
		t.Fatalf("%d parts were sent", sent.Load())
	}
	b.look(t, "", "direct-cut")

	do(t, b, chromedp.Navigate(site+"/admin/")) // ends what the page was sending
	sent = partsOf(way, func(int64) bool { return false })
	b.uploadFile(t, site, big)
	b.until(t, `document.querySelector(".progress [data-state=done] a") != null`, time.Minute)
	if got := sent.Load(); got < 1 || got > parts-3 {
		t.Errorf("%d parts were sent again, want %d at most: the others were there", got, parts-3)
	}
	b.press(t, ".progress a")
	do(t, b, chromedp.Click(chromedp.CSS("input[value=published]")))
	b.press(t, ".main > .actions button")
	b.saveAs(t, true)
	b.visit(t, origin{url: site}, "/d/big-file")
	suggested, file := b.wait(t)
	if suggested != "Big file.bin" {
		t.Errorf("downloaded as %q", suggested)
	}
	sameFiles(t, file, big)
	left, err := bucket.Client().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket.Bucket})
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// uploadFile chooses a file on the page of uploads and sends it.
func (b *chromium) uploadFile(t *testing.T, site, file string) {
	t.Helper()
	do(t, b, chromedp.Navigate(site+"/admin/upload"))
	do(t, b, chromedp.SetUploadFiles(chromedp.CSS("#file-"), []string{file}))
	do(t, b, chromedp.Click(chromedp.CSS("main button")))
}
