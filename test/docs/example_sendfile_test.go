package docs_test

import (
	"log"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
)

// The snippet of docs/migrating-from-django-sendfile.md. It names a folder that is
// not on this machine: what it does is tested on a folder that is.

func loggedIn(r *http.Request) (user string, ok bool) {
	user, _, ok = r.BasicAuth()
	return user, ok
}

func reportsOfUsers() {
	sender, err := nethttp.NewSender("/srv/private", nethttp.SenderOptions{
		Rule: &download.Rule{Front: download.Nginx, Destination: "/_private/"},
	})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /reports/{year}", func(w http.ResponseWriter, r *http.Request) {
		user, ok := loggedIn(r)
		if !ok {
			http.Error(w, "Log in first.", http.StatusForbidden)
			return
		}
		path := filepath.Join("/srv/private", user, r.PathValue("year")+".pdf")
		sender.Sendfile(w, r, path, nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "report.pdf"})
	})
}

var _ = reportsOfUsers

func TestMigratingFromDjangoSendfile(t *testing.T) {
	store := downloadtest.TempStore(t, "private", map[string]string{"ada/2026.pdf": "the report"})
	root, _ := store.LocalPath("")
	for want, rule := range map[string]*download.Rule{"": nil, "/_private/ada/2026.pdf": {Front: download.Nginx, Destination: "/_private/"}} {
		sender, err := nethttp.NewSender(root, nethttp.SenderOptions{Rule: rule})
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close()
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := filepath.Join(root, "ada", r.URL.Query().Get("year")+".pdf")
			sender.Sendfile(w, r, path, nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "report.pdf"})
		})
		resp := downloadtest.Get(t, handler, "/?year=2026")
		if got := resp.Header.Get("X-Accel-Redirect"); got != want || resp.Header.Get("Content-Disposition") != `attachment; filename="report.pdf"` {
			t.Errorf("X-Accel-Redirect %q, want %q; %v", got, want, resp.Header)
		}
		downloadtest.AssertRefused(t, downloadtest.Get(t, handler, "/?year=../../x"), 404)
	}
}
