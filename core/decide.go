package core

import (
	"math"
	"strconv"
	"time"
)

// Decide answers a request for a file that was found and may be had by the
// client. It is total: every input gives a Decision for which Validate holds.
// The order is method, delivery, preconditions (RFC 9110 §13.2.2), Range and
// If-Range (GET only), fields. A decision to serve costs two allocations.
func Decide(r Request, rep Representation, c Capabilities) Decision {
	if !reads(r.Method) {
		return Refuse(405, "method is neither GET nor HEAD")
	}
	if len(c.Deliveries) == 0 {
		return undeliverable()
	}
	f := facts{r: r, rep: rep, etag: rep.ETag, size: max(rep.Size, -1)}
	if !validETag(f.etag) || !validValue(f.etag) {
		f.etag = ""
	}
	if sendable(rep.LastModified) {
		f.modified = rep.LastModified.UTC().Truncate(time.Second)
	}
	switch result, reason := evaluate(&f.r, f.etag, f.modified); result {
	case notModified:
		return f.notModified(reason)
	case preconditionFailed:
		return Refuse(412, reason)
	}
	memory := new(block)
	if r.Method == "HEAD" {
		return f.head(c, memory)
	}
	return f.get(c, memory)
}

// facts is a request and a representation with its validators checked.
type facts struct {
	r        Request
	rep      Representation
	etag     string    // valid or ""
	modified time.Time // whole seconds, UTC, or zero
	size     int64     // -1 if unknown
	spans    []Span
	result   rangeResult
}

// head answers a HEAD as the same GET without Range is answered, but for a
// redirect: a presigned URL is for GET alone, so the fields are given here.
func (f *facts) head(c Capabilities, memory *block) Decision {
	for _, d := range c.Deliveries {
		if d == Offload || d == Redirect || d == Stream && f.fits(c) {
			return f.serve(None, memory, "whole file, fields only")
		}
	}
	return undeliverable()
}

// get answers a GET whose preconditions hold: it resolves Range, then takes the
// first delivery that can carry the result.
func (f *facts) get(c Capabilities, memory *block) Decision {
	reason := "whole file"
	if f.r.Range != "" && f.size >= 0 {
		if rangeStands(&f.r, f.etag, f.modified) {
			f.spans, f.result, reason = parseRange(memory.spans[:0], f.r.Range, f.size)
		} else {
			reason = "If-Range names another version"
		}
	}
	passedOver := false
	for _, d := range c.Deliveries {
		switch d {
		case Stream:
			if f.fits(c) {
				return f.stream(c, memory, reason)
			}
		case Offload:
			if f.readAlike(c) {
				return f.offload(memory, reason)
			}
			passedOver = true
		case Redirect:
			return f.redirect()
		}
	}
	if passedOver {
		return f.offload(memory, reason)
	}
	return undeliverable()
}

func undeliverable() Decision { return Refuse(503, "no private way to deliver this file") }

// fits reports whether Stream may send what the ranges left to send. Several
// ranges that come to too much are given up first.
func (f *facts) fits(c Capabilities) bool {
	if len(f.spans) > 1 && !f.partsFit(c) {
		f.spans, f.result = nil, wholeFile
	}
	switch {
	case c.MaxBody <= 0 || f.result == unsatisfiable || len(f.spans) > 1:
		return true
	case len(f.spans) == 1:
		return f.spans[0].Length <= c.MaxBody
	}
	return f.size >= 0 && f.size <= c.MaxBody
}

// partsFit reports whether the several ranges can be sent as multipart/byteranges.
func (f *facts) partsFit(c Capabilities) bool {
	const room = 1 << 20 // for the heads of the parts
	if !c.MultipartRanges || f.size > math.MaxInt64-room {
		return false
	}
	d := Decision{Spans: f.spans, size: f.size, partType: withCharset(f.mediaType(), f.rep.Charset)}
	return c.MaxBody <= 0 || d.multipartLength() <= c.MaxBody
}

func (f *facts) stream(c Capabilities, memory *block, reason string) Decision {
	if f.result == unsatisfiable {
		return f.unsatisfiable(reason)
	}
	if f.spans == nil && f.r.Range != "" && reason == rangeReason {
		reason = "several ranges cannot be sent here"
	}
	d := f.serve(Stream, memory, reason)
	d.Counts = f.counts()
	return d
}

// offload leaves ranges to the front server, which has the file: nginx drops a
// 206 and its Content-Range and makes its own. What no range can satisfy is
// answered here, where the answer carries no field of the file.
func (f *facts) offload(memory *block, reason string) Decision {
	if f.result == unsatisfiable {
		return f.unsatisfiable(reason)
	}
	counts := f.counts()
	f.spans = nil
	if f.r.Range != "" {
		reason += ", left to the front server"
	}
	d := f.serve(Offload, memory, reason)
	d.Counts = counts
	return d
}

// redirect sends the client elsewhere for the bytes, for this time only: 302,
// never cached, no field of the file but the reason it may not be sniffed.
func (f *facts) redirect() Decision {
	return Decision{
		Status:   302,
		Fields:   []Field{{"Cache-Control", "private, no-store"}, nosniff},
		Delivery: Redirect,
		Counts:   f.counts(),
		Reason:   "bytes are served elsewhere",
	}
}

