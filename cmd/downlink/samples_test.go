package main

import "testing"

// Of two files the doctor asks for the one that shows more, however a store lists them.
func TestBetterSamples(t *testing.T) {
	for _, c := range []struct {
		name          string
		better, worse candidate
	}{
		{"a text that is long enough to be compressed", newCandidate("", "a.txt", 1024), newCandidate("", "a.html", 1023)},
		{"a text, though the other is larger", newCandidate("", "a.txt", 25), newCandidate("", "a.zip", 5000)},
		{"data that is text", newCandidate("", "a.json", 5000), newCandidate("", "a.zip", 5000)},
		{"a drawing that is text", newCandidate("", "a.svg", 5000), newCandidate("", "a.png", 5000)},
		{"a file that is quick, though the other is a text", newCandidate("", "a.zip", 1<<20), newCandidate("", "a.txt", 1<<20+1)},
		{"a file that has parts, though the other is quick", newCandidate("", "a.zip", 1<<30), newCandidate("", "a.txt", 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, than := c.better.rank(), c.worse.rank(); got <= than {
				t.Errorf("rank %d, that of the worse %d", got, than)
			}
		})
	}
}
