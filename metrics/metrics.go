// Package metrics keeps numbers of a running site for Prometheus: of its requests, of
// what was sent, and of how the counting of downloads fares. No label has a value
// that a client could choose.
package metrics

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/downlink-go/downlink/core"
)

// Metrics are the numbers of a site. Make them with New.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	sending  prometheus.Gauge
	bytes    [deliveries]prometheus.Counter
	ready    [deliveries]prometheus.Observer
	counters [deliveries][statuses]atomic.Pointer[prometheus.Counter] // of requests, found once
}

const (
	deliveries = int(core.Redirect) + 1
	statuses   = 600
)

// moments are the upper bounds of the histogram, in seconds: from a decision without
// any look at a disk to the longest that anything may take.
var moments = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// New returns the metrics of a site and of this process. More collectors, such as
// Tracking, give further numbers.
func New(more ...prometheus.Collector) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "downlink_requests_total", Help: "Requests that were answered, by status and by who sends the bytes.",
		}, []string{"status", "delivery"}),
		sending: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "downlink_open_streams", Help: "Files that this process is sending now.",
		}),
	}
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "downlink_sent_bytes_total", Help: "Bytes of bodies that this process sent.",
	}, []string{"delivery"})
	ready := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "downlink_answer_seconds", Help: "Time from a request to the head of its answer.", Buckets: moments,
	}, []string{"delivery"})
	for d := range deliveries {
		name := core.Delivery(d).String()
		m.bytes[d], m.ready[d] = sent.WithLabelValues(name), ready.WithLabelValues(name)
	}
	m.registry.MustRegister(m.requests, m.sending, sent, ready,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(more...)
	return m
}

// Sending adds n to the files that are being sent.
func (m *Metrics) Sending(n int) { m.sending.Add(float64(n)) }

// Ended takes an answer into account: how many bytes of its body this process sent, and
// how long it took until its head was ready.
func (m *Metrics) Ended(status int, delivery core.Delivery, bytes int64, ready time.Duration) {
	if int(delivery) >= deliveries || status < 100 || status >= statuses {
		return // no answer of ours
	}
	m.counter(status, delivery).Inc()
	m.bytes[delivery].Add(float64(bytes))
	m.ready[delivery].Observe(ready.Seconds())
}

// counter is that of a status and a delivery: the same each time.
func (m *Metrics) counter(status int, delivery core.Delivery) prometheus.Counter {
	place := &m.counters[delivery][status]
	if c := place.Load(); c != nil {
		return *c
	}
	c := m.requests.WithLabelValues(strconv.Itoa(status), delivery.String())
	place.Store(&c)
	return c
}

// ServeHTTP answers with all numbers, as Prometheus reads them.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}