// counts says whether what is to be sent is a download: it holds byte 0 and is
// not the two-byte probe by which download managers learn whether ranges work.
func (f *facts) counts() bool {
	switch {
	case f.result == unsatisfiable:
		return false
	case f.result == wholeFile:
		return true
	}
	for _, s := range f.spans {
		if s.Start == 0 {
			return len(f.spans) > 1 || s.Length > 2 || s.Length == f.size
		}
	}
	return false
}

// unsatisfiable is 416 with the current length (RFC 9110 §15.5.17).
func (f *facts) unsatisfiable(reason string) Decision {
	d := Refuse(416, reason)
	d.Fields = append(d.Fields, Field{"Content-Range", "bytes */" + strconv.FormatInt(f.size, 10)})
	return d
}

// notModified carries what a cache needs to freshen its copy, and no content
// fields (RFC 9110 §15.4.5).
func (f *facts) notModified(reason string) Decision {
	fields := fieldList(new(block).fields[:0])
	fields.add("Cache-Control", f.cacheControl())
	fields.add("ETag", f.etag)
	fields.add("Last-Modified", f.modifiedText())
	fields.addChecked("Vary", f.rep.Vary)
	fields.add(nosniff.Name, nosniff.Value)
	for _, x := range f.rep.Extra {
		if equalFold(x.Name, "Expires") || equalFold(x.Name, "Content-Location") {
			fields.addExtra(x)
		}
	}
	return Decision{Status: 304, Fields: fields, Reason: reason}
}

func (f *facts) modifiedText() string {
	if f.modified.IsZero() {
		return ""
	}
	var buf [29]byte
	return string(AppendHTTPDate(buf[:0], f.modified))
}

// serve is 200, or 206 if there are spans, by the given delivery.
func (f *facts) serve(delivery Delivery, memory *block, reason string) Decision {
	d := Decision{Status: 200, Delivery: delivery, Reason: reason, size: f.size, nonce: f.r.Nonce}
	if len(f.spans) > 0 {
		d.Status, d.Spans = 206, f.spans
	}
	mediaType := f.mediaType()
	inline := f.rep.Inline && (f.rep.InlineUnsafe || inlineSafe(mediaType))
	d.partType = withCharset(mediaType, f.rep.Charset)
	text := f.generate(&d, inline)

	fields := fieldList(memory.fields[:0])
	if delivery != Offload {
		fields.add("Accept-Ranges", f.acceptRanges())
	}
	fields.add("Cache-Control", f.cacheControl())
	fields.add("Content-Disposition", text.disposition)
	if validToken(f.rep.ContentEncoding) {
		fields.add("Content-Encoding", f.rep.ContentEncoding)
	}
	fields.addChecked("Content-Language", f.rep.Language)
	fields.add("Content-Length", text.length)
	fields.add("Content-Range", text.contentRange)
	if inline {
		fields.add("Content-Security-Policy", "sandbox; default-src 'none'")
	}
	fields.add("Content-Type", text.contentType)
	fields.add("ETag", f.etag)
	fields.add("Last-Modified", text.modified)
	fields.addChecked("Repr-Digest", f.rep.Digest)
	fields.addChecked("Vary", f.rep.Vary)
	fields.add(nosniff.Name, nosniff.Value)
	for _, x := range f.rep.Extra {
		fields.addExtra(x)
	}
	d.Fields = fields
	return d
}

// generate composes the values that are not there already.
func (f *facts) generate(d *Decision, inline bool) generated {
	var buf [384]byte
	b := AppendDisposition(buf[:0], inline, f.rep.Name)
	disposition := len(b)
	if n := d.bodyLength(); n >= 0 && d.Delivery != Offload {
		b = strconv.AppendInt(b, n, 10)
	}
	length := len(b)
	if len(d.Spans) == 1 {
		b = appendContentRange(b, d.Spans[0], d.size)
	}
	contentRange := len(b)
	if d.Multipart() {
		b = appendBoundary(append(b, "multipart/byteranges; boundary="...), d.nonce)
	}
	multipart := len(b)
	if !f.modified.IsZero() {
		b = AppendHTTPDate(b, f.modified)
	}
	s := string(b)
	text := generated{
		disposition:  s[:disposition],
		length:       s[disposition:length],
		contentRange: s[length:contentRange],
		contentType:  s[contentRange:multipart],
		modified:     s[multipart:],
	}
	if !d.Multipart() {
		text.contentType = d.partType
	}
	return text
}

func (f *facts) mediaType() string {
	if validMediaType(f.rep.MediaType) {
		return f.rep.MediaType
	}
	return MediaType(f.rep.Name)
}

func (f *facts) cacheControl() string {
	if validValue(f.rep.CacheControl) {
		return f.rep.CacheControl
	}
	return "private, no-cache"
}

func (f *facts) acceptRanges() string {
	if f.size < 0 {
		return "none"
	}
	return "bytes"
}
