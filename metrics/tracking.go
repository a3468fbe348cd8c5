package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/downlink-go/downlink/track"
)

// Tracking collects how the counting of downloads fares, when it is asked.
func Tracking(stats func() track.Stats) prometheus.Collector { return tracking(stats) }

type tracking func() track.Stats

var (
	counted  = number("downlink_downloads_total", "Downloads that were counted and stored, robots' too.")
	repeated = number("downlink_downloads_repeated_total", "Requests for a download that had been counted.")
	dropped  = number("downlink_downloads_dropped_total", "Downloads that were not counted: too many at once, or no database for too long.")
	waiting  = number("downlink_downloads_waiting", "Downloads in memory that are not stored yet.")
	failures = number("downlink_count_failures_total", "Batches of counts that could not be stored, and were tried again.")

	told      = number("downlink_events_told_total", "Events that a receiver was told.", "receiver")
	lost      = number("downlink_events_lost_total", "Events that a receiver will not be told.", "receiver")
	unsettled = number("downlink_events_waiting", "Events that wait for a receiver.", "receiver")
)

func number(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func (t tracking) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{counted, repeated, dropped, waiting, failures, told, lost, unsettled} {
		to <- d
	}
}

func (t tracking) Collect(to chan<- prometheus.Metric) {
	s := t()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, float64(n), labels...)
	}
	send(counted, prometheus.CounterValue, s.Counted)
	send(repeated, prometheus.CounterValue, s.Repeated)
	send(dropped, prometheus.CounterValue, s.Dropped)
	send(waiting, prometheus.GaugeValue, s.Waiting)
	send(failures, prometheus.CounterValue, s.Failures)
	for _, r := range byName(s.Receivers) {
		send(told, prometheus.CounterValue, r.Told, r.Name)
		send(lost, prometheus.CounterValue, r.Lost, r.Name)
		send(unsettled, prometheus.GaugeValue, int64(r.Waiting), r.Name)
	}
}

// byName has receivers that share a name, such as two webhooks at one host, as one: a
// name has one number.
func byName(all []track.ReceiverStats) (sums []track.ReceiverStats) {
	for _, r := range all {
		i := slices.IndexFunc(sums, func(s track.ReceiverStats) bool { return s.Name == r.Name })
		if i < 0 {
			sums = append(sums, r)
			continue
		}
		sums[i].Waiting += r.Waiting
		sums[i].Told += r.Told
		sums[i].Lost += r.Lost
	}
	return sums
}
