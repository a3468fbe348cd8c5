package demo

import (
	"net/http"
	"path/filepath"

	"github.com/downlink-go/downlink/adapters/nethttp"
)

// A handler of one's own, which sends a file when it has decided that it may: what
// sendfile(request, filename) is in django-sendfile.
func report(root string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path := filepath.Join(root, "hello.txt")
		nethttp.Sendfile(w, r, path, nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "report.txt"})
	}
}
