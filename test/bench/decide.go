package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// What Decide is compared with, and itself, by the names that peers/decide has for them.
const (
	decideAlone = "Decide"
	serveFile   = "ServeContent, same fields, os.File"
)

// answered is what peers/decide says of a question.
type answered struct {
	Question, Method string
	Status           int
	Costs            []cost
}

// cost is what one answer takes.
type cost struct {
	By         string
	NS, Allocs float64
}

// by is the cost of a contender's answer.
func (a *answered) by(name string) cost {
	for _, c := range a.Costs {
		if c.By == name {
			return c
		}
	}
	panic("peers/decide does not measure " + name)
}

// measureDecide runs peers/decide and returns what it says.
func measureDecide(ctx context.Context, p plan) ([]answered, error) {
	progress("deciding")
	peer := exec.CommandContext(ctx, "go", "run", "github.com/downlink-go/downlink/test/bench/peers/decide",
		fmt.Sprint("-rounds=", p.decideRounds), fmt.Sprint("-time=", p.decideTime))
	peer.Stderr = os.Stderr
	out, err := peer.Output()
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	var all []answered
	return all, json.Unmarshal(out, &all)
}
