package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/font/gofont/gomono"
)

// card is a configuration with the overlay "card" at /card/{name} and the folder in
// which its files are kept. lines are written below [overlays.card], in place of
// those of the same keys, and limits below [generated].
func card(t *testing.T, lines, limits string) (toml, dir string) {
	t.Helper()
	images, dir := t.TempDir(), t.TempDir()
	for name, c := range map[string]color.Color{"white.png": color.White, "blue.png": color.RGBA{B: 255, A: 255}} {
		m := image.NewRGBA(image.Rect(0, 0, 200, 100))
		for i := range m.Bounds().Dx() * m.Bounds().Dy() {
			m.Set(i%200, i/200, c)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(images, name), b.String())
	}
	write(t, filepath.Join(images, "mono.ttf"), string(gomono.TTF))
	overlay := []string{"store = 'images'", "background = 'white.png'", "text = 'Hi {name}'", "width = 180", "height = 80", "format = 'png'"}
	for _, line := range strings.Split(strings.ReplaceAll(lines, "IMAGES", images), "\n") {
		key, _, _ := strings.Cut(line, " =")
		kept := overlay[:0:0]
		for _, l := range overlay {
			if !strings.HasPrefix(l, key+" =") {
				kept = append(kept, l)
			}
		}
		overlay = append(kept, line)
	}
	return fmt.Sprintf("%s[stores.images]\npath = %q\n[stores.other]\npath = \"other\"\n[overlays.card]\n%s\n[generated]\npath = %q\n%s\n[[views]]\npattern = \"/card/{name}\"\nkind = \"overlay\"\noverlay = \"card\"\n",
		usualStore, images, strings.Join(overlay, "\n"), dir, limits), dir
}

// ink is the area that an answer's text covers, and a pixel of it and of the
// background.
func (r *running) ink(path string) (area image.Rectangle, text, background color.Color) {
	r.t.Helper()
	resp, body := r.get(path)
	m, _, err := image.Decode(strings.NewReader(body))
	if err != nil {
		r.t.Fatalf("%s: %d: %v", path, resp.StatusCode, err)
	}
	background = m.At(199, 99)
	darkest := uint32(1 << 30)
	for y := range 100 {
		for x := range 200 {
			p, q, s, _ := m.At(x, y).RGBA()
			a, b, c, _ := background.RGBA()
			if abs(p, a)+abs(q, b)+abs(s, c) < 0x8000 {
				continue
			}
			area = area.Union(image.Rect(x, y, x+1, y+1))
			if p+q+s < darkest {
				darkest, text = p+q+s, m.At(x, y)
			}
		}
	}
	return area, text, background
}

