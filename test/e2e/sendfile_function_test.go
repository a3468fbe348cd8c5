package e2e

import (
	"bytes"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
	"github.com/downlink-go/downlink/test/server"
)

// TestV9_Sendfile has a handler of the user's own send a file: itself, and by nginx
// with the configuration that Downlink writes.
func TestV9_Sendfile(t *testing.T) {
	root := t.TempDir()
	const name = "日本 a%20b?.pdf"
	write(t, filepath.Join(root, "private", name), string(pattern(100_000)))
	handler := func(rule *download.Rule) http.HandlerFunc {
		sender, err := nethttp.NewSender(root, nethttp.SenderOptions{Rule: rule})
		must(t, err)
		t.Cleanup(func() { sender.Close() })
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				http.Error(w, "who are you?", http.StatusForbidden)
				return
			}
			sender.Sendfile(w, r, filepath.Join(root, "private", name), nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "report.pdf"})
		}
	}
	run := func(h http.Handler) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		s := &http.Server{Handler: h}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
		return l.Addr().String()
	}
	test := func(t *testing.T, addr string) {
		url := "http://" + addr + "/account/report"
		if resp, _ := fetch(t, url); resp.StatusCode != 403 {
			t.Errorf("without authorization: %d", resp.StatusCode)
		}
		resp, body := fetch(t, url, "Authorization", "x")
		if resp.StatusCode != 200 || body != string(pattern(100_000)) || resp.Header.Get("Content-Disposition") != `attachment; filename="report.pdf"` || resp.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%d with %d bytes, %v", resp.StatusCode, len(body), resp.Header)
		}
		part, body := fetch(t, url, "Authorization", "x", "Range", "bytes=5-9", "If-Range", resp.Header.Get("ETag"))
		if part.StatusCode != 206 || body != string(pattern(100_000)[5:10]) {
			t.Errorf("range: %d %q", part.StatusCode, body)
		}
		if again, _ := fetch(t, url, "Authorization", "x", "If-None-Match", resp.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("again: %d", again.StatusCode)
		}
	}
	t.Run("directly", func(t *testing.T) { test(t, run(handler(nil))) })
	t.Run("through nginx", func(t *testing.T) {
		server.NeedFront(t, nginx)
		server.LetIn(t, root)
		rule := &download.Rule{Front: download.Nginx, Destination: "/_private/"}
		var block bytes.Buffer
		addr := server.FreePort(t)
		must(t, front.Nginx{Upstream: run(handler(rule)), Listen: addr, Locations: []front.Location{
			{Prefix: rule.Destination, OwnPrefix: rule.OwnDestination(), Dir: root},
		}}.Write(&block))
		server.Nginx(t, addr, block.String())
		test(t, addr)
	})
}
