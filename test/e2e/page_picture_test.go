package e2e

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/test/server"
)

// TestC3_PictureElsewhere: the public page shows a picture that browsers are sent to S3
// for.
func TestC3_PictureElsewhere(t *testing.T) {
	b := newBucket(t, map[string][]byte{"a": []byte("content"), "red.png": redPicture(t)}, "delivery = \"redirect\"", `
[[views]]
pattern = "/pictures/{slug}"
kind = "object"
field = "image"
attachment = false
`)
	items := filepath.Join(t.TempDir(), "items.jsonl")
	write(t, items, `{"slug":"a","store":"files","key":"a","visible":true,"files":{"image":{"store":"files","key":"red.png"}}}`+"\n")
	server.Run(t, "import", "--config", b.conf, items)
	site := "http://" + b.downlink.Addr
	if resp, _ := fetch(t, site+"/pictures/a"); resp.StatusCode != 302 {
		t.Fatalf("the picture: %d, want a redirect", resp.StatusCode)
	}
	tab := startChromium(t)
	do(t, tab, chromedp.Navigate(site+"/"))
	if !tab.showsRed(t) {
		t.Error("the page does not show the picture")
	}
}
