package processor_test

import (
	"os"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/bench/processor"
)

// The two ways to ask agree about the process that asks.
func TestOf(t *testing.T) {
	for began := processor.Time(); processor.Time()-began < 100*time.Millisecond; {
	}
	before := processor.Time()
	got, err := processor.Of(os.Getpid())
	after := processor.Time()
	// The parts of user and system time are counted in whole ticks.
	if err != nil || got < before-20*time.Millisecond || got > after+20*time.Millisecond {
		t.Errorf("got %v, %v, want from %v to %v", got, err, before, after)
	}
	if _, err := processor.Of(1 << 30); err == nil {
		t.Error("a process that is not there: no error")
	}
}
