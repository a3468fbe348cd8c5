package main

import (
	"fmt"
	"io"
	"math"
	"time"
)

// reportEfficacy prints what the Workers do with the processor: other than requests a
// second it is much the same on a machine that has other work.
func (f *results) reportEfficacy(w io.Writer) {
	if f.footprints == nil {
		return
	}
	fmt.Fprintln(w, "CASE\tSERVED BY\tREQUESTS / CPU S\tRATIO")
	for _, l := range f.cases {
		for _, peer := range workerGroup {
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.2f\n", l.name, peer, median(f.samples[l.name][peer], efficacy), f.ratio(l.name, peer, plainWorker, efficacy))
		}
	}
	fmt.Fprintln(w)
}

// reportFootprints prints what the Workers weigh.
func (f *results) reportFootprints(w io.Writer) {
	if f.footprints == nil {
		return
	}
	fmt.Fprintln(w, "WORKER\tFIRST REQUEST MS\tWASM KIB\tGZIP -9 KIB\tWASM MEMORY KIB\tPROCESS MIB")
	for _, peer := range workerGroup {
		p := f.footprints[peer]
		first := median(p.first, func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 })
		fmt.Fprintf(w, "%s\t%.1f\t%s\t%s\t%s\t%d\n", peer, first, kib(p.wasm), kib(p.packed), kib(p.memory), p.peak>>10)
	}
	fmt.Fprint(w, "\nEach in a workerd of its own, with an R2 in it that answers out of memory: the binding is workerd's,\n"+
		"and no simulator of R2, which takes longer than any of the Workers, hides what differs. The process has that R2 in\n"+
		"it; the most is given that it had, the template's in one of many processes.\n\n")
}

func kib(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprint(bytes >> 10)
}

// workerTargets are those of Workers; the least of the cases counts.
func workerTargets(f *results) []target {
	requests, work, template := math.Inf(1), math.Inf(1), math.Inf(1)
	for _, l := range f.cases {
		if l.size == 10<<20 {
			continue
		}
		requests = min(requests, f.ratio(l.name, downlinkWorker, plainWorker, requestRate))
		work = min(work, f.ratio(l.name, downlinkWorker, plainWorker, efficacy))
		if l.size == 1<<10 && l.connections > 1 {
			template = min(template, f.ratio(l.name, downlinkWorker, templateWorker, requestRate))
		}
	}
	bulk := workerLoads[len(workerLoads)-1].name
	own := f.footprints[downlinkWorker]
	return []target{
		{what: "Worker: Downlink / plain JavaScript, requests/s, least of all", got: requests, limit: 0.85},
		{what: "Worker: Downlink / plain JavaScript, requests a second of processor time, least of all", got: work, limit: 0.85},
		{what: "Worker: Downlink / template, requests/s, least at 1 KiB and several at a time", got: template, limit: 15},
		{what: "Worker: Downlink / plain JavaScript, MB/s", got: f.ratio(bulk, downlinkWorker, plainWorker, byteRate), limit: 0.97},
		{what: "Worker: decision module, KiB after gzip -9", got: float64(own.packed) / 1024, limit: 800, most: true},
		{what: "Worker: memory of the decision module, KiB", got: float64(own.memory) / 1024, limit: 8 << 10, most: true},
	}
}
