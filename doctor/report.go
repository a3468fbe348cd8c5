package doctor

import (
	"fmt"
	"strings"
)

// Hop is a part of the way from the disk to the client.
type Hop string

// The hops, in the order in which they are examined.
const (
	Storage  Hop = "storage"  // the files, the catalogue
	App      Hop = "downlink" // the application alone
	Front    Hop = "front"    // the front server alone
	Together Hop = "together" // what a client gets
)

// State is how a check ended.
type State string

// The states.
const (
	OK      State = "ok"
	Fault   State = "fault"
	Skipped State = "skipped"
)

// Result is one check.
type Result struct {
	Hop   Hop    `json:"hop"`
	Check string `json:"check"` // a word or two, the same in every run
	State State  `json:"state"`
	// Text is one sentence: what is well, what is broken, or why nothing was checked.
	Text string `json:"text"`
	// Change mends a fault; nil if no line does.
	Change *Change `json:"change,omitempty"`
}

// Change is a line to change.
type Change struct {
	File  string `json:"file,omitempty"` // "" if it is not known
	Line  int    `json:"line,omitempty"` // from 1; 0 if it is not known
	Block string `json:"block,omitempty"`
	Text  string `json:"text"`          // what to do, with the line as it should be
	Now   string `json:"now,omitempty"` // the line as it is
}

// String is the change in one line of text.
func (c *Change) String() string {
	var b strings.Builder
	switch {
	case c.File != "" && c.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", c.File, c.Line)
	case c.File != "":
		fmt.Fprintf(&b, "%s: ", c.File)
	}
	if c.Block != "" {
		fmt.Fprintf(&b, "in %s: ", c.Block)
	}
	b.WriteString(c.Text)
	if c.Now != "" {
		fmt.Fprintf(&b, " (it says %s)", c.Now)
	}
	return b.String()
}

// Report is a whole examination.
type Report struct {
	Results []Result `json:"results"`
}

func (r *Report) add(hop Hop, check string, state State, change *Change, format string, args ...any) {
	r.Results = append(r.Results, Result{hop, check, state, printable(fmt.Sprintf(format, args...)), change})
}

// Faults are the results that are faults.
func (r *Report) Faults() (faults []Result) {
	for _, x := range r.Results {
		if x.State == Fault {
			faults = append(faults, x)
		}
	}
	return faults
}

// printable replaces what a terminal could take for more than text.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return '\ufffd'
		}
		return c
	}, s)
}
