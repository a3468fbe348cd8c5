package nethttp_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
)

// sendable is a folder with report.pdf, page.html and a secret beside it.
func sendable(t *testing.T) (root string) {
	t.Helper()
	top := t.TempDir()
	root = filepath.Join(top, "root")
	for name, content := range map[string]string{"root/report.pdf": "0123456789", "root/page.html": "<p>", "root/sub/x.gz": "gz", "root-secret/s.txt": "secret"} {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../root-secret/s.txt", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestSendfile(t *testing.T) {
	root := sendable(t)
	sender, err := nethttp.NewSender(root, nethttp.SenderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	for _, c := range []struct {
		name, path  string
		options     nethttp.SendfileOptions
		method, rng string
		status      int
		body        string
		fields      map[string]string
	}{
		{name: "as it is", path: "report.pdf", status: 200, body: "0123456789",
			fields: map[string]string{"Content-Disposition": `inline; filename="report.pdf"`, "Content-Type": "application/pdf"}},
		{name: "attachment", path: "report.pdf", options: nethttp.SendfileOptions{Attachment: true}, status: 200, body: "0123456789",
			fields: map[string]string{"Content-Disposition": `attachment; filename="report.pdf"`}},
		{name: "another name", path: "report.pdf", options: nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "Bericht ü.pdf"}, status: 200, body: "0123456789",
			fields: map[string]string{"Content-Disposition": `attachment; filename="Bericht _.pdf"; filename*=UTF-8''Bericht%20%C3%BC.pdf`}},
		{name: "type and coding", path: "sub/x.gz", options: nethttp.SendfileOptions{MIMEType: "text/csv", Encoding: "gzip"}, status: 200, body: "gz",
			fields: map[string]string{"Content-Type": "text/csv; charset=utf-8", "Content-Encoding": "gzip"}},
		{name: "coding is not guessed", path: "sub/x.gz", status: 200, body: "gz", fields: map[string]string{"Content-Encoding": "", "Content-Type": "application/gzip"}},
		{name: "what can run script is saved", path: "page.html", status: 200, body: "<p>", fields: map[string]string{"Content-Disposition": `attachment; filename="page.html"`}},
		{name: "range", path: "report.pdf", rng: "bytes=2-4", status: 206, body: "234"},
		{name: "HEAD", path: "report.pdf", method: "HEAD", status: 200, fields: map[string]string{"Content-Length": "10"}},
		{name: "POST", path: "report.pdf", method: "POST", status: 405},
		{name: "nothing there", path: "none", status: 404},
		{name: "no folder there", path: "none/at/all", status: 404},
		{name: "a directory", path: "sub", status: 404},
		{name: "upwards", path: "../root-secret/s.txt", status: 404},
		{name: "a link that leads out", path: "link", status: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = "GET"
			}
			r := httptest.NewRequest(method, "/whatever/../is%2Fasked?for", nil)
			if c.rng != "" {
				r.Header.Set("Range", c.rng)
			}
			path := root + string(filepath.Separator) + c.path
			send := map[string]func(w http.ResponseWriter){
				"by a sender":     func(w http.ResponseWriter) { sender.Sendfile(w, r, path, c.options) },
				"by the function": func(w http.ResponseWriter) { nethttp.Sendfile(w, r, path, c.options) },
			}
			for how, do := range send {
				if c.name == "upwards" && how == "by the function" {
					continue // the caller names the very file
				}
				w := httptest.NewRecorder()
				do(w)
				if w.Code != c.status || c.status < 300 && w.Body.String() != c.body {
					t.Errorf("%s: %d %q, want %d %q", how, w.Code, w.Body, c.status, c.body)
				}
				for name, want := range c.fields {
					if got := w.Header().Get(name); got != want {
						t.Errorf("%s: %s = %q, want %q", how, name, got, want)
					}
				}
			}
		})
	}
	w := httptest.NewRecorder()
	sender.Sendfile(w, httptest.NewRequest("GET", "/", nil), filepath.Join(root, "..", "root-secret", "s.txt"), nethttp.SendfileOptions{})
	if w.Code != 404 {
		t.Errorf("a sibling of the root: %d", w.Code)
	}
	w = httptest.NewRecorder()
	nethttp.Sendfile(w, httptest.NewRequest("GET", "/", nil), "report.pdf", nethttp.SendfileOptions{})
	if w.Code != 404 {
		t.Errorf("a relative path: %d", w.Code)
	}
}

func TestSendfileByAFrontServer(t *testing.T) {
	root := sendable(t)
	for name, c := range map[string]struct {
		rule *download.Rule
		want string
	}{
		"nginx":             {&download.Rule{Front: download.Nginx, Destination: "/_private/"}, "/_private/sub/x.gz"},
		"another source":    {&download.Rule{Front: download.Nginx, SourceDir: "/elsewhere", Destination: "/_private/"}, ""},
		"a folder below it": {&download.Rule{Front: download.Nginx, SourceDir: filepath.Join(root, "sub"), Destination: "/_sub/"}, "/_sub/x.gz"},
	} {
		sender, err := nethttp.NewSender(root, nethttp.SenderOptions{Rule: c.rule})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		sender.Sendfile(w, httptest.NewRequest("GET", "/", nil), filepath.Join(root, "sub", "x.gz"), nethttp.SendfileOptions{})
		if got := w.Header().Get("X-Accel-Redirect"); got != c.want {
			t.Errorf("%s: X-Accel-Redirect %q, want %q", name, got, c.want)
		}
		sender.Close()
	}
	if _, err := nethttp.NewSender(filepath.Join(root, "none"), nethttp.SenderOptions{}); err == nil {
		t.Error("a root that is not there is taken")
	}
}
