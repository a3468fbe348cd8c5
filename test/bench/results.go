package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"

	"github.com/downlink-go/downlink/test/bench/processor"
)

// results are the samples of every case and peer.
type results struct {
	groups  [][]string // the peers, each group with its reference first
	cases   []load
	samples map[string]map[string][]sample // by case and peer, one for each round
	missing map[string]string              // what a peer needs that is not there

	failures   []string              // turns without an answer, and those of the template's Worker that failed
	footprints map[string]*footprint // of Workers, by peer; nil if they were not started
}

// measureHTTP starts the peers, checks an answer of each, and has wrk load them
// in turns.
func measureHTTP(ctx context.Context, p plan) (*results, error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return &results{groups: p.groups, missing: map[string]string{"everything over HTTP": "Debian package wrk"}}, nil
	}
	s, err := setUp(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	found := &results{groups: p.groups, cases: p.cases, samples: map[string]map[string][]sample{}, missing: s.missing}
	requests, err := s.prepare(ctx, p.cases)
	if err != nil {
		return nil, err
	}
	for round := range p.httpRounds {
		for _, l := range p.cases {
			progress("%s over HTTP, round %d of %d", l.name, round+1, p.httpRounds)
			if err := found.round(ctx, s, l, requests[l.name], round); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// prepare makes a request for each case and peer, and checks that it is answered
// rightly.
func (s *stage) prepare(ctx context.Context, cases []load) (map[string]map[string]*http.Request, error) {
	all := map[string]map[string]*http.Request{}
	for _, l := range cases {
		all[l.name] = map[string]*http.Request{}
		for peer, base := range s.servers {
			r, err := l.request(ctx, base)
			if err == nil {
				err = l.check(r, s.files)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", peer, l.name, err)
			}
			all[l.name][peer] = r
		}
	}
	return all, nil
}

// round loads every peer once; each round another one of a group is the first.
func (f *results) round(ctx context.Context, s *stage, l load, requests map[string]*http.Request, round int) error {
	if f.samples[l.name] == nil {
		f.samples[l.name] = map[string][]sample{}
	}
	for _, peers := range f.groups {
		for i := range peers {
			peer := peers[(i+round)%len(peers)]
			if requests[peer] == nil {
				continue
			}
			got, err := s.fire(ctx, l, peer, requests[peer])
			if err != nil {
				err = fmt.Errorf("%s, %s, round %d: %w", l.name, peer, round+1, err)
			}
			switch {
			case err != nil && peer == templateWorker: // it stops to answer, also when it is new
				f.failures = append(f.failures, err.Error())
			case errors.Is(err, errSilent):
				f.failures = append(f.failures, err.Error())
				progress("%v; what the servers printed:\n%s", err, s.logs())
			case err != nil:
				return fmt.Errorf("%w; what the servers printed:\n%s", err, s.logs())
			}
			f.samples[l.name][peer] = append(f.samples[l.name][peer], got)
		}
	}
	return nil
}

// fire has wrk send r to the peer.
func (s *stage) fire(ctx context.Context, l load, peer string, r *http.Request) (sample, error) {
	pid, known := s.processes[peer]
	if !known {
		return l.fire(ctx, r, s.path("done.lua"))
	}
	before, err := processor.Of(pid)
	if err != nil {
		return sample{}, err
	}
	got, err := l.fire(ctx, r, s.path("done.lua"))
	if err != nil {
		return got, err
	}
	after, err := processor.Of(pid)
	got.efficacy = got.answers / (after - before).Seconds()
	return got, err
}

func requestRate(s sample) float64 { return s.requests }

func byteRate(s sample) float64 { return s.bytes }

func efficacy(s sample) float64 { return s.efficacy }

// ratio is how many times as fast as other the peer was: the median over the
// rounds, each of which had both within seconds. A turn without an answer is a zero if it
// was the peer's, and is left out if it was the other's. It is 0 if one was not there.
func (f *results) ratio(name, peer, other string, rate func(sample) float64) float64 {
	a, b := f.samples[name][peer], f.samples[name][other]
	var rounds []float64
	for i := range min(len(a), len(b)) {
		if rate(b[i]) > 0 {
			rounds = append(rounds, rate(a[i])/rate(b[i]))
		}
	}
	return median(rounds, func(x float64) float64 { return x })
}

// median is the median of what value takes from each of all; 0 of none.
func median[T any](all []T, value func(T) float64) float64 {
	if len(all) == 0 {
		return 0
	}
	values := make([]float64, len(all))
	for i, x := range all {
		values[i] = value(x)
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
