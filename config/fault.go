package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Fault is one mistake in a configuration.
type Fault struct {
	File string // as the caller named it; "" without a file
	// Line and Column count from 1, Column in characters. Both are 0 without a
	// file.
	Line, Column int
	Key          string // such as "server.listen" or "views[0].store"; "" if it is not about a key
	Problem      string // a sentence that says what to do
}

// Error is "file:line:column: problem", as compilers print it.
func (f Fault) Error() string {
	if f.Line == 0 {
		return f.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Problem)
}

// Faults is every mistake that was found, by position. It is never empty as an
// error.
type Faults []Fault

// Error is one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// position is a place in the file, counted from 1; zero without a file.
type position struct{ line, column int }

// source remembers where each key of a configuration was written, so that what
// is found out later can still point at it.
type source struct {
	file string
	at   map[string]position
}

// has reports whether key was written in the file.
func (s *source) has(key string) bool {
	_, ok := s.at[key]
	return ok
}

// position is where key was written or, failing that, the nearest table around
// it.
func (s *source) position(key string) position {
	for {
		if p, ok := s.at[key]; ok || key == "" {
			return p
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
}

// line names the line of key in a sentence.
func (s *source) line(key string) string {
	return fmt.Sprintf("line %d", s.position(key).line)
}

// report collects faults, at most one for a key: the first says it all.
type report struct {
	source
	faults Faults
}

// fault adds a fault at the place of key.
func (r *report) fault(key, format string, args ...any) {
	if !r.faulty(key) {
		r.faultAt(r.position(key), key, format, args...)
	}
}

func (r *report) faultAt(p position, key, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: r.file, Line: p.line, Column: p.column, Key: key, Problem: printable(fmt.Sprintf(format, args...))})
}

// printable replaces what a terminal could take for more than text.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, s)
}

// faulty reports whether key has a fault already.
func (r *report) faulty(key string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Key == key })
}

// err is the faults by position, nil if there are none.
func (r *report) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return r.faults
}

// quote quotes an operator's text for a sentence, shortened if it is long.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
