// Command bench sets Downlink beside its peers, on one machine and in one run,
// and prints ratios: core.Decide beside http.ServeContent, and over HTTP the Go
// server and nginx with Downlink behind it beside what else could serve the same
// files; and in workerd Downlink's Worker beside one in JavaScript and one of
// syumai/workers; and Apache, lighttpd and Caddy with Downlink behind them beside the
// same with the smallest Go backend; and as a Lambda function Downlink beside handlers on
// aws-lambda-go and http.FileServer through its shim. It prints how long the pages of a
// large catalogue take, too. Rivals take turns, figures are
// medians.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// plan is how much is measured.
type plan struct {
	decideRounds int
	decideTime   time.Duration // of one measurement
	httpRounds   int
	cases        []load
	groups       [][]string // of peers over HTTP
	onlyDecisive bool       // of the other parts' cases
	workerRounds int
	lambdaStarts int           // of each function
	lambdaRounds int           // of warm functions
	pageRounds   int           // of each page of a large catalogue
	limit        time.Duration // for everything
}

func main() {
	short := flag.Bool("short", false, "measure only what the targets need, in a minute and a half")
	only := flag.String("only", "", `part to measure: "decide", "http", "fronts", "workers", "lambda" or "catalog"; "" for all`)
	flag.Parse()
	p := plan{decideRounds: 60, decideTime: 10 * time.Millisecond, httpRounds: 6, cases: loads, groups: groups,
		workerRounds: 6, lambdaStarts: 100, lambdaRounds: 30, pageRounds: 100, limit: 30 * time.Minute}
	if *short {
		p = plan{decideRounds: 20, decideTime: 10 * time.Millisecond, httpRounds: 5, cases: decisive(loads), groups: decisiveGroups, onlyDecisive: true,
			workerRounds: 4, lambdaStarts: 40, lambdaRounds: 10, pageRounds: 20, limit: 5 * time.Minute}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	if err := run(ctx, p, *only); err != nil {
		progress("")
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, p plan, only string) error {
	var costs []answered
	var found, fronts, workers *results
	var functions *lambdaResults
	var err error
	if only == "" || only == "decide" {
		if costs, err = measureDecide(ctx, p); err != nil {
			return err
		}
	}
	if only == "" || only == "http" {
		if found, err = measureHTTP(ctx, p); err != nil {
			return err
		}
	}
	if only == "" || only == "fronts" {
		if fronts, err = measureFronts(ctx, p); err != nil {
			return err
		}
	}
	if only == "" || only == "workers" {
		if workers, err = measureWorkers(ctx, p); err != nil {
			return err
		}
	}
	if only == "" || only == "lambda" {
		if functions, err = measureLambda(ctx, p); err != nil {
			return err
		}
	}
	var pages *pageCosts
	if only == "" || only == "catalog" {
		if pages, err = measureCatalog(ctx, p.pageRounds); err != nil {
			return err
		}
	}
	progress("")
	return report(os.Stdout, costs, found, fronts, workers, functions, pages)
}

// progress shows on the standard error what is being done, in place of what it
// showed before if that is a terminal.
func progress(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", line)
	} else if line != "" {
		fmt.Fprintln(os.Stderr, line)
	}
}
