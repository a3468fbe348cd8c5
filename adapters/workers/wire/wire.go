// Package wire is what crosses the border of core.wasm on Cloudflare Workers:
// frames of bytes in linear memory. JavaScript writes requests and what it found
// in R2 and D1, and reads plans and decisions; see frame.mjs for the other side.
//
// Numbers are little-endian. Times and sizes are float64, which JavaScript counts
// in: exact up to 2⁵³. Every length is checked; a frame that does not add up is
// ErrFrame and nothing is read beyond it.
package wire

import (
	"errors"
	"math"
)

// MaxFrame is the longest frame in bytes that is read: the platform's 16 KB of URL
// and 128 KB of fields, and what the catalogue and R2 say about a file.
const MaxFrame = 192 << 10

// ErrFrame means that the two sides of the border are not of one build.
var ErrFrame = errors.New("malformed frame")

// reader takes a frame apart. After the first fault everything it reads is zero.
type reader struct {
	b    []byte
	text string // of b, so that all strings share one allocation
	at   int
	bad  bool
}

func newReader(frame []byte) *reader {
	if len(frame) > MaxFrame {
		return &reader{bad: true}
	}
	return &reader{b: frame, text: string(frame)}
}

// take moves over the next n bytes and returns where they begin; n may be
// anything.
func (r *reader) take(n uint32) (start int, ok bool) {
	if r.bad || uint64(n) > uint64(len(r.b)-r.at) {
		r.bad = true
		return 0, false
	}
	start = r.at
	r.at += int(n)
	return start, true
}

func (r *reader) byte() byte {
	if i, ok := r.take(1); ok {
		return r.b[i]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	i, ok := r.take(4)
	if !ok {
		return 0
	}
	b := r.b[i : i+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func (r *reader) float64() float64 {
	low := r.uint32()
	return math.Float64frombits(uint64(r.uint32())<<32 | uint64(low))
}

// integer reads a float64 that stands for an integer; what does not is a fault.
func (r *reader) integer() int64 {
	const most = 1 << 53
	f := r.float64()
	if !(f >= -most && f <= most) || f != math.Trunc(f) {
		r.bad = true
		return 0
	}
	return int64(f)
}

// strings reads a length for each of the targets and then their bytes.
func (r *reader) strings(targets ...*string) {
	var lengths [16]uint32
	for i := range targets {
		lengths[i] = r.uint32()
	}
	for i, s := range targets {
		if start, ok := r.take(lengths[i]); ok {
			*s = r.text[start:r.at]
		}
	}
}

// end reports ErrFrame unless the frame was read without a fault to its last byte.
func (r *reader) end() error {
	if r.bad || r.at != len(r.b) {
		return ErrFrame
	}
	return nil
}

func appendUint32(b []byte, n uint32) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func appendFloat64(b []byte, f float64) []byte {
	n := math.Float64bits(f)
	return appendUint32(appendUint32(b, uint32(n)), uint32(n>>32))
}

// appendStrings appends what strings reads.
func appendStrings(b []byte, values ...string) []byte {
	for _, s := range values {
		b = appendUint32(b, uint32(len(s)))
	}
	for _, s := range values {
		b = append(b, s...)
	}
	return b
}
