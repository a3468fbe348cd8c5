package config

import (
	"errors"
	"fmt"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Generated is where files that are made on request are kept, and within which
// limits they are made.
type Generated struct {
	Path     string        `toml:"path"`
	MaxBytes Bytes         `toml:"max_bytes" default:"1g"`
	MaxAge   time.Duration `toml:"max_age" default:"24h"`
	Timeout  time.Duration `toml:"timeout" default:"30s"`
	Parallel int           `toml:"parallel"` // 0: one for each processor
	ZipFiles int           `toml:"zip_files" default:"10000"`
}

// GeneratedStore is the name of the store of the finished files: offload rules name
// it. It is among the stores of a configuration with a view of KindOverlay.
const GeneratedStore = "generated"

// FinishedBelow is the folder of the finished files in Generated.Path.
const FinishedBelow = "files"

// Overlay is a text on an image.
type Overlay struct {
	Name       string `toml:"-"`
	Store      string `toml:"store" required:"images"`
	Background string `toml:"background" required:"card.png"` // a key, with {name} for a variable of the view's pattern
	Text       string `toml:"text" required:"Hello, {name}!"` // likewise
	X          int    `toml:"x"`                              // of the text's box, in pixels
	Y          int    `toml:"y"`
	Width      int    `toml:"width"`
	Height     int    `toml:"height"`
	Font       string `toml:"font"` // a file; "" is Go Regular
	FontSize   int    `toml:"font_size" default:"24"`
	Color      string `toml:"color" default:"#000000"`
	Overflow   string `toml:"overflow" default:"shrink" enum:"shrink clip fail"`
	Format     string `toml:"format" default:"jpeg" enum:"jpeg png"`
	Quality    int    `toml:"quality" default:"85"`
}

// addGenerated adds the store of the files that views make.
func (c *Config) addGenerated() {
	made := func(v View) bool { return v.Kind == KindOverlay }
	_, taken := c.Store(GeneratedStore)
	if c.Generated.Path == "" || taken || !slices.ContainsFunc(c.Views, made) {
		return
	}
	c.Stores = append(c.Stores, Store{
		Name: GeneratedStore, Driver: DriverDir, Path: filepath.Join(c.Generated.Path, FinishedBelow), Delivery: "stream",
	})
}

// Whole reports whether a view of KindZip packs all files of its store: no path
// says which, and the pattern has no variable that could.
func (v View) Whole() bool { return v.Path == "" && !strings.Contains(v.Pattern, "{") }

// Overlay is the overlay called name, and whether there is one.
func (c *Config) Overlay(name string) (Overlay, bool) {
	i := slices.IndexFunc(c.Overlays, func(o Overlay) bool { return o.Name == name })
	if i < 0 {
		return Overlay{}, false
	}
	return c.Overlays[i], true
}

// RGBA is the overlay's colour.
func (o Overlay) RGBA() color.NRGBA {
	c, _ := parseColor(o.Color) // it was checked
	return c
}

// parseColor reads #rrggbb or #rrggbbaa.
func parseColor(s string) (c color.NRGBA, ok bool) {
	c.A = 0xff
	parts := [...]*uint8{&c.R, &c.G, &c.B, &c.A}
	if len(s) != 7 && len(s) != 9 || s[0] != '#' {
		return c, false
	}
	for i := range (len(s) - 1) / 2 {
		hi, lo := strings.IndexByte(hexDigits, s[1+2*i]|0x20), strings.IndexByte(hexDigits, s[2+2*i]|0x20)
		if hi < 0 || lo < 0 {
			return c, false
		}
		*parts[i] = uint8(hi<<4 | lo)
	}
	return c, true
}

const hexDigits = "0123456789abcdef"

func (r *report) checkGenerated(c *Config) {
	g := c.Generated
	if g.MaxBytes < 0 {
		r.fault("generated.max_bytes", `max_bytes cannot be "off": generated files would fill the disk; write a size such as "1g"`)
	}
	if g.Parallel < 0 {
		r.fault("generated.parallel", "parallel is a number of files, or 0 for one for each processor")
	}
	if g.ZipFiles < 1 {
		r.fault("generated.zip_files", "zip_files must be more than 0; 10000 suits most sites")
	}
	if r.has("stores." + GeneratedStore) {
		r.fault("stores."+GeneratedStore, "the name %s is kept for the files that views make: choose another", quote(GeneratedStore))
	}
	for _, o := range c.Overlays {
		r.checkOverlay(c, o, "overlays."+o.Name)
	}
}

func (r *report) checkOverlay(c *Config, o Overlay, path string) {
	if o.Store != "" {
		r.checkStore(c, path+".store", o.Store)
	}
	if fault := core.CheckKey(fill(o.Background)); fault != "" && o.Background != "" {
		r.fault(path+".background", `background %s: %s; write the key of an image, such as "card.png"`, quote(o.Background), fault)
	}
	const most = 100_000 // as generate/overlay has it
	for _, n := range [...]struct {
		name             string
		value, low, high int
	}{
		{"x", o.X, -most, most}, {"y", o.Y, -most, most}, {"width", o.Width, 1, most}, {"height", o.Height, 1, most},
		{"font_size", o.FontSize, 1, 1000}, {"quality", o.Quality, 1, 100},
	} {
		key := path + "." + n.name
		switch {
		case r.faulty(key):
		case n.value == 0 && n.low > 0 && !r.has(key):
			r.fault(key, "%s is missing: write the %s of the text's box in pixels", n.name, n.name)
		case n.value < n.low || n.value > n.high:
			r.fault(key, "%s is %d: write %d to %d", n.name, n.value, n.low, n.high)
		}
	}
	if _, ok := parseColor(o.Color); !ok {
		r.fault(path+".color", `color %s: write "#rrggbb", or "#rrggbbaa" to let the background through`, quote(o.Color))
	}
}

// checkMade checks what views have that make files.
func (r *report) checkMade(c *Config, v View, path string) {
	switch v.Kind {
	case KindZip:
		r.checkZip(v, path)
	case KindOverlay:
		if r.has(path + ".path") {
			r.fault(path+".path", "path is not for views of kind overlay: take it out; the background is a key of the overlay's own")
		}
		if c.Generated.Path == "" {
			r.fault("generated.path", `path is missing: write [generated] and path, a directory for what views of kind overlay make, such as "/var/cache/downlink"`)
		}
	}
}

func (r *report) checkZip(v View, path string) {
	switch stored := r.has(path + ".store"); {
	case stored && len(v.Items) > 0:
		r.fault(path+".items", "store and items are two things to pack: keep one, and write a view for each")
	case !stored && len(v.Items) == 0 && !r.faulty(path+".items"):
		r.fault(path+".store", "store is missing: a view of kind zip needs it, or else items")
	case len(v.Items) > 0 && r.has(path+".path"):
		r.fault(path+".path", "path is a folder of a store, and this view packs items: take it out")
	}
	if r.has(path + ".offload") {
		r.fault(path+".offload", "offload is for files, and a zip file is made while it is sent: take it out")
	}
}

// checkOverlayOf checks that there is the view's overlay, and that the view's
// pattern has its variables.
func (r *report) checkOverlayOf(c *Config, v View, path string) {
	o, found := c.Overlay(v.Overlay)
	if !found {
		all := make([]string, len(c.Overlays))
		for i, other := range c.Overlays {
			all[i] = other.Name
		}
		remedy := "write [overlays.NAME] with that name"
		if near := suggest(v.Overlay, all); near != "" {
			remedy = fmt.Sprintf("did you mean %q?", near)
		}
		r.fault(path+".overlay", "there is no overlay %s: %s", quote(v.Overlay), remedy)
		return
	}
	p, err := core.ParsePattern(v.Pattern)
	if err != nil {
		return // a fault of its own
	}
	for _, t := range [...]struct{ key, text string }{{"text", o.Text}, {"background", o.Background}} {
		if problem := checkVariables(t.text, p); problem != "" {
			r.fault("overlays."+o.Name+"."+t.key, "%s %s: %s", t.key, quote(t.text), problem)
		}
	}
}

// checkVariables says what is wrong with the variables of a text.
func checkVariables(text string, p core.Pattern) string {
	for text != "" {
		_, rest, found := strings.Cut(text, "{")
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		switch {
		case !closed || name == "" || strings.Contains(name, "{"):
			return `write a variable like "{name}"`
		case !p.Has(name):
			return "the pattern of the view has no variable {" + name + "}"
		}
		text = after
	}
	return ""
}

// checkFonts checks that the fonts are there.
func (r *report) checkFonts(c *Config) {
	for _, o := range c.Overlays {
		if o.Font == "" {
			continue
		}
		info, err := os.Stat(o.Font)
		key := "overlays." + o.Name + ".font"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.fault(key, "font %s does not exist: correct the path, or take it out for Go Regular", quote(o.Font))
		case err != nil:
			r.fault(key, "font %s cannot be read: %v; correct the path or its permissions", quote(o.Font), errors.Unwrap(err))
		case !info.Mode().IsRegular():
			r.fault(key, "font %s is not a file: name a TTF or OTF file", quote(o.Font))
		}
	}
}
