package httpstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// object is one version of a remote file.
type object struct {
	storage.Underway
	client   *Client
	url      *url.URL
	through  string // as in Ask
	metadata core.Metadata
	noRanges bool // the server cannot send any
}

var (
	_ storage.Object       = (*object)(nil)
	_ storage.RangeLimiter = (*object)(nil)
)

func (o *object) Metadata() core.Metadata { return o.metadata }

// MaxRanges is one at most: several would be several requests, and no server says
// that they are answered from the same version unless it has a strong entity-tag.
func (o *object) MaxRanges() int {
	if o.noRanges || o.metadata.Size < 0 {
		return 0
	}
	return 1
}

// errLookFirst: the answer says too little to be used; metadata tell more.
var errLookFirst = errors.New("look first")

// begin takes the answer to the first request, and the call with it unless there is
// an error.
func (o *object) begin(x *call, resp *http.Response, ask Ask) error {
	b, size, err := newBody(x, resp, ask.First)
	if err != nil {
		return err
	}
	o.metadata = metadata(resp.Header)
	o.metadata.Size = size
	ignored := ask.ranged() && ask.IfRange == "" && resp.StatusCode == http.StatusOK
	o.noRanges = ignored || one(resp.Header, "Accept-Ranges") == "none"
	if err := o.acceptable(); err != nil {
		return err
	}
	o.Answer = b
	return nil
}

// look asks for the metadata alone: by HEAD, or by GET of a server that does not
// answer HEAD.
func (o *object) look(ctx context.Context) error {
	for _, method := range [...]string{http.MethodHead, http.MethodGet} {
		x := o.call(ctx)
		resp, err := x.send(method, o.url, nil)
		if err != nil {
			return err
		}
		resp.Body.Close()
		x.end()
		switch status := resp.StatusCode; {
		case method == http.MethodHead && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented):
			continue
		case status != http.StatusOK:
			return refused(o.url, resp)
		}
		o.metadata = metadata(resp.Header)
		o.metadata.Size = resp.ContentLength
		o.noRanges = one(resp.Header, "Accept-Ranges") == "none"
		return o.acceptable()
	}
	return nil
}

// acceptable refuses what cannot be passed on.
func (o *object) acceptable() error {
	m := o.metadata
	switch most := o.client.opts.MaxBytes; {
	case m.Encoding != "" && !core.ValidToken(m.Encoding):
		return badGateway("%s: Content-Encoding %q is not one coding", place(o.url), m.Encoding)
	case most > 0 && m.Size > most:
		return badGateway("%s: %d bytes are more than the %d that are allowed", place(o.url), m.Size, most)
	}
	return nil
}

// again asks for a span of the version that the metadata are of.
func (o *object) again(ctx context.Context, span core.Span) (storage.Answer, error) {
	whole := span.Start == 0 && (span.Length < 0 || span.Length == o.metadata.Size)
	fields := o.pin()
	if !whole {
		fields["Range"] = []string{rangeField(span)}
	} else {
		span = core.Span{Length: -1}
	}
	x := o.call(ctx)
	resp, err := x.send(http.MethodGet, o.url, fields)
	if err != nil {
		return nil, err
	}
	b, size, err := o.same(x, resp, span)
	if err == nil && size != o.metadata.Size {
		err = fmt.Errorf("%s: %d bytes, and before it were %d: %w", place(o.url), size, o.metadata.Size, storage.ErrChanged)
	}
	if err == nil && !whole && b.next != span.Start {
		_, err = io.CopyN(io.Discard, b, span.Start) // the server ignores ranges after all
	}
	if err != nil {
		resp.Body.Close()
		x.end()
		return nil, err
	}
	return b, nil
}

// pin are the conditions that let no other version through.
func (o *object) pin() http.Header {
	m := o.metadata
	switch {
	case m.ETag != "" && m.ETag[0] != 'W':
		return http.Header{"If-Match": {m.ETag}}
	case !m.LastModified.IsZero():
		return http.Header{"If-Unmodified-Since": {string(core.AppendHTTPDate(nil, m.LastModified))}}
	}
	return http.Header{}
}

