package jsonl

import (
	"fmt"
	"strings"
)

// suggest is "did you mean …?" if one of the known words is near the unknown
// one, else a list of them.
func suggest(unknown string, known []string) string {
	best, at := "", 3 // two slips at most
	for _, word := range known {
		if d := distance(strings.ToLower(unknown), strings.ToLower(word)); d < at && d < len(word) {
			best, at = word, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "use " + quotedList(known)
}

// quotedList is "a", "b" or "c".
func quotedList(words []string) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", word)
	}
	return b.String()
}

// distance is Levenshtein's, in bytes; words of very different length are far.
func distance(a, b string) int {
	if len(a) > len(b)+3 || len(b) > len(a)+3 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
