package docs_test

import (
	"net/http"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
	"github.com/downlink-go/downlink/storage"
)

// The snippets of docs/testing.md; each of these tests is run as it is printed.

func reports(store *storage.Store, rules ...download.Rule) http.Handler {
	service, err := download.New([]download.Route{{Pattern: "/reports/{path...}", View: &download.StorageView{Store: store}}}, rules)
	if err != nil {
		panic(err)
	}
	return nethttp.New(service, nethttp.Options{})
}

func TestReport(t *testing.T) {
	store := downloadtest.TempStore(t, "reports", map[string]string{"2026/summary.pdf": "the report"})
	handler := reports(store)

	resp := downloadtest.Get(t, handler, "/reports/2026/summary.pdf")
	downloadtest.Assert(t, resp, downloadtest.Download{
		Basename:    "summary.pdf",
		MediaType:   "application/pdf",
		Content:     []byte("the report"),
		Disposition: downloadtest.Attachment,
	})
	downloadtest.AssertRefused(t, downloadtest.Get(t, handler, "/reports/2026/none.pdf"), 404)
}

func TestReportThroughNginx(t *testing.T) {
	store := downloadtest.TempStore(t, "reports", map[string]string{"2026/summary.pdf": "the report"})
	no := false
	handler := reports(store, download.Rule{
		Front: "nginx", Source: "reports", Destination: "/_internal/reports/", Buffering: &no, LimitRate: 1 << 20,
	})
	resp := downloadtest.Get(t, handler, "/reports/2026/summary.pdf")
	downloadtest.AssertXAccel(t, resp, downloadtest.XAccel{
		RedirectURL: "/_internal/reports/2026/summary.pdf",
		Basename:    "summary.pdf",
		Buffering:   downloadtest.Disabled,
		Expires:     downloadtest.Absent,
		LimitRate:   "1048576",
	})
}

func TestReportInParts(t *testing.T) {
	store := downloadtest.TempStore(t, "reports", map[string]string{"2026/summary.pdf": "the report"})
	handler := reports(store)
	var resp *http.Response
	resp = downloadtest.Get(t, handler, "/reports/2026/summary.pdf", "Range", "bytes=4-5")
	downloadtest.AssertRange(t, resp, []byte("the report"), core.Span{Start: 4, Length: 2})

	etag := resp.Header.Get("ETag")
	resp = downloadtest.Get(t, handler, "/reports/2026/summary.pdf", "If-None-Match", etag)
	downloadtest.AssertNotModified(t, resp)
	downloadtest.AssertFields(t, resp, downloadtest.Fields{
		"ETag":       etag,
		"Set-Cookie": downloadtest.Absent,
	})
}

func TestViewAlone(t *testing.T) {
	view := upper(downloadtest.TempStore(t, "files", nil))
	r := downloadtest.NewRequest(t, "/u/{path}", "/u/hello.txt")
	file, err := view.File(t.Context(), r)
	if err != nil || file.Key != "HELLO.TXT" {
		t.Errorf("key %q, %v", file.Key, err)
	}
}
