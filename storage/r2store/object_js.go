package r2store

import (
	"context"
	"io"
	"strings"
	"syscall/js"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/promise"
	"github.com/downlink-go/downlink/storage"
)

// object is one version of an object.
type object struct {
	store    *Store
	key      string
	metadata core.Metadata
	body     *stream // of the last section
}

func (o *object) Metadata() core.Metadata { return o.metadata }

// Section asks R2 for the span, of the version that was opened or none.
func (o *object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	got, err := promise.Call(o.store.bucket, "get", o.key, map[string]any{
		"range":  map[string]any{"offset": span.Start, "length": span.Length},
		"onlyIf": map[string]any{"etagMatches": strings.Trim(o.metadata.ETag, `"`)},
	})
	if err != nil {
		return nil, err
	}
	if got.IsNull() || !got.Get("body").Truthy() {
		return nil, storage.ErrChanged
	}
	o.body = &stream{reader: got.Get("body").Call("getReader")}
	return o.body, nil
}

// Close has R2 send no more.
func (o *object) Close() error {
	if o.body == nil || o.body.ended {
		return nil
	}
	_, err := promise.Call(o.body.reader, "cancel")
	o.body = nil
	return err
}

// stream reads a ReadableStream.
type stream struct {
	reader js.Value
	chunk  js.Value // a Uint8Array that is not all read yet
	read   int      // bytes of it
	left   int
	ended  bool
}

func (s *stream) Read(p []byte) (int, error) {
	if s.left == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := min(len(p), s.left)
	js.CopyBytesToGo(p[:n], s.chunk.Call("subarray", s.read, s.read+n))
	s.read, s.left = s.read+n, s.left-n
	return n, nil
}

// next waits for the next chunk.
func (s *stream) next() error {
	if s.ended {
		return io.EOF
	}
	got, err := promise.Call(s.reader, "read")
	if err != nil {
		s.ended = true
		return err
	}
	if got.Get("done").Bool() {
		s.ended = true
		return io.EOF
	}
	s.chunk = got.Get("value")
	s.read, s.left = 0, s.chunk.Get("byteLength").Int()
	return nil
}
