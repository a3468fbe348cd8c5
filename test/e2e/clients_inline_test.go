package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// inlineCases are catalogue items that Chromium shows, the media type of the
// document that it makes of each, and its text; one without text is red.
var inlineCases = []struct{ slug, file, mediaType, text string }{
	{"shown-picture", "picture.png", "image/png", ""},
	{"shown-text", "note.txt", "text/plain", "a note: <b>ä</b>"},
	{"shown-pdf", "page.pdf", "application/pdf", ""},
	{"shown-sound", "tone.wav", "audio/wav", played},
}

// played as a case's text means that the document plays a file instead.
const played = "\x00played"

// silence is a second of sound: 8 bit, 8 kHz, one channel (WAVE format).
func silence() []byte {
	const rate = 8000
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 36+rate)
	b = binary.LittleEndian.AppendUint32(append(b, "WAVEfmt "...), 16)
	for _, n := range []uint16{1, 1} { // PCM, channels
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate) // bytes a second
	for _, n := range []uint16{1, 8} {            // bytes and bits a sample
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), rate)
	return append(b, bytes.Repeat([]byte{128}, rate)...)
}

// redPicture is a picture of 40 x 30 red pixels.
func redPicture(t testing.TB) []byte {
	t.Helper()
	var picture bytes.Buffer
	red := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.RGBA{R: 255, A: 255}})
	if err := png.Encode(&picture, red); err != nil {
		t.Fatal(err)
	}
	return picture.Bytes()
}

func writeInline(t testing.TB, dir string) {
	t.Helper()
	for file, content := range map[string][]byte{
		"picture.png": redPicture(t), "note.txt": []byte("a note: <b>ä</b>"), "page.pdf": redPDF(), "tone.wav": silence(),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// redPDF is a document of one red page.
func redPDF() []byte {
	b := []byte("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R >>",
		"<< /Length 26 >>\nstream\n1 0 0 rg 0 0 300 200 re f \nendstream",
	} {
		at = append(at, len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := len(b)
	b = append(b, "xref\n0 5\n0000000000 65535 f \n"...)
	for _, n := range at {
		b = fmt.Appendf(b, "%010d 00000 n \n", n)
	}
	return fmt.Appendf(b, "trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", table)
}

// testInline expects the browser to show the items and to save none.
func (o origin) testInline(t *testing.T, b *chromium) {
	for _, c := range inlineCases {
		do(t, b, chromedp.Navigate(o.url+"/d/"+c.slug))
		if c.text == played {
			if seconds := b.plays(t); seconds < 0.9 || seconds > 1.1 {
				t.Errorf("%s: %v seconds to play, want 1", c.slug, seconds)
			}
			continue
		}
		if got := do(t, b, chromedp.Evaluate[string]("document.contentType")); got != c.mediaType {
			t.Errorf("%s: a document of %s, want %s", c.slug, got, c.mediaType)
		}
		if got := do(t, b, chromedp.Evaluate[string]("document.body.innerText")); got != c.text {
			t.Errorf("%s: shows %q, want %q", c.slug, got, c.text)
		}
		if c.text == "" && !b.showsRed(t) {
			t.Errorf("%s: is not painted", c.slug)
		}
	}
	select {
	case e := <-b.begun:
		t.Errorf("%s is saved, not shown", e.URL)
	default:
	}
}

// plays waits until the tab's player knows how long its file is, in seconds, and
// returns that; 0 if it never does.
func (b *chromium) plays(t testing.TB) float64 {
	t.Helper()
	const length = `document.querySelector("video, audio")?.duration || 0`
	for deadline := time.Now().Add(browserPatience); time.Now().Before(deadline); {
		if seconds := do(t, b, chromedp.Evaluate[float64](length)); seconds > 0 {
			return seconds
		}
	}
	return 0
}

// showsRed waits until the tab shows something red.
func (b *chromium) showsRed(t testing.TB) bool {
	t.Helper()
	for deadline := time.Now().Add(browserPatience); time.Now().Before(deadline); {
		shot, err := png.Decode(bytes.NewReader(do(t, b, chromedp.CaptureScreenshot())))
		if err != nil {
			t.Fatal(err)
		}
		for y := range shot.Bounds().Dy() {
			for x := range shot.Bounds().Dx() {
				if r, g, b, _ := shot.At(x, y).RGBA(); r > 0xf000 && g < 0x1000 && b < 0x1000 {
					return true
				}
			}
		}
	}
	return false
}
