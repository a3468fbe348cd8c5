package nethttp_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

func ExampleNew() {
	files := memstore.New()
	files.Put("hello.txt", []byte("Hello world!"))
	service, err := download.New([]download.Route{
		{Pattern: "/files/{path...}", View: &download.StorageView{Store: storage.New("files", files)}},
	}, nil)
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	nethttp.New(service, nethttp.Options{}).ServeHTTP(w, httptest.NewRequest("GET", "/files/hello.txt", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body)
	// Output: 200 text/plain; charset=utf-8 Hello world!
}
