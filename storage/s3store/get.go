package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// get asks for a span of the object at a key of the bucket, and of the version of
// which has is the metadata unless it has no entity-tag. The answer is compared with what was asked for before anything
// of it is believed. Besides storage's errors there is errRange.
//
// A Range is sent even for everything: the answer then tells the object's length
// twice, in Content-Range and in Content-Length, and one that was damaged on the way
// is found out before it looks complete.
func (s *Store) get(ctx context.Context, key string, span core.Span, has core.Metadata) (core.Metadata, *body, error) {
	open, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(s.opts.Timeout, func() { cancel(errNoAnswer) })
	answer, err := s.getObject(open, key, rangeField(span), has.ETag)
	timer.Stop()
	if err != nil {
		err = s.failure(ctx, open, err)
		cancel(nil)
		return core.Metadata{}, nil, err
	}
	start, size, err := s.check(answer, span)
	m := metadata(size, answer.Header)
	if err == nil && has.ETag != "" && (m.ETag != has.ETag || m.Size != has.Size) {
		err = fmt.Errorf("%w: asked for %s of %d bytes, got %s of %d", storage.ErrChanged, has.ETag, has.Size, m.ETag, m.Size)
	}
	if err != nil {
		cancel(nil)
		answer.Body.Close()
		return core.Metadata{}, nil, err
	}
	return m, s.newBody(open, cancel, answer.Body, start, answer.ContentLength), nil
}

// rangeField asks for a span; a Length below 0 goes to the end.
func rangeField(span core.Span) string {
	field := "bytes=" + strconv.FormatInt(span.Start, 10) + "-"
	if span.Length > 0 {
		field += strconv.FormatInt(span.Start+span.Length-1, 10)
	}
	return field
}

// check returns where the body starts and how large the object is, if the answer
// fits what was asked for.
func (s *Store) check(answer *http.Response, span core.Span) (start, size int64, err error) {
	length, field := answer.ContentLength, answer.Header.Get("Content-Range")
	wrong := func(what string) error {
		return fmt.Errorf("%w: wrong answer from %s: %s", storage.ErrUnavailable, s.base.Host, what)
	}
	switch {
	case length < 0:
		return 0, 0, wrong("it has no length")
	case answer.Header.Get("ETag") == "":
		return 0, 0, wrong("it has no entity-tag")
	case field == "" && span.Start > 0:
		return 0, 0, wrong("it does not keep to the range")
	case field == "": // 200, which is legal
		return 0, length, nil
	}
	start, end, size, ok := parseContentRange(field)
	last := size
	if span.Length > 0 && span.Length < size-span.Start {
		last = span.Start + span.Length
	}
	if !ok || start != span.Start || end != last || end-start != length {
		return 0, 0, wrong(fmt.Sprintf("Content-Range %q and Content-Length %d for %q", field, length, rangeField(span)))
	}
	return start, size, nil
}

// parseContentRange reads "bytes first-last/size" (RFC 9110 §14.4); end is last+1.
func parseContentRange(field string) (start, end, size int64, ok bool) {
	rest, ok := strings.CutPrefix(field, "bytes ")
	span, total, ok2 := strings.Cut(rest, "/")
	first, last, ok3 := strings.Cut(span, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	size, err3 := strconv.ParseInt(total, 10, 64)
	ok = ok && ok2 && ok3 && errors.Join(err, err2, err3) == nil && 0 <= start && start <= end && end < size
	return start, end + 1, size, ok
}

// body is the body of one answer on its way.
type body struct {
	reader io.ReadCloser
	next   int64 // position in the object of the byte that Read gives next
	end    int64 // position after the last byte
	ctx    context.Context
	cancel context.CancelCauseFunc
	idle   time.Duration
	timer  *time.Timer
}

func (s *Store) newBody(ctx context.Context, cancel context.CancelCauseFunc, r io.ReadCloser, start, length int64) *body {
	timer := time.AfterFunc(time.Hour, func() { cancel(errSilent) })
	timer.Stop()
	return &body{reader: r, next: start, end: start + length, ctx: ctx, cancel: cancel, idle: s.opts.ReadTimeout, timer: timer}
}

// Read gives the next bytes. An end before the announced one is io.ErrUnexpectedEOF.
func (b *body) Read(p []byte) (int, error) {
	if b.next == b.end {
		return 0, io.EOF
	}
	b.timer.Reset(b.idle)
	n, err := b.reader.Read(p)
	b.timer.Stop()
	b.next += int64(n)
	switch {
	case err == nil, err == io.EOF && b.next == b.end:
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case context.Cause(b.ctx) == errSilent, context.Cause(b.ctx) == errNoAnswer:
		err = fmt.Errorf("%w after %v: %w", errSilent, b.idle, storage.ErrUnavailable)
	}
	return n, err
}

// Close gives the rest of the answer up: its connection is closed.
func (b *body) Close() error {
	b.timer.Stop()
	b.cancel(nil)
	return b.reader.Close()
}

var (
	errNoAnswer = errors.New("S3 did not answer in time")
	errSilent   = errors.New("S3 stopped sending in the middle of an object")
	errRange    = errors.New("the object has no such bytes")
)
