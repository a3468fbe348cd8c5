package jsonl

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	Line    int // from 1
	Problem string
}

func (f Fault) String() string { return fmt.Sprintf("line %d: %s", f.Line, f.Problem) }

// Faults is everything that is wrong with a file, in the order of its lines.
type Faults []Fault

// Error is one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}
