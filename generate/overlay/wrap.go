package overlay

import (
	"fmt"
	"image"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"

	"github.com/downlink-go/downlink/generate"
)

// smallest is the font size that Shrink does not go below.
const smallest = 6

// layout is a text in lines of one size.
type layout struct {
	font  *Font
	size  float64
	lines []string
}

// lay breaks the text into lines for the box, as the overflow policy says.
func (x *Overlay) lay(text string) (layout, error) {
	o := &x.opts
	l, fits, err := layAt(o.Font, o.Size, text, o.Box)
	if err != nil || fits {
		return l, err
	}
	switch o.Overflow {
	case Clip:
		return l, nil
	case Fail:
		return l, fmt.Errorf("the text does not fit into %d by %d pixels: %w", o.Box.Dx(), o.Box.Dy(), generate.ErrArgument)
	}
	// The largest whole size below that fits: a smaller one does, a larger one does
	// not, so the middle says on which side to look.
	low, high := min(smallest, int(o.Size)), int(o.Size)
	best, _, err := layAt(o.Font, float64(low), text, o.Box)
	for low < high-1 && err == nil {
		middle := (low + high) / 2
		if l, fits, err = layAt(o.Font, float64(middle), text, o.Box); fits {
			low, best = middle, l
		} else {
			high = middle
		}
	}
	return best, err
}

// layAt breaks the text into lines for one size, and reports whether they fit.
func layAt(f *Font, size float64, text string, box image.Rectangle) (layout, bool, error) {
	face, err := f.face(size)
	if err != nil {
		return layout{}, false, fmt.Errorf("font in size %v: %w", size, err)
	}
	defer face.Close()
	lines, broken := wrap(face, text, fixed.I(box.Dx()))
	m := face.Metrics()
	height := m.Ascent + m.Descent + fixed.Int26_6(len(lines)-1)*m.Height
	return layout{f, size, lines}, !broken && height <= fixed.I(box.Dy()), nil
}

// wrap breaks the text into lines that are no wider than width: at line ends, else
// at spaces, else, where a word alone is wider, between characters. broken says
// that there was such a word.
func wrap(face font.Face, text string, width fixed.Int26_6) (lines []string, broken bool) {
	space := font.MeasureString(face, " ")
	for paragraph := range strings.SplitSeq(text, "\n") {
		line, used := "", fixed.Int26_6(0)
		for _, word := range strings.Fields(paragraph) {
			w := font.MeasureString(face, word)
			if line != "" && used+space+w <= width {
				line, used = line+" "+word, used+space+w
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			if w > width {
				broken = true
				var full []string
				full, word, w = breakWord(face, word, width)
				lines = append(lines, full...)
			}
			line, used = word, w
		}
		lines = append(lines, line)
	}
	return lines, broken
}

// breakWord breaks a word into pieces of one character at least; the last is given
// with its width.
func breakWord(face font.Face, word string, width fixed.Int26_6) (full []string, last string, w fixed.Int26_6) {
	start, before := 0, rune(-1)
	for i, r := range word {
		advance, _ := face.GlyphAdvance(r)
		if before >= 0 {
			advance += face.Kern(before, r)
		}
		if w+advance > width && i > start {
			full = append(full, word[start:i])
			start, w = i, 0
			advance, _ = face.GlyphAdvance(r)
		}
		w, before = w+advance, r
	}
	return full, word[start:], w
}
