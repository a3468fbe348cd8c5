package track_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/track"
)

// A function of yours hears of each download, once, with the request.
func Example() {
	hello := download.VirtualView{Make: func(context.Context, *download.Request) (download.Virtual, error) {
		return download.Virtual{Name: "hello.txt", Content: download.String("hello")}, nil
	}}
	service, err := download.New([]download.Route{{Pattern: "/hello", View: &hello}}, nil)
	if err != nil {
		panic(err)
	}
	tracker := track.New(track.Options{Receivers: []track.Receiver{
		track.Call("print", nil, func(_ context.Context, _ catalog.Item, e track.Event) error {
			fmt.Println(e.Event, e.Name, e.Client, "from", e.Request.Header.Get("Referer"))
			return nil
		}),
	}})
	service.SetRecorder(tracker)

	for _, method := range []string{"HEAD", "GET", "GET"} { // the second GET is the same download again
		r := httptest.NewRequest(method, "/hello", nil)
		r.Header.Set("Referer", "https://example.org/")
		nethttp.New(service, nethttp.Options{}).ServeHTTP(httptest.NewRecorder(), r)
	}
	if err := tracker.Close(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(tracker.Stats().Repeated, "more request for the same download")
	// Output:
	// requested /hello human from https://example.org/
	// 1 more request for the same download
}