func abs(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// inkOf tests what a line of the overlay does to the text's place and colour.
func inkOf(line string, changed func(was, is image.Rectangle) bool) func(*testing.T) {
	return func(t *testing.T) {
		toml, _ := card(t, "x = 0", "")
		was, _, _ := start(t, toml).ink("/card/Ann")
		toml, _ = card(t, line, "")
		if is, _, _ := start(t, toml).ink("/card/Ann"); was.Empty() || is.Empty() || !changed(was, is) {
			t.Errorf("with %s the text is at %v, without at %v", line, is, was)
		}
	}
}

// generatedOptions are the tests of the keys of what is made on request.
var generatedOptions = map[string]func(t *testing.T){
	"[[views]] overlay": func(t *testing.T) {
		toml, _ := card(t, "text = 'Hi'", "")
		toml = strings.Replace(toml, "overlay = \"card\"", "overlay = \"other\"", 1) +
			"[overlays.other]\nstore = 'images'\nbackground = 'blue.png'\ntext = 'Hi'\nwidth = 180\nheight = 80\n"
		_, _, background := start(t, toml).ink("/card/Ann")
		if r, _, b, _ := background.RGBA(); r > 0x1000 || b < 0xf000 {
			t.Errorf("the background is %v, not that of the overlay", background)
		}
	},
	"[[views]] items": func(t *testing.T) {
		r := start(t, usualStore+"[[views]]\npattern = \"/all.zip\"\nkind = \"zip\"\nitems = [\"item\"]\n")
		resp, body := r.get("/all.zip")
		z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil || len(z.File) != 1 || z.File[0].Name != "a.txt" {
			t.Errorf("%d, %v", resp.StatusCode, err)
		}
	},
	"[overlays.NAME] store": func(t *testing.T) {
		toml, _ := card(t, "store = 'other'", "")
		resp, _ := start(t, toml).get("/card/Ann")
		if resp.StatusCode != 404 {
			t.Errorf("%d: the background is in another store", resp.StatusCode)
		}
	},
	"[overlays.NAME] background": func(t *testing.T) {
		toml, _ := card(t, "background = '{name}.png'", "")
		if _, _, background := start(t, toml).ink("/card/blue"); background == color.White {
			t.Error("the background is not the one that was asked for")
		}
	},
	"[overlays.NAME] text": inkOf("text = 'One and another'", func(was, is image.Rectangle) bool { return is.Dx() > was.Dx() && is.Dy() > was.Dy() }),
	"[overlays.NAME] x":    inkOf("x = 50", func(was, is image.Rectangle) bool { return is == was.Add(image.Pt(50, 0)) }),
	"[overlays.NAME] y":    inkOf("y = 30", func(was, is image.Rectangle) bool { return is == was.Add(image.Pt(0, 30)) }),
	"[overlays.NAME] width": inkOf("width = 40", func(was, is image.Rectangle) bool {
		return is.Dx() < was.Dx() && is.Dy() > was.Dy()
	}),
	"[overlays.NAME] height":    inkOf("height = 12", func(was, is image.Rectangle) bool { return is.Dy() < was.Dy() }),
	"[overlays.NAME] font":      inkOf("font = 'IMAGES/mono.ttf'", func(was, is image.Rectangle) bool { return is.Dx() > was.Dx() }),
	"[overlays.NAME] font_size": inkOf("font_size = 48", func(was, is image.Rectangle) bool { return is.Dy() > was.Dy()*3/2 }),
	"[overlays.NAME] color": func(t *testing.T) {
		toml, _ := card(t, "color = '#FF0000'", "")
		_, text, _ := start(t, toml).ink("/card/Ann")
		if r, g, _, _ := text.RGBA(); r < 0xf000 || g > 0x4000 {
			t.Errorf("the text is %v, want red", text)
		}
	},
	"[overlays.NAME] overflow": func(t *testing.T) {
		for overflow, want := range map[string]int{"shrink": 200, "clip": 200, "fail": 400} {
			toml, _ := card(t, "overflow = '"+overflow+"'", "")
			resp, _ := start(t, toml).get("/card/" + strings.Repeat("x", 40))
			if resp.StatusCode != want {
				t.Errorf("%s: %d, want %d", overflow, resp.StatusCode, want)
			}
		}
	},
	"[overlays.NAME] format": func(t *testing.T) {
		for format, want := range map[string]string{"png": "image/png", "jpeg": "image/jpeg"} {
			toml, _ := card(t, "format = '"+format+"'", "")
			r := start(t, toml)
			r.want("Content-Type", r.field("/card/Ann", "Content-Type"), want)
		}
	},
	"[overlays.NAME] quality": func(t *testing.T) {
		var sizes []int
		for _, quality := range []string{"5", "95"} {
			toml, _ := card(t, "format = 'jpeg'\nquality = "+quality, "")
			_, body := start(t, toml).get("/card/Ann")
			sizes = append(sizes, len(body))
		}
		if sizes[0] >= sizes[1] {
			t.Errorf("quality 5: %d bytes, 95: %d", sizes[0], sizes[1])
		}
	},
	"[generated] path": func(t *testing.T) {
		toml, dir := card(t, "x = 0", "")
		start(t, toml).get("/card/Ann")
		if names, _ := filepath.Glob(filepath.Join(dir, "files", "*.png")); len(names) != 1 {
			t.Errorf("files in %s: %v", dir, names)
		}
	},
	"[generated] max_bytes": func(t *testing.T) {
		for size, want := range map[string]int{"100": 503, "1m": 200} {
			toml, _ := card(t, "x = 0", "max_bytes = '"+size+"'")
			if size == "100" {
				toml = strings.Replace(toml, "'100'", "100", 1)
			}
			resp, _ := start(t, toml).get("/card/Ann")
			if resp.StatusCode != want {
				t.Errorf("max_bytes = %s: %d, want %d", size, resp.StatusCode, want)
			}
		}
	},
	"[generated] max_age": func(t *testing.T) {
		toml, dir := card(t, "x = 0", "max_age = '1ms'")
		r := start(t, toml)
		made := func() time.Time {
			r.get("/card/Ann")
			names, _ := filepath.Glob(filepath.Join(dir, "files", "*.png"))
			if len(names) != 1 {
				t.Fatalf("files %v", names)
			}
			info, err := os.Stat(names[0])
			if err != nil {
				t.Fatal(err)
			}
			return info.ModTime()
		}
		first := made()
		waitUntil(t, func() bool { return made().After(first) })
	},
	"[generated] timeout": func(t *testing.T) {
		toml, _ := card(t, "x = 0", "timeout = '1ns'")
		resp, _ := start(t, toml).get("/card/Ann")
		if resp.StatusCode != 503 {
			t.Errorf("%d after a nanosecond, want 503", resp.StatusCode)
		}
	},
	"[generated] parallel": func(t *testing.T) {
		toml, _ := card(t, "x = 0", "parallel = 3")
		dir := t.TempDir()
		write(t, filepath.Join(dir, "downlink.toml"), toml)
		if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "other"), 0o700); err != nil {
			t.Fatal(err)
		}
		s := &settings{config: filepath.Join(dir, "downlink.toml"), data: t.TempDir()}
		cfg, err := s.load("")
		if err != nil {
			t.Fatal(err)
		}
		x, err := s.open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if n := x.made.cache.Parallel(); n != 3 {
			t.Errorf("%d files are made at once, want 3", n)
		}
	},
	"[generated] zip_files": func(t *testing.T) {
		for most, want := range map[int]int{2: 403, 3: 200} {
			resp, _ := start(t, usualStore+fmt.Sprintf("[generated]\nzip_files = %d\n[[views]]\npattern = \"/all.zip\"\nkind = \"zip\"\nstore = \"files\"\n", most)).get("/all.zip")
			if resp.StatusCode != want {
				t.Errorf("three files of at most %d: %d, want %d", most, resp.StatusCode, want)
			}
		}
	},
}
