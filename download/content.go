package download

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Content is the bytes of a virtual file. It is used for one answer.
type Content struct{ open func() (*virtual, error) }

// Bytes is a content that is in memory. b must not change until the answer is over.
// Ranges work; the entity-tag is b's SHA-256.
func Bytes(b []byte) Content { return inMemory(bytes.NewReader(b), sha256.Sum256(b)) }

// String is Bytes of a string.
func String(s string) Content {
	sum := sha256.New()
	_, _ = io.WriteString(sum, s)
	return inMemory(strings.NewReader(s), [sha256.Size]byte(sum.Sum(nil)))
}

func inMemory(r io.ReadSeeker, sum [sha256.Size]byte) Content {
	return Content{func() (*virtual, error) {
		v, err := seekable(r, -1)
		if err == nil {
			v.etag = `"` + hex.EncodeToString(sum[:]) + `"`
		}
		return v, err
	}}
}

// Reader is what r gives, size bytes of it; -1 if that is not known. An [io.ReadSeeker]
// or an [io.ReaderAt] of known size can be asked for ranges; anything else is read
// once, from front to end. A reader that gives less or more than size breaks the
// transfer off. One that is an [io.Closer] is closed.
func Reader(r io.Reader, size int64) Content {
	return Content{func() (*virtual, error) {
		closer, _ := r.(io.Closer)
		v, err := reading(r, size)
		if err != nil && closer != nil {
			closer.Close()
		}
		if err == nil {
			v.closer = closer
		}
		return v, err
	}}
}

func reading(r io.Reader, size int64) (*virtual, error) {
	if s, ok := r.(io.ReadSeeker); ok {
		return seekable(s, size)
	}
	if at, ok := r.(io.ReaderAt); ok && size >= 0 {
		return seekable(io.NewSectionReader(at, 0, size), size)
	}
	buf := make([]byte, 32<<10)
	return once(size, func() ([]byte, error) {
		n, err := r.Read(buf)
		if n > 0 && errors.Is(err, io.EOF) {
			err = nil // it comes again
		}
		return buf[:n], err
	}, func() {}), nil
}

// seekable is a content of which any section can be read, of size bytes unless size is
// below 0.
func seekable(r io.ReadSeeker, size int64) (*virtual, error) {
	end, err := r.Seek(0, io.SeekEnd)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find the size of a virtual file: %w", err)
	case size >= 0 && end != size:
		return nil, fmt.Errorf("the virtual file has %d bytes where %d were announced", end, size)
	}
	return &virtual{size: end, seeker: r}, nil
}

// Chunks is what seq yields, in order; size is its length in bytes, -1 if that is not
// known. Nothing is kept: seq runs as fast as the client takes the bytes, and may use
// a slice again as soon as it is asked for the next. It is not run for HEAD or a 304.
// If it panics, or yields less or more than size, before the first byte the answer is
// a 500, after it the transfer breaks off.
func Chunks(seq iter.Seq[[]byte], size int64) Content {
	return ChunksOrError(func(yield func([]byte, error) bool) {
		for chunk := range seq {
			if !yield(chunk, nil) {
				return
			}
		}
	}, size)
}

// ChunksOrError is Chunks of what may fail: an error has the effect of a panic.
func ChunksOrError(seq iter.Seq2[[]byte, error], size int64) Content {
	return Content{func() (*virtual, error) {
		next, stop := func() ([]byte, error, bool) { return nil, nil, false }, func() {}
		started := false
		return once(size, func() ([]byte, error) {
			if !started { // nothing to stop until then
				next, stop = iter.Pull2(seq)
				started = true
			}
			chunk, err, more := next()
			if !more {
				return nil, io.EOF
			}
			return chunk, err
		}, func() { stop() }), nil
	}}
}

// once is a content that is read from front to end.
func once(size int64, next func() ([]byte, error), stop func()) *virtual {
	size = max(size, -1)
	return &virtual{size: size, run: &run{next: next, left: size}, stop: stop}
}
