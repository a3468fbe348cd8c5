package download_test

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
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
