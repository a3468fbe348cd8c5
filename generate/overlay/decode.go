package overlay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"github.com/downlink-go/downlink/core"
)

// ErrImage: the background is no image that can be used.
var ErrImage = errors.New("not a JPEG, PNG or WebP image that can be used")

// format is a file format that is read.
type format struct {
	magic  string // with ? for any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// formats are all that are decoded, whatever else is registered with package image.
var formats = [...]format{
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"RIFF????WEBP", webp.DecodeConfig, webp.Decode},
}

// background decodes the image at key, after a look at how large it says it is.
func (x *Overlay) background(ctx context.Context, key string) (image.Image, error) {
	o, err := x.opts.Store.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	size := o.Metadata().Size
	if size < 0 || size > maxSource {
		return nil, fmt.Errorf("%d bytes, at most %d are read: %w", size, maxSource, ErrImage)
	}
	body, err := o.Section(ctx, core.Span{Length: size})
	if err != nil {
		return nil, err
	}
	return decode(io.LimitReader(&interruptible{ctx, body}, size), x.opts.MaxPixels)
}

// decode decodes an image of at most most pixels.
func decode(r io.Reader, most int) (image.Image, error) {
	var head bytes.Buffer // what was read to know the size
	tee := io.TeeReader(r, &head)
	f, err := sniff(tee)
	if err != nil {
		return nil, err
	}
	config, err := f.config(io.MultiReader(bytes.NewReader(bytes.Clone(head.Bytes())), tee))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	if w, h := config.Width, config.Height; w <= 0 || h <= 0 || w > most/h {
		return nil, fmt.Errorf("%d by %d pixels, at most %d are decoded: %w", w, h, most, ErrImage)
	}
	m, err := f.decode(io.MultiReader(&head, r))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	return m, nil
}

// sniff goes by the first bytes, never by a name.
func sniff(r io.Reader) (format, error) {
	var first [12]byte
	n, err := io.ReadFull(r, first[:])
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return format{}, err
	}
	for _, f := range formats {
		if matches(f.magic, first[:n]) {
			return f, nil
		}
	}
	return format{}, ErrImage
}

func matches(magic string, b []byte) bool {
	if len(b) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != b[i] {
			return false
		}
	}
	return true
}

// interruptible is a reader that stops when its context ends: a decoder cannot be
// told to.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
