package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
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

// lambdaResults are the figures of every function, one for each round.
type lambdaResults struct {
	inits, firsts map[string][]time.Duration            // by function
	warm          map[string]map[string][]time.Duration // by object and function
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
	if err := found.measureStarts(ctx, s, p.lambdaStarts); err != nil {
		return nil, err
	}
	return found, found.measureWarm(ctx, s, p.lambdaRounds)
}

// measureStarts starts each function in turns, and again for one answer: what a large
// answer leaves to do would disturb the next start.
func (r *lambdaResults) measureStarts(ctx context.Context, s *lambdaStage, rounds int) error {
	for round := range rounds {
		progress("starts of functions, %d of %d", round+1, rounds)
		for _, i := range rand.Perm(len(functions)) {
			f, err := s.start(ctx, i)
			if err != nil {
				return err
			}
			f.stop()
			r.inits[functions[i].name] = append(r.inits[functions[i].name], f.init)
		}
		for _, i := range rand.Perm(len(functions)) {
			if err := r.measureFirst(ctx, s, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *lambdaResults) measureFirst(ctx context.Context, s *lambdaStage, i int) error {
	f, err := s.start(ctx, i)
	if err != nil {
		return err
	}
	_, took, err := f.invoke(ctx, urlEvent(functions[i].objects[0]))
	f.stop()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", functions[i].name, err, f.log)
	}
	r.firsts[functions[i].name] = append(r.firsts[functions[i].name], took)
	return nil
}

// measureWarm has functions that stay answer in turns, some times in a row each.
func (r *lambdaResults) measureWarm(ctx context.Context, s *lambdaStage, rounds int) error {
	running := make([]*function, len(functions))
	for i := range functions {
		f, err := s.start(ctx, i)
		if err != nil {
			return err
		}
		defer f.stop()
		running[i] = f
	}
	for round := range rounds {
		progress("warm functions, round %d of %d", round+1, rounds)
		for _, i := range rand.Perm(len(functions)) {
			if err := r.answer(ctx, running[i], i); err != nil {
				return fmt.Errorf("%s: %w\n%s", functions[i].name, err, running[i].log)
			}
		}
	}
	return nil
}

// inARow is how many answers make one figure: their median.
const inARow = 30

// answer has a function answer with each of its objects.
func (r *lambdaResults) answer(ctx context.Context, f *function, i int) error {
	for _, object := range functions[i].objects {
		times, want := make([]time.Duration, inARow), fmt.Appendf(nil, `"statusCode":%d`, status[object])
		for n := range times {
			out, took, err := f.invoke(ctx, urlEvent(object))
			if err != nil {
				return err
			}
			if !bytes.Contains(out, want) {
				return fmt.Errorf("%s: %.200q", object, out)
			}
			times[n] = took
		}
		of := r.warm[object]
		of[functions[i].name] = append(of[functions[i].name], time.Duration(median(times, func(d time.Duration) float64 { return float64(d) })))
	}
	return nil
}
