package nethttp_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/adapters/nethttp"
)

func ExampleSendfile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "stored-7.pdf")
	if err := os.WriteFile(path, []byte("the report"), 0o600); err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/account/report", nil)
	r.Header.Set("Range", "bytes=4-")
	nethttp.Sendfile(w, r, path, nethttp.SendfileOptions{Attachment: true, AttachmentFilename: "report.pdf"})
	fmt.Println(w.Code, w.Header().Get("Content-Disposition"), w.Body)
	// Output: 206 attachment; filename="report.pdf" report
}
