package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/test/need"
)

func TestPainter(t *testing.T) {
	r := &doctor.Report{Results: []doctor.Result{
		{Hop: doctor.Storage, State: doctor.OK, Text: "well"},
		{Hop: doctor.Storage, State: doctor.Skipped, Text: "unknown"},
		{Hop: doctor.Front, State: doctor.Fault, Text: "Broken.", Change: &doctor.Change{File: "f", Line: 7, Text: "write x;"}},
	}}
	for colour, want := range map[bool]string{
		false: "Storage\n  ✓ well\n  - unknown\nThe front server\n  ✗ Broken.\n    → f:7: write x;\n",
		true:  "Storage\n  \x1b[32m✓\x1b[0m well\n  \x1b[33m-\x1b[0m unknown\nThe front server\n  \x1b[31m✗\x1b[0m Broken.\n    → f:7: write x;\n",
	} {
		var b bytes.Buffer
		painter{&b, colour}.report(r)
		if b.String() != want {
			t.Errorf("colour %v: %q, want %q", colour, b.String(), want)
		}
	}
	var b bytes.Buffer
	painter{&b, false}.report(&doctor.Report{})
	if !strings.Contains(b.String(), "No fault found.") {
		t.Errorf("without a fault: %q", b.String())
	}
}

// Only a terminal has colours, and only if its user has not asked for none.
func TestColours(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	need.That(t, err == nil, "a pseudo-terminal")
	defer terminal.Close()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	t.Setenv("NO_COLOR", "")
	if !colours(terminal) || colours(file) || colours(&bytes.Buffer{}) {
		t.Errorf("terminal %v, file %v, buffer %v", colours(terminal), colours(file), colours(&bytes.Buffer{}))
	}
	t.Setenv("NO_COLOR", "1")
	if colours(terminal) {
		t.Error("NO_COLOR is not looked at")
	}
}
