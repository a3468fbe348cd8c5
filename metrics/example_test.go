package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/metrics"
	"github.com/downlink-go/downlink/track"
)

var _ nethttp.Observer = (*metrics.Metrics)(nil)

// The numbers of a site, and of how its downloads are counted.
func Example() {
	tracker := track.New(track.Options{})
	m := metrics.New(metrics.Tracking(tracker.Stats))
	// nethttp.New(service, nethttp.Options{Observer: m}) calls this:
	m.Ended(206, core.Stream, 1000, time.Millisecond)

	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "downlink_requests") || strings.HasPrefix(line, "downlink_downloads_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// downlink_downloads_total 0
	// downlink_requests_total{delivery="stream",status="206"} 1
}
