package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"text/tabwriter"
)

// report prints the table and which targets were met. costs is nil if part 1
// was left out, found is nil if part 2 was, fronts if part 3 was, workers if part 4
// was, functions if part 5 was, pages if part 6 was.
func report(w io.Writer, costs []answered, found, fronts, workers *results, functions *lambdaResults, pages *pageCosts) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s/%s, %d CPUs\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if costs != nil {
		reportCosts(t, costs)
	}
	if found != nil {
		found.report(t)
	}
	if fronts != nil {
		fronts.report(t)
	}
	if workers != nil {
		workers.report(t)
		workers.reportEfficacy(t)
		workers.reportFootprints(t)
	}
	if functions != nil {
		functions.report(t)
	}
	if pages != nil {
		pages.report(t)
	}
	reportTargets(t, costs, found, fronts, workers, functions, pages)
	return t.Flush()
}

func reportCosts(w io.Writer, costs []answered) {
	fmt.Fprintln(w, "CASE\tANSWERED BY\tNS\tALLOCS\tTIMES DECIDE")
	for _, a := range costs {
		for _, c := range a.Costs {
			fmt.Fprintf(w, "%s\t%s\t%.0f\t%.0f\t%.1f\n", a.Question, c.By, c.NS, c.Allocs, c.NS/a.by(decideAlone).NS)
		}
	}
	fmt.Fprint(w, "\nDecide composes every field; in net/http it also reads and fills an http.Header. ServeContent does both.\n"+
		"No side opens, reads or copies a file; two ranges cost ServeContent a goroutine and a pipe.\n\n")
}

func (f *results) report(w io.Writer) {
	fmt.Fprintln(w, "CASE\tSERVED BY\tREQ/S\tMB/S\tP99 MS\tRATIO")
	for _, l := range f.cases {
		for _, peers := range f.groups {
			for _, peer := range peers {
				samples := f.samples[l.name][peer]
				if samples == nil {
					continue
				}
				p99 := median(samples, func(s sample) float64 { return float64(s.p99.Microseconds()) / 1000 })
				fmt.Fprintf(w, "%s\t%s\t%.0f\t%.1f\t%.2f\t%.2f\n", l.name, peer,
					median(samples, requestRate), median(samples, byteRate)/1e6, p99, f.ratio(l.name, peer, peers[0], byteOrRequest(l)))
			}
		}
	}
	fmt.Fprintln(w)
	for _, peers := range f.groups {
		fmt.Fprintf(w, "Ratios are to %s: of MB/s for 10 MiB, of requests/s else, each a median over the rounds.\n", peers[0])
	}
	fmt.Fprint(w, "One wrk thread, with 16 connections, 4 for 10 MiB, where nothing else is said; one nginx worker; gunicorn with 2 workers.\n")
	for peer, what := range f.missing {
		fmt.Fprintf(w, "Left out: %s needs %s.\n", peer, what)
	}
	for _, failure := range f.failures {
		fmt.Fprintf(w, "Failed: %s.\n", failure)
	}
	fmt.Fprintln(w)
}

// byteOrRequest is the rate that counts for a case.
func byteOrRequest(l load) func(sample) float64 {
	if l.size == 10<<20 {
		return byteRate
	}
	return requestRate
}

// target is a figure that a release has to reach.
type target struct {
	what  string
	got   float64
	limit float64
	most  bool // the limit is an upper one
}

func reportTargets(w io.Writer, costs []answered, found, fronts, workers *results, functions *lambdaResults, pages *pageCosts) {
	var all []target
	if costs != nil {
		all = decideTargets(costs)
	}
	if found != nil {
		all = append(all,
			target{what: "1 KiB: Downlink / http.FileServer, requests/s", got: found.ratio("1 KiB", direct, fileServer, requestRate), limit: 0.95},
			target{what: "10 MiB: Downlink / http.FileServer, MB/s", got: found.ratio("10 MiB", direct, fileServer, byteRate), limit: 0.95},
			target{what: "1 KiB: nginx + Downlink / + smallest Go, requests/s", got: found.ratio("1 KiB", behind, smallest, requestRate), limit: 0.9},
			target{what: "10 MiB: nginx + Downlink / nginx alone, MB/s", got: found.ratio("10 MiB", behind, static, byteRate), limit: 0.95},
			target{what: "1 KiB: nginx + Downlink / + django-downloadview, requests/s", got: found.ratio("1 KiB", behind, djangoBackend, requestRate), limit: 5})
	}
	if fronts != nil {
		all = append(all, frontTargets(fronts)...)
	}
	if workers != nil && workers.footprints != nil {
		all = append(all, workerTargets(workers)...)
	}
	if functions != nil && functions.missing == "" {
		all = append(all, lambdaTargets(functions)...)
	}
	if pages != nil {
		all = append(all, pages.targets()...)
	}
	fmt.Fprintln(w, "TARGET\tGOT\tWANTED\t")
	for _, t := range all {
		fmt.Fprintf(w, "%s\t%.2f\t%s\n", t.what, t.got, t.verdict())
	}
}

// decideTargets are about the slowest and the hungriest of 200, 206 and 304.
func decideTargets(costs []answered) []target {
	slowest, allocs := math.Inf(1), 0.0
	for _, a := range costs {
		if a.Method == "GET" && slices.Contains([]int{200, 206, 304}, a.Status) {
			slowest = min(slowest, a.by(serveFile).NS/a.by(decideAlone).NS)
			allocs = max(allocs, a.by(decideAlone).Allocs)
		}
	}
	return []target{
		{what: "ServeContent of an open file / Decide, ns, least of 200, 206, 304", got: slowest, limit: 10},
		{what: "Decide, allocations, most of 200, 206, 304", got: allocs, limit: 2, most: true},
	}
}

func (t target) verdict() string {
	relation, met := "at least", t.got >= t.limit
	if t.most {
		relation, met = "at most", t.got <= t.limit
	}
	switch {
	case t.got == 0:
		return "not measured"
	case met:
		return fmt.Sprintf("%s %g\tmet", relation, t.limit)
	}
	return fmt.Sprintf("%s %g\tNOT MET", relation, t.limit)
}
