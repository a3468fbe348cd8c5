package jsonl

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON text is Unicode, file names are bytes. A byte that is no part of UTF-8,
// 0x80 to 0xff, is written as the lone surrogate \udc80 to \udcff, and read
// back from it. Python does the same (PEP 383, "surrogateescape"), so names
// listed there by json.dumps(os.listdir()) arrive as they are on disk.
const (
	byteEscape     = 0xdc00
	firstByteValue = 0x80
	lastByteValue  = 0xff
)

// unquote decodes a valid JSON string. A lone surrogate that stands for no byte
// becomes U+FFFD, as in encoding/json.
func unquote(quoted []byte) string {
	b := make([]byte, 0, len(quoted))
	for s := quoted[1 : len(quoted)-1]; len(s) > 0; {
		switch {
		case s[0] != '\\':
			b, s = append(b, s[0]), s[1:]
		case s[1] != 'u':
			b, s = append(b, unescape(s[1])), s[2:]
		default:
			b, s = appendUnit(b, s)
		}
	}
	return string(b)
}

// appendUnit appends what the escape \uXXXX at the start of s stands for,
// together with a second one if they are a surrogate pair.
func appendUnit(b, s []byte) (text, rest []byte) {
	r, rest := unit(s), s[6:]
	switch {
	case r >= byteEscape+firstByteValue && r <= byteEscape+lastByteValue:
		return append(b, byte(r-byteEscape)), rest
	case utf16.IsSurrogate(r) && len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u':
		if pair := utf16.DecodeRune(r, unit(rest)); pair != utf8.RuneError {
			return utf8.AppendRune(b, pair), rest[6:]
		}
	}
	return utf8.AppendRune(b, r), rest // a lone surrogate as U+FFFD
}

// unit is the number of the escape \uXXXX at the start of s.
func unit(s []byte) rune {
	n, _ := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n)
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // quote, backslash, slash
}

// appendQuoted appends s as a JSON string. What a terminal or an editor would
// act on, control characters, line separators and bidirectional controls, is
// escaped.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = fmt.Appendf(dst, "\\u%04x", byteEscape+int(s[i]))
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			dst = fmt.Appendf(dst, "\\u%04x", r)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return append(dst, '"')
}
