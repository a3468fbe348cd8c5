package dirstore

import "strings"

// aliased reports whether Windows could take key for another name of a file: a
// backslash, a stream ("a.txt::$DATA"), a trailing dot or space that it drops, a short
// name ("REPORT~1.PDF"). Rules on keys would not see that it is the same file. The
// other characters that no name on Windows has count too.
func aliased(key string) bool {
	for segment := range strings.SplitSeq(key, "/") {
		if strings.ContainsAny(segment, `\:*?"<>|`) || strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " ") {
			return true
		}
		_, after, found := strings.Cut(segment, "~")
		if found && after != "" && '0' <= after[0] && after[0] <= '9' {
			return true
		}
	}
	return false
}
