package overlay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Font is a TrueType or OpenType font.
type Font struct {
	font *opentype.Font
	sum  string // of the file
}

// ParseFont reads a TTF or OTF file. data must not change afterwards.
func ParseFont(data []byte) (*Font, error) {
	f, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("not a TrueType or OpenType font: %w", err)
	}
	sum := sha256.Sum256(data)
	return &Font{f, hex.EncodeToString(sum[:])}, nil
}

// GoRegular is the font of the Go project: Latin, Greek and Cyrillic letters.
func GoRegular() *Font {
	f, err := ParseFont(goregular.TTF)
	if err != nil {
		panic(err) // it is part of the program
	}
	return f
}

// face is the font in a size, for one goroutine.
func (f *Font) face(size float64) (font.Face, error) {
	const dpi = 72 // so that a point is a pixel
	return opentype.NewFace(f.font, &opentype.FaceOptions{Size: size, DPI: dpi, Hinting: font.HintingNone})
}

// writable puts the font's sign for unknown characters, or a question mark, in
// place of those that the font does not have.
func (f *Font) writable(text string) string {
	var buf sfnt.Buffer
	has := func(r rune) bool {
		i, err := f.font.GlyphIndex(&buf, r)
		return err == nil && i != 0
	}
	unknown := '?'
	if has(unicode.ReplacementChar) {
		unknown = unicode.ReplacementChar
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || has(r) {
			return r
		}
		return unknown
	}, text)
}

// clean keeps of a text what can be drawn and line ends: control characters, NUL
// among them, and those that only say how others are to be shown go, and bytes that
// are not UTF-8 become U+FFFD.
func clean(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\r':
			return '\n'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		return r
	}, text)
}
