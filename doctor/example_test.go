package doctor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// A program's own monitoring: the same handler, asked in this process and through
// whatever stands in front of it.
func ExampleExamine() {
	files := memstore.New()
	files.Put("hello.txt", []byte("Hello world!"))
	store := storage.New("files", files)
	service, err := download.New([]download.Route{{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}}}, nil)
	if err != nil {
		panic(err)
	}
	handler := nethttp.New(service, nethttp.Options{})
	app := httptest.NewServer(handler)
	defer app.Close()
	address, err := url.Parse(app.URL)
	if err != nil {
		panic(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Del("X-Content-Type-Options") // somebody's mistake
		return nil
	}
	front := httptest.NewServer(proxy)
	defer front.Close()

	report := doctor.Examine(context.Background(), doctor.Site{
		Handler: handler, Direct: handler, // no offload rules: both are the same
		Stores: []*storage.Store{store},
		Files:  []string{"/files/hello.txt"},
		App:    address.Host,
		Front:  front.URL,
	})
	for _, fault := range report.Faults() {
		fmt.Println(fault.Text)
	}
	// Output: The front server loses X-Content-Type-Options, which Downlink sends with /files/hello.txt.
}
