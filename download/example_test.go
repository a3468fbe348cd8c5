package download_test

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
	"github.com/downlink-go/downlink/storage/memstore"
)

func ExampleNew() {
	files := memstore.New()
	files.Put("2026/report.pdf", []byte("the report"))
	store := storage.New("reports", files)
	service, err := download.New([]download.Route{
		{Pattern: "/reports/{path...}", View: &download.StorageView{Store: store}},
	}, nil)
	if err != nil {
		panic(err)
	}
	r := &download.Request{Request: core.Request{Method: "GET", Path: "/reports/2026/report.pdf", Range: "bytes=4-"}}
	answer := service.Answer(context.Background(), r)
	defer answer.Close()
	fmt.Println(answer.Status, answer.Get("Content-Range"), answer.Get("Content-Disposition"))
	// Output: 206 bytes 4-9/10 attachment; filename="report.pdf"
}

// A report is made line by line while the client takes it.
func ExampleVirtualView() {
	view := &download.VirtualView{
		Make: func(_ context.Context, r *download.Request) (download.Virtual, error) {
			lines := func(yield func([]byte) bool) {
				for i := 1; i <= 3; i++ {
					if !yield(fmt.Appendf(nil, "%s,%d\n", r.Param("year"), i)) {
						return
					}
				}
			}
			return download.Virtual{Name: "report.csv", Content: download.Chunks(lines, -1)}, nil
		},
	}
	service, err := download.New([]download.Route{{Pattern: "/reports/{year}", View: view}}, nil)
	if err != nil {
		panic(err)
	}
	r := &download.Request{Request: core.Request{Method: "GET", Path: "/reports/2026"}}
	answer := service.Answer(context.Background(), r)
	defer answer.Close()
	fmt.Println(answer.Status, answer.Get("Content-Type"), answer.Get("Content-Disposition"))
	// Output: 200 text/csv; charset=utf-8 attachment; filename="report.csv"
}

// Files of another server, which is the only one that is ever asked.
func ExampleHTTPView() {
	client, err := httpstore.NewClient(httpstore.Options{Origins: []string{"https://files.example"}})
	if err != nil {
		panic(err)
	}
	view := &download.HTTPView{Client: client, URL: "https://files.example/public/{path}"}
	service, err := download.New([]download.Route{{Pattern: "/releases/{path...}", View: view}}, nil)
	if err != nil {
		panic(err)
	}
	r := &download.Request{Request: core.Request{Method: "GET", Path: "/releases/../private"}}
	answer := service.Answer(context.Background(), r)
	fmt.Println(answer.Status, answer.Reason)
	// Output: 404 empty or dot segment in the path
}
