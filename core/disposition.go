package core

import "unicode/utf8"

const (
	// maxName is the longest file name sent, in bytes of UTF-8: what most file
	// systems can store.
	maxName = 255
	// fallbackName is sent for a name of which nothing safe is left.
	fallbackName = "download"
)

// AppendDisposition appends a Content-Disposition value (RFC 6266): attachment
// or inline, the name in ASCII as a quoted string, and, where that is not the
// whole name, the name in UTF-8 as an RFC 8187 extended value. It takes any bytes as
// a name; CleanName says what is left of them. No byte outside 0x20 to 0x7e and
// no backslash is ever appended.
func AppendDisposition(dst []byte, inline bool, name string) []byte {
	if inline {
		dst = append(dst, "inline; filename=\""...)
	} else {
		dst = append(dst, "attachment; filename=\""...)
	}
	if plainName(name) {
		dst = append(dst, name...)
		return append(dst, '"')
	}
	name = CleanName(name)
	start := len(dst)
	dst = appendASCIIName(dst, name)
	same := string(dst[start:]) == name
	dst = append(dst, '"')
	if !same {
		dst = append(dst, "; filename*=UTF-8''"...)
		dst = appendExtValue(dst, name)
	}
	return dst
}

// plainName reports whether name can be sent as it is: letters, digits and a few
// signs, not too long and not starting with a dot. It is the fast path of
// nearly every name; CleanName would not change such a name.
func plainName(name string) bool {
	if name == "" || len(name) > maxName || name[0] == '.' || name[len(name)-1] == '.' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if !plainByte[name[i]] {
			return false
		}
	}
	return true
}

var plainByte = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")

// attrChar is what RFC 8187 §3.2.1 lets stand for itself in an extended value.
var attrChar = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`|~")

func byteSet(chars string) (set [256]bool) {
	for i := 0; i < len(chars); i++ {
		set[chars[i]] = true
	}
	return set
}

// CleanName makes a file name of any bytes: path separators, control characters
// and bytes that are not UTF-8 become "_"; characters that are invisible and
// change how the rest is read (bidirectional controls, line separators, byte
// order marks) are dropped; white space at the ends and dots at the end go; at
// most 255 bytes stay, the extension among them. Nothing left is "download".
// Letters of right-to-left scripts, combining marks and emoji are kept.
func CleanName(name string) string {
	var scratch [maxName + utf8.UTFMax]byte
	b := scratch[:0]
	for _, r := range name {
		switch {
		case invisible(r):
			continue
		case r == '/' || r == '\\' || r == utf8.RuneError || control(r):
			r = '_'
		}
		b = utf8.AppendRune(b, r)
	}
	b = trimName(b)
	if len(b) > maxName {
		b = trimName(shorten(b))
	}
	if len(b) == 0 {
		return fallbackName
	}
	return string(b)
}

// control reports C0, DEL and C1.
func control(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// invisible reports the characters that only change how others are shown.
func invisible(r rune) bool {
	switch {
	case r >= 0x200e && r <= 0x200f, // left-to-right and right-to-left mark
		r >= 0x2028 && r <= 0x202e, // line and paragraph separator, bidi embeddings and overrides
		r >= 0x2066 && r <= 0x2069, // bidi isolates
		r == 0x061c,                // Arabic letter mark
		r == 0xfeff:                // byte order mark
		return true
	}
	return false
}

// trimName removes white space at the start, and white space and dots at the
// end, which Windows drops silently.
func trimName(b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if !blank(r) {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 {
		r, n := utf8.DecodeLastRune(b)
		if !blank(r) && r != '.' {
			break
		}
		b = b[:len(b)-n]
	}
	return b
}

// blank reports Unicode's white space (property White_Space) that is no control.
func blank(r rune) bool {
	return r == ' ' || r == 0xa0 || r == 0x1680 || r >= 0x2000 && r <= 0x200a || r == 0x202f || r == 0x205f || r == 0x3000
}

// shorten cuts b to maxName bytes in front of its extension, between characters.
func shorten(b []byte) []byte {
	ext := extension(b)
	stem := b[:maxName-len(ext)]
	for len(stem) > 0 && !utf8.RuneStart(b[len(stem)]) {
		stem = stem[:len(stem)-1]
	}
	return append(stem[:len(stem):len(stem)], ext...)
}

// extension is what follows the last dot, with the dot, if it is short enough
// to be one.
func extension(b []byte) []byte {
	const longest = 32
	for i := len(b) - 1; i > 0 && len(b)-i <= longest; i-- {
		if b[i] == '.' {
			return b[i:]
		}
	}
	return nil
}

// appendASCIIName appends the quoted-string form of a clean name without its
// quotes: a character outside ASCII becomes "_", a double quote "'", and a
// percent sign before two hexadecimal digits "_", since some clients decode it.
func appendASCIIName(dst []byte, name string) []byte {
	for i, r := range name {
		c := byte('_')
		switch {
		case r == '"':
			c = '\''
		case r == '%' && i+2 < len(name) && hexValue(name[i+1]) >= 0 && hexValue(name[i+2]) >= 0:
		case r < utf8.RuneSelf:
			c = byte(r)
		}
		dst = append(dst, c)
	}
	return dst
}

// appendExtValue appends name percent-encoded as RFC 8187 §3.2.1 says.
func appendExtValue(dst []byte, name string) []byte {
	for i := 0; i < len(name); i++ {
		if c := name[i]; attrChar[c] {
			dst = append(dst, c)
		} else {
			dst = appendPercent(dst, c)
		}
	}
	return dst
}

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// hexValue is the value of a hexadecimal digit, -1 for anything else.
func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
