package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// The functions, by the names that the table has for them.
const (
	fixedFunction    = "aws-lambda-go, fixed redirect"
	byhandFunction   = "aws-lambda-go, S3 by hand"
	shimFunction     = "http.FileServer through the shim"
	downlinkFunction = "Downlink's function"
	streamedFunction = "Downlink's function, streamed"
)

// ownFunction is the package of Downlink's.
const ownFunction = "cmd/downlink-lambda"

// functions are what is compared; each is built from a package, told things by its
// environment, and asked for the objects that it can answer with.
var functions = []struct {
	name, pkg    string
	env, objects []string
}{
	{name: fixedFunction, pkg: "test/bench/lambda/fixed", objects: []string{largeObject}},
	{name: byhandFunction, pkg: "test/bench/lambda/byhand", objects: []string{largeObject, smallObject}},
	{name: shimFunction, pkg: "test/bench/lambda/shim", objects: []string{smallObject}},
	{name: downlinkFunction, pkg: ownFunction, objects: []string{largeObject, smallObject}},
	{name: streamedFunction, pkg: ownFunction, objects: []string{smallObject}, env: []string{"DOWNLINK_STREAM=function-url"}},
}

// The objects: what only a redirect can give, and what fits into an answer.
const (
	largeObject = "large.pdf"
	smallObject = "1m.pdf"
)

var status = map[string]int{largeObject: http.StatusFound, smallObject: http.StatusOK}

// lambdaResults are the figures of every function.
type lambdaResults struct {
	inits, firsts map[string][]time.Duration            // the median of each round, by function
	warm          map[string]map[string][]time.Duration // the same, by object and function
	sizes         map[string]int64                      // of the program, in bytes
	missing       string                                // why there are no figures; "" if there are
}

// measureLambda runs each function beside a Runtime API of this program, in turns.
func measureLambda(ctx context.Context, p plan) (*lambdaResults, error) {
	found := &lambdaResults{
		inits: map[string][]time.Duration{}, firsts: map[string][]time.Duration{}, sizes: map[string]int64{},
		warm: map[string]map[string][]time.Duration{largeObject: {}, smallObject: {}},
	}
	gateway, err := server.BuildS3()
	if err != nil {
		found.missing = err.Error()
		return found, nil
	}
	s, err := setUpLambda(ctx, gateway)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for i, f := range functions {
		if err := s.verify(ctx, i); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		info, err := os.Stat(s.program(f.pkg))
		if err != nil {
			return nil, err
		}
		found.sizes[f.name] = info.Size()
	}
	for round := range p.lambdaRounds {
		for i := range functions {
			progress("Lambda, round %d of %d", round+1, p.lambdaRounds)
			if err := found.round(ctx, s, (i+round)%len(functions), p); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// round starts a function some times, and has the last one answer many times.
func (r *lambdaResults) round(ctx context.Context, s *lambdaStage, i int, p plan) error {
	name, objects := functions[i].name, functions[i].objects
	var inits, firsts []time.Duration
	for start := range p.lambdaStarts {
		f, err := s.start(ctx, i)
		if err != nil {
			return err
		}
		_, first, err := f.invoke(ctx, urlEvent(objects[0]))
		if err == nil && start == p.lambdaStarts-1 {
			err = r.answerWarm(ctx, f, name, objects, p.lambdaWarm)
		}
		f.stop()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, f.log)
		}
		inits, firsts = append(inits, f.init), append(firsts, first)
	}
	r.inits[name] = append(r.inits[name], middle(inits))
	r.firsts[name] = append(r.firsts[name], middle(firsts))
	return nil
}

// answerWarm has a function that has answered before answer n times more.
func (r *lambdaResults) answerWarm(ctx context.Context, f *function, name string, objects []string, n int) error {
	for _, object := range objects {
		times, want := make([]time.Duration, n), fmt.Appendf(nil, `"statusCode":%d`, status[object])
		for i := range times {
			out, took, err := f.invoke(ctx, urlEvent(object))
			if err != nil {
				return err
			}
			if !bytes.Contains(out, want) {
				return fmt.Errorf("%s: %.200q", object, out)
			}
			times[i] = took
		}
		r.warm[object][name] = append(r.warm[object][name], middle(times))
	}
	return nil
}

func middle(times []time.Duration) time.Duration {
	return time.Duration(median(times, func(d time.Duration) float64 { return float64(d) }))
}
