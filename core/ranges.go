package core

import "math"

const (
	// maxSpans is how many ranges one answer holds after overlapping and
	// touching ones were joined; a request for more is answered in full.
	maxSpans = 16
	// maxSpecs is how many ranges a Range field may list at all.
	maxSpecs = 256
)

// rangeReason is the reason of an answer with ranges.
const rangeReason = "byte range"

// rangeResult says what a Range field comes to for one representation.
type rangeResult uint8

const (
	wholeFile     rangeResult = iota // no usable Range: 200
	partial                          // 206 with the spans
	unsatisfiable                    // 416
)

// parseRange reads a Range field (RFC 9110 §14.1.2, §14.2) for a representation
// of size bytes, size ≥ 0. It returns the satisfiable ranges in the order they
// were asked for, overlapping and touching ones joined, and one of:
//
//   - wholeFile if the field is to be ignored: another unit, bad syntax, over
//     256 ranges, over 16 after joining, or an empty file;
//   - partial with 1 to 16 spans;
//   - unsatisfiable if no range holds a byte of the file.
//
// dst is used for the spans if it is large enough. Numbers of any length are
// read without overflow.
func parseRange(dst []Span, field string, size int64) ([]Span, rangeResult, string) {
	set, ok := cutUnit(field)
	if !ok {
		return nil, wholeFile, "Range is in a unit other than bytes"
	}
	if size == 0 {
		return nil, wholeFile, "Range on an empty file"
	}
	spans, specs := dst[:0], 0
	for more := true; more; {
		var spec string
		if spec, set, more = cutByte(set, ','); spec == "" {
			continue // empty members are allowed (RFC 9110 §5.6.1.2)
		}
		first, last, ok := parseSpec(spec, size)
		if specs++; !ok || specs > maxSpecs {
			return nil, wholeFile, "Range is malformed or lists too much"
		}
		if first < size && first <= last {
			spans = join(spans, Span{first, min(last, size-1) - first + 1})
		}
	}
	switch {
	case specs == 0:
		return nil, wholeFile, "Range lists nothing"
	case len(spans) == 0:
		return nil, unsatisfiable, "no range holds a byte of the file"
	case len(spans) > maxSpans:
		return nil, wholeFile, "Range asks for too many parts"
	}
	return spans, partial, rangeReason
}

// FirstSpan is what a request will most likely have read first, before anything is
// known of the file: everything, one range of known start, or nothing (Length 0)
// where conditions, HEAD or an unusual Range leave it open. A Length of -1 goes to
// the end. A store can so look and begin to read at once; Decide decides.
func FirstSpan(r Request) Span {
	if r.Method != "GET" || r.IfMatch+r.IfNoneMatch+r.IfModifiedSince+r.IfUnmodifiedSince != "" {
		return Span{}
	}
	if r.Range == "" {
		return Span{Length: -1}
	}
	set, ok := cutUnit(r.Range)
	spec, _, more := cutByte(set, ',')
	if !ok || more || spec == "" || spec[0] == '-' {
		return Span{}
	}
	first, last, ok := parseSpec(spec, math.MaxInt64)
	switch {
	case !ok || first == math.MaxInt64:
		return Span{}
	case last == math.MaxInt64:
		return Span{first, -1}
	}
	return Span{first, last - first + 1}
}

// cutUnit returns the range set of a Range field in bytes. Units are
// case-insensitive (RFC 9110 §14.1).
func cutUnit(field string) (string, bool) {
	field = trimOWS(field)
	const unit = "bytes="
	if len(field) < len(unit) || !equalFold(field[:len(unit)], unit) {
		return "", false
	}
	return field[len(unit):], true
}

// cutByte returns what precedes the first sep in s, trimmed, and what follows it.
func cutByte(s string, sep byte) (member, rest string, more bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == sep {
			return trimOWS(s[:i]), s[i+1:], true
		}
	}
	return trimOWS(s), "", false
}

// parseSpec reads "first-last", "first-" or "-suffix" as inclusive positions. A
// suffix of 0 and a first at or past the end hold no byte: first = size.
func parseSpec(spec string, size int64) (first, last int64, ok bool) {
	i := 0
	for i < len(spec) && spec[i] != '-' {
		i++
	}
	if i == len(spec) {
		return 0, 0, false
	}
	head, tail := spec[:i], spec[i+1:]
	switch {
	case head == "" && tail == "":
		return 0, 0, false
	case head == "":
		n, ok := parsePosition(tail)
		return max(size-n, 0), math.MaxInt64, ok
	case tail == "":
		first, ok = parsePosition(head)
		return first, math.MaxInt64, ok
	}
	first, ok = parsePosition(head)
	last, ok2 := parsePosition(tail)
	backwards := first > last || first == math.MaxInt64 && compareDigits(head, tail) > 0
	return first, last, ok && ok2 && !backwards // last before first is invalid, not unsatisfiable
}

// parsePosition reads decimal digits; what does not fit is math.MaxInt64, past
// the end of every file.
func parsePosition(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if i >= 18 && n > (math.MaxInt64-int64(c-'0'))/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// compareDigits compares two runs of digits as numbers of any length.
func compareDigits(a, b string) int {
	a, b = trimZeros(a), trimZeros(b)
	switch {
	case len(a) != len(b):
		return len(a) - len(b)
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}

// join adds s to spans, none of which reach each other: s takes the place of the
// first one that it overlaps or touches and swallows the others.
func join(spans []Span, s Span) []Span {
	at, kept := -1, 0
	for _, other := range spans {
		if !reaches(other, s) {
			spans[kept] = other
			kept++
			continue
		}
		s = union(other, s)
		if at < 0 {
			at = kept
			kept++
		}
	}
	if at < 0 {
		return append(spans, s)
	}
	spans[at] = s
	return spans[:kept]
}

// reaches reports whether a and b overlap or touch.
func reaches(a, b Span) bool {
	return a.Start <= b.Start+b.Length && b.Start <= a.Start+a.Length
}

// union is the span from the first byte of either to the last byte of either.
func union(a, b Span) Span {
	start := min(a.Start, b.Start)
	return Span{start, max(a.Start+a.Length, b.Start+b.Length) - start}
}

// equalFold compares ASCII strings without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
