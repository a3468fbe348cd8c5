package main

import (
	"fmt"
	"io"
	"time"
)

// report prints the table of functions.
func (r *lambdaResults) report(w io.Writer) {
	if r.missing != "" {
		fmt.Fprintf(w, "Left out: Lambda needs versitygw: %s.\n\n", r.missing)
		return
	}
	fmt.Fprintln(w, "FUNCTION\tINIT MS\tFIRST MS\tREDIRECT µS\t1 MIB µS\tPROGRAM KIB")
	for _, f := range functions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\n", f.name,
			figure(r.inits[f.name], time.Millisecond), figure(r.firsts[f.name], time.Millisecond),
			figure(r.warm[largeObject][f.name], time.Microsecond), figure(r.warm[smallObject][f.name], time.Microsecond), r.sizes[f.name]>>10)
	}
	fmt.Fprint(w, "\nOne process at a time against a Runtime API and an S3 server on this machine: from its start until it asks for an event;\n"+
		"its first answer; answers when it is warm. The fixed redirect asks no S3; all others look there first.\n\n")
}

// figure is the median of the rounds in a unit.
func figure(times []time.Duration, unit time.Duration) string {
	if len(times) == 0 {
		return ""
	}
	x := median(times, func(d time.Duration) float64 { return float64(d) }) / float64(unit)
	if unit == time.Millisecond {
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// times is how many times as long one function took as another: the median over the
// rounds.
func times(of map[string][]time.Duration, name, other string) float64 {
	return perRound(of, name, other, func(a, b float64) float64 { return a / b })
}

// perRound is the median of what the rounds of two functions make together.
func perRound(of map[string][]time.Duration, name, other string, together func(a, b float64) float64) float64 {
	a, b := of[name], of[other]
	rounds := make([]float64, min(len(a), len(b)))
	for i := range rounds {
		rounds[i] = together(float64(a[i]), float64(b[i]))
	}
	return median(rounds, func(x float64) float64 { return x })
}

// lambdaTargets are those of the function.
func lambdaTargets(r *lambdaResults) []target {
	redirects, bodies := r.warm[largeObject], r.warm[smallObject]
	beyond := perRound(redirects, downlinkFunction, byhandFunction, func(own, other float64) float64 { return (own - 1.1*other) / 1000 })
	return []target{
		{what: "Lambda: init, Downlink / fixed redirect", got: times(r.inits, downlinkFunction, fixedFunction), limit: 1.15, most: true},
		{what: "Lambda: redirect, µs of Downlink beyond 1.1 times by hand", got: beyond, limit: 50, most: true},
		{what: "Lambda: 1 MiB, shim / Downlink, time", got: times(bodies, shimFunction, downlinkFunction), limit: 2},
		{what: "Lambda: 1 MiB, shim / Downlink streamed, time", got: times(bodies, shimFunction, streamedFunction), limit: 2},
	}
}
