package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible puts U+FFFD in place of what would not be seen and could make a name
// read as another: controls, characters that turn the direction of writing, bytes
// that are not UTF-8.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, s)
}

const zeroWidthJoiner = '\u200d' // holds emoji together

// Size is n bytes in binary units, as file managers show it; "" if unknown.
func Size(n int64) string {
	if n < 0 {
		return ""
	}
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n), 0
	for f >= 1024 && unit < len(units)-1 {
		f, unit = f/1024, unit+1
	}
	return fmt.Sprintf("%.1f %s", f, units[unit])
}

var units = [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
