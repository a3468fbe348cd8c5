package core

import (
	"strconv"
	"time"
)

// AppendFileETag appends the entity-tag of a local file in nginx's own form,
// "<modification time in hex seconds>-<size in hex>" with the quotes, so that
// the Go server, nginx and a 304 from either agree.
func AppendFileETag(dst []byte, modified time.Time, size int64) []byte {
	dst = append(dst, '"')
	dst = strconv.AppendInt(dst, modified.Unix(), 16)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, size, 16)
	return append(dst, '"')
}

// ValidETag reports whether s is one entity-tag that may be sent: [W/] DQUOTE
// *etagc DQUOTE (RFC 9110 §8.8.3) in ASCII.
func ValidETag(s string) bool {
	if isWeak(s) && s[1] == '/' {
		s = s[2:]
	}
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return false
	}
	s = s[1 : len(s)-1]
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x21 || c > 0x7e || c == '"' {
			return false
		}
	}
	return true
}

// scanETag returns the length of the entity-tag that s starts with, 0 if none.
func scanETag(s string) int {
	i := 0
	if len(s) >= 2 && s[0] == 'W' && s[1] == '/' {
		i = 2
	}
	if i >= len(s) || s[i] != '"' {
		return 0
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c < 0x21 || c == 0x7f:
			return 0
		}
	}
	return 0
}

// ETagListed reports whether an If-None-Match field with this value names the
// entity-tag, or "*" (RFC 9110 §13.1.2).
func ETagListed(field, tag string) bool { return field != "" && listMatches(field, tag, weakMatch) }

func isWeak(tag string) bool { return len(tag) > 1 && tag[0] == 'W' }

// strongMatch is the strong comparison of RFC 9110 §8.8.3.2.
func strongMatch(a, b string) bool { return a == b && a != "" && !isWeak(a) }

// weakMatch is the weak comparison of RFC 9110 §8.8.3.2.
func weakMatch(a, b string) bool { return opaque(a) == opaque(b) }

func opaque(tag string) string {
	if isWeak(tag) {
		return tag[2:]
	}
	return tag
}

// listMatches reports whether the field value list ("*" or entity-tags
// separated by commas, RFC 9110 §13.1.1) names a representation with tag. "*"
// names any. Members before a malformed one count, it and the rest do not.
func listMatches(list, tag string, match func(a, b string) bool) bool {
	if list == tag && tag != "" {
		return match(tag, tag) // what caches send
	}
	list = trimOWS(list)
	if list == "*" {
		return true
	}
	for list != "" {
		if list[0] == ',' || list[0] == ' ' || list[0] == '\t' {
			list = list[1:] // empty members are allowed (RFC 9110 §5.6.1.2)
			continue
		}
		n := scanETag(list)
		if n == 0 {
			return false
		}
		if match(list[:n], tag) {
			return true
		}
		list = trimOWS(list[n:])
		if list != "" && list[0] != ',' {
			return false
		}
	}
	return false
}

// trimOWS removes optional white space (RFC 9110 §5.6.3) from both ends.
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