// same is the body of an answer of the same version.
func (o *object) same(x *call, resp *http.Response, span core.Span) (*body, int64, error) {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable, http.StatusNotFound, http.StatusGone:
		return nil, 0, fmt.Errorf("%s answers %d to another request for the same: %w", place(o.url), resp.StatusCode, storage.ErrChanged)
	default:
		return nil, 0, refused(o.url, resp)
	}
	got := metadata(resp.Header)
	if got.ETag != o.metadata.ETag || !got.LastModified.Equal(o.metadata.LastModified) || got.Encoding != o.metadata.Encoding {
		return nil, 0, fmt.Errorf("%s: %s of %v, and before it was %s of %v: %w",
			place(o.url), got.ETag, got.LastModified, o.metadata.ETag, o.metadata.LastModified, storage.ErrChanged)
	}
	b, size, err := newBody(x, resp, span)
	if errors.Is(err, errLookFirst) {
		err = badGateway("%s does not tell the length of the file", place(o.url))
	}
	return b, size, err
}

// body is the body of one answer on its way.
type body struct {
	call   *call
	reader io.ReadCloser
	next   int64 // position in the file of the byte that Read gives next
	end    int64 // position after the last byte; -1 if unknown
	idle   *time.Timer
}

// newBody is the body of a 200 or 206 to a request for span, and the length of the
// file, -1 if unknown. A 206 that does not fit is refused; one that does not tell
// the length of the file is errLookFirst.
func newBody(x *call, resp *http.Response, span core.Span) (*body, int64, error) {
	b := &body{call: x, reader: resp.Body, end: resp.ContentLength}
	size := resp.ContentLength
	if resp.StatusCode == http.StatusPartialContent {
		field := one(resp.Header, "Content-Range")
		var ok bool
		b.next, b.end, size, ok = parseContentRange(field)
		wanted := size
		if span.Length > 0 && span.Length < size-span.Start {
			wanted = span.Start + span.Length
		}
		asked := span != core.Span{Length: -1}
		switch {
		case ok && asked && size < 0:
			return nil, 0, errLookFirst
		case !ok || !asked || b.next != span.Start || b.end != wanted || resp.ContentLength >= 0 && resp.ContentLength != b.end-b.next:
			return nil, 0, badGateway("Content-Range %.80q with %d bytes in answer to %s", field, resp.ContentLength, rangeField(span))
		}
	}
	b.idle = after(x.client.opts.IdleTimeout, x.cancel, errIdle)
	stop(b.idle)
	return b, size, nil
}

// Covers reports whether a span is next on its way.
func (b *body) Covers(span core.Span) bool {
	switch {
	case b.next != span.Start:
		return false
	case span.Length < 0 || b.end < 0:
		return span.Length < 0 && b.end < 0
	}
	return span.Start+span.Length <= b.end
}

// Read gives the next bytes. An end before the announced one, and a body without an
// announced end that is longer than allowed, are errors.
func (b *body) Read(p []byte) (int, error) {
	opts := &b.call.client.opts
	if b.next == b.end {
		return 0, io.EOF
	}
	if b.end >= 0 && int64(len(p)) > b.end-b.next {
		p = p[:b.end-b.next]
	}
	if b.idle != nil {
		b.idle.Reset(opts.IdleTimeout)
	}
	n, err := b.reader.Read(p)
	stop(b.idle)
	b.next += int64(n)
	switch {
	case err == io.EOF && (b.end < 0 || b.next == b.end):
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case err != nil:
		err = b.call.failure(err)
	case b.end < 0 && opts.MaxBytes > 0 && b.next > opts.MaxBytes:
		err = badGateway("the file is longer than the %d bytes that are allowed", opts.MaxBytes)
	}
	return n, err
}

// Close gives up what is left of the answer.
func (b *body) Close() error {
	stop(b.idle)
	b.call.end()
	return b.reader.Close()
}
