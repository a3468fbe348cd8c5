package metrics_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/metrics"
	"github.com/downlink-go/downlink/track"
)

// Webhooks at one host share a name, as their paths may be secret: their numbers are
// added up.
func TestReceiversOfOneName(t *testing.T) {
	stats := track.Stats{Receivers: []track.ReceiverStats{
		{Name: "webhook a.example", Told: 3, Waiting: 1}, {Name: "webhook b.example", Told: 10}, {Name: "webhook a.example", Told: 4, Lost: 2},
	}}
	w := httptest.NewRecorder()
	metrics.New(metrics.Tracking(func() track.Stats { return stats })).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`downlink_events_told_total{receiver="webhook a.example"} 7`, `downlink_events_told_total{receiver="webhook b.example"} 10`,
		`downlink_events_lost_total{receiver="webhook a.example"} 2`, `downlink_events_waiting{receiver="webhook a.example"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("status %d, there is no %s", w.Code, line)
		}
	}
}
