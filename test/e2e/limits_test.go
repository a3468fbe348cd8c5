package e2e

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// TestC8_MaxDownloads: an item with a limit is downloaded exactly that often, on a site
// without keys for signed links too; who was counted goes on.
func TestC8_MaxDownloads(t *testing.T) {
	for _, front := range []string{"", "nginx"} {
		t.Run(map[string]string{"": "alone", "nginx": "nginx"}[front], func(t *testing.T) {
			t.Parallel()
			if front != "" {
				server.NeedFront(t, front)
			}
			url, dir, data := startLimited(t, front)
			if a := request(t, "HEAD", url); a.StatusCode != 200 {
				t.Errorf("HEAD: %d, want 200", a.StatusCode)
			}
			var wg sync.WaitGroup
			var statuses [600]atomic.Int64
			for range 20 {
				wg.Go(func() { statuses[request(t, "GET", url).StatusCode].Add(1) })
			}
			wg.Wait()
			if ok, gone := statuses[200].Load(), statuses[410].Load(); ok != 3 || gone != 17 {
				t.Errorf("%d downloads and %d times 410 of 20, want 3 and 17", ok, gone)
			}
			if a := request(t, "GET", url, "Range", "bytes=5-"); a.StatusCode != 206 || a.body != "56789" {
				t.Errorf("going on: %d %q, want 206", a.StatusCode, a.body)
			}
			if out := server.Run(t, "explain", "GET", "/d/a", "--dir", dir, "--data", data); !strings.Contains(out, "410") {
				t.Errorf("explain says\n%s", out)
			}
		})
	}
}

// startLimited runs a site whose item at url may be downloaded three times.
func startLimited(t *testing.T, front string) (url, dir, data string) {
	t.Helper()
	dir, data = t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a.txt"), "0123456789")
	items := filepath.Join(t.TempDir(), "items.jsonl")
	write(t, items, `{"slug":"a","store":"files","key":"a.txt","max_downloads":3}`+"\n")
	server.Run(t, "import", items, "--data", data)
	var p *server.Process
	if front == "" {
		p = server.Downlink(t, []string{dir, "--data", data})
	} else {
		p, _ = server.Behind(t, front, dir, data, "")
	}
	return "http://" + p.Addr + "/d/a", dir, data
}
