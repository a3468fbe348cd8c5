package lambda

import (
	"context"
	"io"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// body is the bytes of a decision to stream: a file, a span of it, or several with
// the heads of their parts. A source that ends early is an error.
type body struct {
	ctx  context.Context
	a    *download.Answer
	next int       // of the spans
	text []byte    // to give first
	src  io.Reader // of the span
	left int64     // of the span
	done bool
}

func newBody(ctx context.Context, a *download.Answer) *body { return &body{ctx: ctx, a: a} }

func (b *body) Read(p []byte) (int, error) {
	for {
		switch {
		case len(b.text) > 0:
			n := copy(p, b.text)
			b.text = b.text[n:]
			return n, nil
		case b.left > 0:
			return b.section(p)
		case b.done:
			return 0, io.EOF
		}
		if err := b.advance(); err != nil {
			return 0, err
		}
	}
}

// section reads from the span.
func (b *body) section(p []byte) (int, error) {
	n, err := b.src.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err == io.EOF && b.left > 0:
		return n, io.ErrUnexpectedEOF
	case err == io.EOF || b.left == 0:
		return n, nil
	}
	return n, err
}

// advance goes to the next span, or to the end.
func (b *body) advance() error {
	spans := b.a.Spans
	if spans == nil {
		spans = []core.Span{{Length: b.a.Object.Metadata().Size}}
	}
	if b.next == len(spans) {
		if b.a.Multipart() {
			b.text = b.a.AppendClose(nil)
		}
		b.done = true
		return nil
	}
	i, span := b.next, spans[b.next]
	b.next++
	if b.a.Multipart() {
		b.text = b.a.AppendPartHead(nil, i)
	}
	if span.Length == 0 {
		return nil
	}
	var err error
	if b.src, err = b.a.Object.Section(b.ctx, span); err != nil {
		return err
	}
	b.left = span.Length
	return nil
}
