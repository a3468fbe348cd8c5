package main

import (
	"errors"
	"testing"
)

// The median of ratios must not get better by a turn that failed.
func TestRatio_SilentTurns(t *testing.T) {
	fast, slow, silent := sample{requests: 20}, sample{requests: 10}, sample{}
	for _, test := range []struct {
		name        string
		peer, other []sample
		want        float64
	}{
		{"none", []sample{fast, fast, slow}, []sample{slow, slow, slow}, 2},
		{"one of the peer", []sample{fast, silent, slow}, []sample{slow, slow, slow}, 1},
		{"one of the other", []sample{fast, fast, slow}, []sample{slow, silent, slow}, 1.5},
		{"all of the other", []sample{fast}, []sample{silent}, 0},
		{"other was not there", []sample{fast}, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := results{samples: map[string]map[string][]sample{"case": {"peer": test.peer, "other": test.other}}}
			if got := f.ratio("case", "peer", "other", requestRate); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, line string
		silent, ok bool
	}{
		{"answers", "counted 1000000 500 600000 900 0", false, true},
		{"no answer", "counted 1000000 0 0 0 0", true, false},
		{"refusals", "counted 1000000 500 600000 900 3", false, false},
		{"nothing printed", "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parse(test.line)
			if errors.Is(err, errSilent) != test.silent || (err == nil) != test.ok || test.ok && got.requests != 500 {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
