// Package overlay writes text onto an image: a generator of JPEG and PNG files.
package overlay

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/storage"
)

// Options say what is written where. Store, Key, Box and Text are required.
type Options struct {
	// Store and Key are the background: a JPEG, PNG or WebP image. Key may have
	// {name} for a variable of the request's pattern.
	Store *storage.Store
	Key   string
	// Text is what is written, likewise with {name}. Lines end where it says, and at
	// spaces where they would be wider than Box.
	Text string
	// Box is where the text goes, in pixels from the image's upper left corner.
	Box image.Rectangle
	// Font is nil for Go Regular.
	Font *Font
	// Size is the font size in pixels, 1 to 1000; 0 is 24.
	Size float64
	// Color is nil for black.
	Color color.Color
	// Overflow says what becomes of text that does not fit into Box.
	Overflow Overflow
	Format   Format
	// Quality is that of a JPEG, 1 to 100; 0 is 85.
	Quality int
	// MaxPixels is how many pixels a background may have; 0 is 25 million.
	MaxPixels int
	// Studio is where images are decoded and drawn, one after the other; overlays
	// may share one. nil is one of its own.
	Studio *Studio
}

// Overflow says what becomes of text that does not fit into its box.
type Overflow uint8

// The ways.
const (
	Shrink Overflow = iota // a smaller font; at 6 pixels the rest is cut off
	Clip                   // what is outside is cut off
	Fail                   // generate.ErrArgument
)

// Format is a file format that is written.
type Format uint8

// The formats.
const (
	JPEG Format = iota
	PNG
)

// Studio bounds the memory that images take: one is worked at at a time.
type Studio struct{ free chan struct{} }

// NewStudio returns a studio.
func NewStudio() *Studio { return &Studio{make(chan struct{}, 1)} }

// enter waits for the studio. Leave it.
func (s *Studio) enter(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Studio) leave() { <-s.free }

// Overlay is a generator of one background with a text. It never changes and serves
// any number of goroutines.
type Overlay struct {
	opts      Options
	key, text template
}

var _ generate.Generator = (*Overlay)(nil)

const (
	largest   = 1000   // font size
	farthest  = 100000 // coordinate of a box
	maxText   = 4 << 10
	maxSource = 64 << 20 // bytes of a background
)

// New checks the options.
func New(o Options) (*Overlay, error) {
	o = o.orDefaults()
	x := &Overlay{opts: o}
	var err error
	if x.key, err = parseTemplate(o.Key); err != nil {
		return nil, fmt.Errorf("background %q: %w", o.Key, err)
	}
	if x.text, err = parseTemplate(o.Text); err != nil {
		return nil, fmt.Errorf("text %q: %w", o.Text, err)
	}
	all := image.Rect(-farthest, -farthest, farthest, farthest)
	switch {
	case o.Store == nil || o.Key == "":
		return nil, errors.New("an overlay needs a background")
	case o.Box.Empty() || !o.Box.In(all):
		return nil, fmt.Errorf("the text's box %v is empty or too far out", o.Box)
	case o.Size < 1 || o.Size > largest:
		return nil, fmt.Errorf("a font size is 1 to %d pixels, not %v", largest, o.Size)
	case o.Quality < 1 || o.Quality > 100:
		return nil, fmt.Errorf("a JPEG's quality is 1 to 100, not %d", o.Quality)
	case o.Overflow > Fail || o.Format > PNG:
		return nil, errors.New("unknown overflow or format")
	}
	return x, nil
}

func (o Options) orDefaults() Options {
	if o.Font == nil {
		o.Font = GoRegular()
	}
	if o.Size == 0 {
		o.Size = 24
	}
	if o.Color == nil {
		o.Color = color.Black
	}
	if o.Quality == 0 {
		o.Quality = 85
	}
	if o.MaxPixels == 0 {
		o.MaxPixels = 25_000_000
	}
	if o.Studio == nil {
		o.Studio = NewStudio()
	}
	return o
}

// Variables are the names of the pattern's variables that the text and the
// background's key have.
func (x *Overlay) Variables() []string { return append(x.key.variables(), x.text.variables()...) }

// Plan reads the arguments and looks at the background. Two requests are for the
// same file if the text, the background's version and the options are the same.
// Errors: generate.ErrArgument for a text that cannot be written; those of the
// background's store.
func (x *Overlay) Plan(ctx context.Context, r *generate.Request) (generate.Recipe, error) {
	text := x.text.expand(r.Param)
	if len(text) > maxText {
		return generate.Recipe{}, fmt.Errorf("a text of %d bytes, more than %d: %w", len(text), maxText, generate.ErrArgument)
	}
	text = x.opts.Font.writable(clean(text))
	key := x.key.expand(r.Param)
	found, err := x.opts.Store.Stat(ctx, key)
	if err != nil {
		return generate.Recipe{}, fmt.Errorf("background: %w", err)
	}
	lines, err := x.lay(text)
	if err != nil {
		return generate.Recipe{}, err
	}
	recipe := generate.Recipe{Key: x.identity(key, found, text), Ext: ".jpg"}
	if x.opts.Format == PNG {
		recipe.Ext = ".png"
	}
	recipe.Create = func(ctx context.Context, w io.Writer) error { return x.create(ctx, w, key, lines) }
	return recipe, nil
}

// identity is everything that the bytes depend on; "1" is the version of this
// package's drawing.
func (x *Overlay) identity(key string, found core.Metadata, text string) string {
	o := &x.opts
	r, g, b, a := o.Color.RGBA()
	return fmt.Sprintf("overlay 1 %q %q %q %d %d %v %s %v %x.%x.%x.%x %d %d %d %q",
		o.Store.Name(), key, found.ETag, found.LastModified.UnixNano(), found.Size,
		o.Box, o.Font.sum, o.Size, r, g, b, a, o.Overflow, o.Format, o.Quality, text)
}

// create decodes, draws and encodes.
func (x *Overlay) create(ctx context.Context, w io.Writer, key string, lines layout) error {
	if err := x.opts.Studio.enter(ctx); err != nil {
		return err
	}
	defer x.opts.Studio.leave()
	background, err := x.background(ctx, key)
	if err != nil {
		return fmt.Errorf("background %q: %w", key, err)
	}
	canvas := x.canvas(background)
	if err := lines.draw(ctx, canvas, x.opts.Box, x.opts.Color); err != nil {
		return err
	}
	return x.encode(w, canvas)
}
