package overlay_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gobold"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

var update = flag.Bool("update", false, "write the golden images anew")

// pattern is a background: two colours that change along both sides.
func pattern(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(200 + x*55/w), uint8(210 + y*45/h), 235, 255})
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// backgrounds is a store of images.
func backgrounds(t testing.TB) *storage.Store {
	t.Helper()
	m := memstore.New()
	m.Put("card.png", pngOf(t, pattern(240, 120)))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, pattern(240, 120), nil); err != nil {
		t.Fatal(err)
	}
	m.Put("card.jpg", b.Bytes())
	for _, name := range []string{"lossy.webp", "lossless.webp"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		m.Put(name, b)
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 240, 120))
	m.Put("clear.png", pngOf(t, clear))
	m.Put("text.png", []byte("this is no image at all"))
	m.Put("cut.png", pngOf(t, pattern(240, 120))[:400])
	m.Put("empty.png", nil)
	m.Put("flood.png", flood(30_000, 30_000))
	return storage.New("images", m)
}

// flood is a PNG that says it is of this size and has next to no data.
func flood(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		at := len(b)
		b = append(append(b, kind...), data...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at:]))
	}
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})
	chunk("IEND", nil)
	return b
}

func usual(t testing.TB) overlay.Options {
	return overlay.Options{
		Store: backgrounds(t), Key: "card.png", Text: "{text}", Box: image.Rect(20, 15, 220, 105), Format: overlay.PNG,
	}
}

// made is what an overlay makes for a text.
func made(t testing.TB, o overlay.Options, text string) ([]byte, generate.Recipe, error) {
	t.Helper()
	x, err := overlay.New(o)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := x.Plan(t.Context(), asks(t, text))
	if err != nil {
		return nil, recipe, err
	}
	var b bytes.Buffer
	err = recipe.Create(t.Context(), &b)
	return b.Bytes(), recipe, err
}

// asks is a request whose pattern's variable "text" is text, also what no path can
// be.
func asks(t testing.TB, text string) *generate.Request {
	t.Helper()
	r := &generate.Request{Request: core.Request{Method: "GET"}}
	if text == "" {
		return r
	}
	site, err := core.NewSite([]core.Route{{Pattern: "/{text...}", Lookup: core.Custom}})
	if err != nil {
		t.Fatal(err)
	}
	r.Path = "/" + string(core.AppendEscapedPath(nil, text))
	r.Plan = site.Plan(r.Request)
	if got := r.Param("text"); got != text {
		t.Fatalf("text %.50q arrives as %.50q", text, got)
	}
	return r
}

const lorem = "A quick brown fox jumps over the lazy dog and walks home through the rain."

func TestGoldenImages(t *testing.T) {
	bold, err := overlay.ParseFont(gobold.TTF)
	if err != nil {
		t.Fatal(err)
	}
	with := func(text string, change func(*overlay.Options)) overlay.Options {
		o := usual(t)
		o.Text = text
		if change != nil {
			change(&o)
		}
		return o
	}
	for name, o := range map[string]overlay.Options{
		"short":     with("Hello, World!", nil),
		"wrapped":   with(lorem, func(o *overlay.Options) { o.Size = 18 }),
		"shrunk":    with(lorem+" "+lorem, nil),
		"clipped":   with(lorem+" "+lorem, func(o *overlay.Options) { o.Overflow = overlay.Clip }),
		"lines":     with("one\n\nthree\r\nfour", func(o *overlay.Options) { o.Size = 16 }),
		"long-word": with("Donaudampfschifffahrtsgesellschaftskapitän", func(o *overlay.Options) { o.Overflow = overlay.Clip }),
		"font":      with("Größe – Ελλάδα – Мир", func(o *overlay.Options) { o.Font, o.Color = bold, color.RGBA{180, 0, 40, 255} }),
		"unknown":   with("日本 😀 a\x00b\x1b[31m\u202ec\u200dd\xff", nil),
		"outside":   with("at the edge, at the edge", func(o *overlay.Options) { o.Box = image.Rect(150, 90, 400, 300) }),
		"beside":    with("not to be seen", func(o *overlay.Options) { o.Box = image.Rect(500, 500, 600, 600) }),
		"clear":     with("on nothing", func(o *overlay.Options) { o.Key = "clear.png" }),
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := made(t, o, "")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".png")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(t, got, want); d > 0 {
				t.Errorf("a pixel differs by %d of 65535 from %s; see for yourself and run with -update", d, file)
			}
		})
	}
}

// difference is the largest of any pixel's channels. The compressed bytes may be
// others with another version of Go.
func difference(t *testing.T, a, b []byte) (most uint32) {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	n, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != n.Bounds() {
		t.Fatalf("%v, want %v", m.Bounds(), n.Bounds())
	}
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, a := m.At(x, y).RGBA()
			s, h, c, e := n.At(x, y).RGBA()
			for _, p := range [][2]uint32{{r, s}, {g, h}, {b, c}, {a, e}} {
				most = max(most, max(p[0], p[1])-min(p[0], p[1]))
			}
		}
	}
	return most
}

