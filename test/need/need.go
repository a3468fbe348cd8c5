// Package need asks for what a test cannot do without: real programs and rights.
// Without them a test is skipped by name, or fails if DOWNLINK_NO_SKIP is set, as
// it is by `make test`, which installs them.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Command returns the path of a program.
func Command(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed; `make test` installs it")
	}
	return path
}

// That skips or fails the test unless ok, with the reason.
func That(t testing.TB, ok bool, reason string) {
	t.Helper()
	if !ok {
		missing(t, reason)
	}
}

func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("DOWNLINK_NO_SKIP") != "" {
		t.Fatal("needed: " + reason)
	}
	t.Skip("needed: " + reason)
}
