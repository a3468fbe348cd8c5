package wire

import (
	"time"

	"github.com/downlink-go/downlink/core"
)

// AppendRequest appends the frame of a request: the time in milliseconds since
// 1970, the nonce in two halves, and the strings.
func AppendRequest(dst []byte, r *core.Request) []byte {
	dst = appendFloat64(dst, float64(r.Now.UnixMilli()))
	dst = appendUint32(dst, uint32(r.Nonce))
	dst = appendUint32(dst, uint32(r.Nonce>>32))
	return appendStrings(dst, r.Method, r.Path, r.Query, r.Client,
		r.IfMatch, r.IfNoneMatch, r.IfModifiedSince, r.IfUnmodifiedSince, r.Range, r.IfRange)
}

// request reads a request.
func (r *reader) request() (q core.Request) {
	q.Now = time.UnixMilli(r.integer())
	low := r.uint32()
	q.Nonce = uint64(r.uint32())<<32 | uint64(low)
	r.strings(&q.Method, &q.Path, &q.Query, &q.Client,
		&q.IfMatch, &q.IfNoneMatch, &q.IfModifiedSince, &q.IfUnmodifiedSince, &q.Range, &q.IfRange)
	return q
}