// TestInsideTheBox: no pixel outside of the box changes, whatever the text.
func TestInsideTheBox(t *testing.T) {
	for _, overflow := range []overlay.Overflow{overlay.Shrink, overlay.Clip} {
		o := usual(t)
		o.Overflow, o.Size, o.Box = overflow, 60, image.Rect(50, 30, 90, 70)
		b, _, err := made(t, o, strings.Repeat("Wgjy", 40))
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		inside, before := 0, pattern(240, 120)
		for y := range 120 {
			for x := range 240 {
				r, g, b, _ := m.At(x, y).RGBA()
				s, h, c, _ := before.At(x, y).RGBA()
				changed := r != s || g != h || b != c
				if changed && !image.Pt(x, y).In(o.Box) {
					t.Fatalf("overflow %d: %d, %d is outside of the box and changed", overflow, x, y)
				}
				if changed {
					inside++
				}
			}
		}
		if inside < 100 {
			t.Errorf("overflow %d: only %d pixels changed", overflow, inside)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, key := range []string{"card.png", "card.jpg", "lossy.webp", "lossless.webp", "clear.png"} {
		for _, f := range []overlay.Format{overlay.JPEG, overlay.PNG} {
			o := usual(t)
			o.Key, o.Format = key, f
			b, recipe, err := made(t, o, "Hello")
			if err != nil {
				t.Errorf("%s: %v", key, err)
				continue
			}
			m, name, err := image.Decode(bytes.NewReader(b))
			want := map[overlay.Format][2]string{overlay.JPEG: {"jpeg", ".jpg"}, overlay.PNG: {"png", ".png"}}[f]
			if err != nil || name != want[0] || recipe.Ext != want[1] {
				t.Fatalf("%s: a %s%s, %v, want %v", key, name, recipe.Ext, err, want)
			}
			if f == overlay.JPEG && key == "clear.png" {
				if r, _, _, _ := m.At(230, 115).RGBA(); r < 0xf000 {
					t.Errorf("what shows through is %x, not white", r)
				}
			}
		}
	}
	size := func(quality int) int {
		o := usual(t)
		o.Format, o.Quality = overlay.JPEG, quality
		b, _, err := made(t, o, "Hello")
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	if size(10) >= size(85) || size(0) != size(85) {
		t.Errorf("quality 10: %d bytes, 85: %d, default: %d", size(10), size(85), size(0))
	}
}

func TestEqualInputEqualBytes(t *testing.T) {
	o := usual(t)
	first, a, err := made(t, o, lorem)
	if err != nil {
		t.Fatal(err)
	}
	second, b, err := made(t, usual(t), lorem)
	if err != nil || !bytes.Equal(first, second) || a.Key != b.Key {
		t.Errorf("other bytes or keys: %v", err)
	}
	for name, change := range map[string]func(*overlay.Options){
		"background": func(o *overlay.Options) { o.Key = "card.jpg" },
		"box":        func(o *overlay.Options) { o.Box.Max.X++ },
		"size":       func(o *overlay.Options) { o.Size = 23 },
		"color":      func(o *overlay.Options) { o.Color = color.White },
		"overflow":   func(o *overlay.Options) { o.Overflow = overlay.Clip },
		"format":     func(o *overlay.Options) { o.Format = overlay.JPEG },
		"quality":    func(o *overlay.Options) { o.Quality = 1 },
		"text":       func(o *overlay.Options) { o.Text += "." },
		"font":       func(o *overlay.Options) { o.Font, _ = overlay.ParseFont(gobold.TTF) },
	} {
		o := usual(t)
		change(&o)
		if _, c, err := made(t, o, lorem); err != nil || c.Key == a.Key {
			t.Errorf("another %s, the same file: %v", name, err)
		}
	}
}

func TestFail(t *testing.T) {
	o := usual(t)
	o.Overflow = overlay.Fail
	if _, _, err := made(t, o, "Hello"); err != nil {
		t.Errorf("a text that fits: %v", err)
	}
	for _, text := range []string{strings.Repeat("x", 100), strings.Repeat("word ", 50) + "."} {
		if _, _, err := made(t, o, text); !errors.Is(err, generate.ErrArgument) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTextIsBounded(t *testing.T) {
	o := usual(t)
	if _, _, err := made(t, o, strings.Repeat("x", 4096)); err != nil {
		t.Errorf("4096 bytes: %v", err)
	}
	o.Text = "{text}!"
	if _, _, err := made(t, o, strings.Repeat("x", 4096)); !errors.Is(err, generate.ErrArgument) {
		t.Errorf("4097 bytes: %v", err)
	}
}

func TestBadBackgrounds(t *testing.T) {
	for key, want := range map[string]error{
		"text.png": overlay.ErrImage, "cut.png": overlay.ErrImage, "empty.png": overlay.ErrImage, "flood.png": overlay.ErrImage,
		"none.png": storage.ErrNotFound,
	} {
		o := usual(t)
		o.Key = key
		start := time.Now()
		if _, _, err := made(t, o, "x"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", key, err, want)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: refused after %v", key, took)
		}
	}
	o := usual(t)
	o.MaxPixels = 240*120 - 1
	if _, _, err := made(t, o, "x"); !errors.Is(err, overlay.ErrImage) {
		t.Errorf("one pixel too many: %v", err)
	}
	o.MaxPixels++
	if _, _, err := made(t, o, "x"); err != nil {
		t.Errorf("just as many pixels as there may be: %v", err)
	}
}

// TestPathOutOfTheStore: a variable in the background's key leads nowhere else.
func TestPathOutOfTheStore(t *testing.T) {
	o := usual(t)
	o.Key = "{text}"
	if _, _, err := made(t, o, "card.jpg"); err != nil {
		t.Error(err)
	}
	o.Key = "x/../{text}"
	if _, _, err := made(t, o, "card.jpg"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a key with dots: %v", err)
	}
}

// TestOneImageAtATime: whatever comes at once, one image is in memory, and who
// does not wait any more leaves.
func TestOneImageAtATime(t *testing.T) {
	o := usual(t)
	o.Studio = overlay.NewStudio()
	x, err := overlay.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int32
	w := writerFunc(func(p []byte) (int, error) {
		most.Store(max(most.Load(), inside.Add(1)))
		time.Sleep(time.Millisecond)
		inside.Add(-1)
		return len(p), nil
	})
	var all sync.WaitGroup
	for i := range 8 {
		recipe, err := x.Plan(t.Context(), asks(t, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := recipe.Create(t.Context(), w); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at a time", most.Load())
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	recipe, err := x.Plan(t.Context(), asks(t, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := recipe.Create(gone, w); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestBadOptions(t *testing.T) {
	for name, change := range map[string]func(*overlay.Options){
		"no store":        func(o *overlay.Options) { o.Store = nil },
		"no key":          func(o *overlay.Options) { o.Key = "" },
		"no box":          func(o *overlay.Options) { o.Box = image.Rectangle{} },
		"box far out":     func(o *overlay.Options) { o.Box = image.Rect(0, 0, 1<<30, 10) },
		"size":            func(o *overlay.Options) { o.Size = 1001 },
		"size below 1":    func(o *overlay.Options) { o.Size = 0.5 },
		"quality":         func(o *overlay.Options) { o.Quality = 101 },
		"overflow":        func(o *overlay.Options) { o.Overflow = 3 },
		"format":          func(o *overlay.Options) { o.Format = 2 },
		"open variable":   func(o *overlay.Options) { o.Text = "{name" },
		"empty variable":  func(o *overlay.Options) { o.Key = "{}" },
		"variable in one": func(o *overlay.Options) { o.Text = "{a{b}}" },
	} {
		o := usual(t)
		change(&o)
		if _, err := overlay.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := overlay.ParseFont([]byte("no font")); err == nil {
		t.Error("no font: taken")
	}
}

// FuzzText: any text, size and box give an image or ErrArgument.
func FuzzText(f *testing.F) {
	f.Add("Hello", 24, 200, 90, byte(0))
	f.Add("a\x00\n\n b\u202e", 1, 1, 1, byte(1))
	f.Add(lorem, 1000, 3, 500, byte(0))
	o := usual(f)
	f.Fuzz(func(t *testing.T, text string, size, w, h int, overflow byte) {
		if strings.ContainsAny(text, "{}") {
			return
		}
		o := o
		o.Text, o.Size, o.Overflow = text, float64(1+uint(size)%1000), overlay.Overflow(overflow%3)
		o.Box = image.Rect(10, 10, 11+int(uint(w)%500), 11+int(uint(h)%500))
		b, _, err := made(t, o, "")
		if err != nil && !errors.Is(err, generate.ErrArgument) {
			t.Fatal(err)
		}
		if err == nil {
			if _, err := png.Decode(bytes.NewReader(b)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzBackground: any bytes are an image within the bound, or ErrImage.
func FuzzBackground(f *testing.F) {
	f.Add(pngOf(f, pattern(3, 3)))
	f.Add(flood(1<<31-1, 1<<31-1))
	for _, name := range []string{"lossy.webp", "lossless.webp"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := memstore.New()
		m.Put("x", data)
		o := overlay.Options{Store: storage.New("m", m), Key: "x", Text: "x", Box: image.Rect(0, 0, 9, 9), MaxPixels: 10_000}
		if _, _, err := made(t, o, ""); err != nil && !errors.Is(err, overlay.ErrImage) {
			t.Fatal(err)
		}
	})
}
