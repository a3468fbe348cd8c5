package downloadtest_test

import (
	"fmt"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// printer stands for the t of a test: it prints what is reported.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	files := memstore.New()
	files.Put("2026/a.pdf", []byte("the report"))
	view := &download.StorageView{Store: storage.New("reports", files)}
	service, err := download.New([]download.Route{{Pattern: "/reports/{path...}", View: view}}, nil)
	if err != nil {
		panic(err)
	}

	var t printer // in a test: its t
	resp := downloadtest.Get(t, nethttp.New(service, nethttp.Options{}), "/reports/2026/a.pdf")
	downloadtest.Assert(t, resp, downloadtest.Download{
		Basename: "b.pdf", MediaType: "application/pdf", Content: []byte("the report"),
	})
	// Output: GET /reports/2026/a.pdf: basename is "a.pdf" (Content-Disposition: attachment; filename="a.pdf"), want "b.pdf"
}
