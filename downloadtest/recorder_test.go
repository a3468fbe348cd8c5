package downloadtest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// recorder is a testing.TB that keeps what is reported to it, so that assertions can
// be shown to fail.
type recorder struct {
	testing.TB
	faults []string
	fatal  bool
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	r.fatal = true
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

// faults is what an assertion reports.
func faults(t *testing.T, assert func(testing.TB)) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert(r)
	}()
	<-done
	return r.faults
}

// fails asserts that an assertion reports one fault with all of some words in it.
func fails(t *testing.T, assert func(testing.TB), words ...string) {
	t.Helper()
	got := faults(t, assert)
	if len(got) != 1 {
		t.Errorf("%d faults, want one with %q: %q", len(got), words, got)
		return
	}
	for _, word := range words {
		if !strings.Contains(got[0], word) {
			t.Errorf("the fault is %q, want %q in it", got[0], word)
		}
	}
}
