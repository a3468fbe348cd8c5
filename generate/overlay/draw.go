package overlay

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// canvas is the background as an image that can be drawn on. For a JPEG, which has
// no transparency, what shows through is white.
func (x *Overlay) canvas(background image.Image) draw.Image {
	switch m := background.(type) {
	case *image.RGBA:
		if m.Opaque() || x.opts.Format == PNG {
			return m
		}
	case *image.NRGBA:
		if m.Opaque() || x.opts.Format == PNG {
			return m
		}
	}
	b := background.Bounds()
	canvas := image.NewRGBA(b)
	if x.opts.Format == JPEG {
		draw.Draw(canvas, b, image.White, image.Point{}, draw.Src)
	}
	draw.Draw(canvas, b, background, b.Min, draw.Over)
	return canvas
}

// draw writes the lines into the box, and nothing outside of it.
func (l layout) draw(ctx context.Context, canvas draw.Image, box image.Rectangle, c color.Color) error {
	face, err := l.font.face(l.size)
	if err != nil {
		return err
	}
	defer face.Close()
	box = box.Add(canvas.Bounds().Min)
	inside, ok := canvas.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(box).(draw.Image)
	if !ok || inside.Bounds().Empty() {
		return nil // the box is beside the image
	}
	m := face.Metrics()
	d := font.Drawer{Dst: inside, Src: image.NewUniform(c), Face: face}
	for i, line := range l.lines {
		top := fixed.I(box.Min.Y) + fixed.Int26_6(i)*m.Height
		if top > fixed.I(inside.Bounds().Max.Y) {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		d.Dot = fixed.Point26_6{X: fixed.I(box.Min.X), Y: top + m.Ascent}
		d.DrawString(line)
	}
	return nil
}

func (x *Overlay) encode(w io.Writer, m image.Image) error {
	if x.opts.Format == PNG {
		return png.Encode(w, m)
	}
	return jpeg.Encode(w, m, &jpeg.Options{Quality: x.opts.Quality})
}
