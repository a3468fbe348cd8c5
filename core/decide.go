package core

import (
	"math"
	"strconv"
)

// Decide answers a request for a file that was found and may be had by the
// client. It is total: every input gives a Decision for which Validate holds.
// The order is method, delivery, preconditions (RFC 9110 §13.2.2), Range and
// If-Range (GET only), fields. A decision to serve costs two allocations.
func Decide(r Request, rep Representation, c Capabilities) (d Decision) {
	DecideInto(&d, &r, &rep, &c)
	return d
}

// DecideInto is Decide for whoever answers many requests: it copies neither what it is
// given nor the decision. It overwrites d, and changes nothing of the rest.
func DecideInto(d *Decision, r *Request, rep *Representation, c *Capabilities) {
	*d = Decision{}
	if !reads(r.Method) {
		*d = Refuse(405, "method is neither GET nor HEAD")
		return
	}
	if len(c.Deliveries) == 0 {
		*d = undeliverable()
		return
	}
	var f facts // set one by one: a literal would be made apart and copied
	f.r, f.rep, f.c, f.d = r, rep, c, d
	f.size, f.modified, f.tagged = max(rep.Size, -1), secondsOf(rep.LastModified), ValidETag(rep.ETag)
	switch result, reason := f.evaluate(); {
	case result == notModified:
		f.notModified(reason)
	case result == preconditionFailed:
		*d = Refuse(412, reason)
	case r.Method == "HEAD":
		f.head()
	default:
		f.get()
	}
}

// facts is a request for a representation on its way to a decision. It holds no
// pointer of its own but to the four values of DecideInto, which stay on the stack
// for it.
type facts struct {
	r        *Request
	rep      *Representation
	c        *Capabilities
	d        *Decision
	size     int64 // at least -1
	modified int64 // whole seconds since 1970, or unknown
	tagged   bool  // rep.ETag is valid
	repeats  bool  // If-Modified-Since is the very text of Last-Modified
	result   rangeResult
}

func (f *facts) etag() string {
	if !f.tagged {
		return ""
	}
	return f.rep.ETag
}

// head answers a HEAD as the same GET without Range is answered, but for a
// redirect: a presigned URL is for GET alone, so the fields are given here.
func (f *facts) head() {
	for _, d := range f.c.Deliveries {
		if d == Offload || d == Redirect || d == Stream && f.fits() {
			f.serve(None, "whole file, fields only")
			return
		}
	}
	*f.d = undeliverable()
}

// get answers a GET whose preconditions hold: it resolves Range, then takes the
// first delivery that can carry the result.
func (f *facts) get() {
	reason := f.resolveRange()
	passedOver := false
	for _, d := range f.c.Deliveries {
		switch {
		case d == Stream && f.fits():
			f.stream(reason)
			return
		case d == Offload && f.readAlike():
			f.offload(reason)
			return
		case d == Offload:
			passedOver = true
		case d == Redirect:
			f.redirect()
			return
		}
	}
	if passedOver {
		f.offload(reason)
		f.d.Continues = f.d.Delivery == Offload && !f.d.Counts // whatever the front server makes of it
		return
	}
	*f.d = undeliverable()
}

func undeliverable() Decision { return Refuse(503, "no private way to deliver this file") }

// resolveRange sets the result and the spans of Range, and says why.
func (f *facts) resolveRange() (reason string) {
	switch {
	case f.r.Range == "" || f.size < 0:
		return "whole file"
	case f.c.NoRanges:
		return "no ranges can be sent of this file"
	case !f.rangeStands():
		return "If-Range names another version"
	}
	memory := new(block)
	f.d.Fields = memory.fields[:0]
	f.d.Spans, f.result, reason = parseRange(memory.spans[:0], f.r.Range, f.size)
	return reason
}

// fits reports whether Stream may send what the ranges left to send. Several
// ranges that come to too much are given up first.
func (f *facts) fits() bool {
	spans := f.d.Spans
	if len(spans) > 1 && !f.partsFit() {
		f.d.Spans, spans, f.result = nil, nil, wholeFile
	}
	switch most := f.c.MaxBody; {
	case most <= 0 || f.result == unsatisfiable || len(spans) > 1:
		return true
	case len(spans) == 1:
		return spans[0].Length <= most
	default:
		return f.size >= 0 && f.size <= most
	}
}

// partsFit reports whether the several ranges can be sent as multipart/byteranges.
func (f *facts) partsFit() bool {
	const room = 1 << 20 // for the heads of the parts
	if !f.c.MultipartRanges || f.size > math.MaxInt64-room {
		return false
	}
	d := Decision{Spans: f.d.Spans, size: f.size, partType: withCharset(f.mediaType(), f.rep.Charset)}
	return f.c.MaxBody <= 0 || d.multipartLength() <= f.c.MaxBody
}

func (f *facts) stream(reason string) {
	if f.result == unsatisfiable {
		f.unsatisfiable(reason)
		return
	}
	if f.d.Spans == nil && reason == rangeReason {
		reason = "several ranges cannot be sent here"
	}
	f.d.Counts, f.d.Continues = f.counts()
	f.serve(Stream, reason)
}

// offload leaves ranges to the front server, which has the file: nginx drops a
// 206 and its Content-Range and makes its own. Only one that obeys is told the
// range. What no range can satisfy is answered here, where the answer carries no
// field of the file.
func (f *facts) offload(reason string) {
	if f.result == unsatisfiable {
		f.unsatisfiable(reason)
		return
	}
	switch {
	case !f.c.FrontObeys && f.r.Range != "":
		reason += ", left to the front server"
	case len(f.d.Spans) > 1:
		f.d.Spans, f.result, reason = nil, wholeFile, "several ranges cannot be sent here"
	}
	f.d.Counts, f.d.Continues = f.counts()
	if !f.c.FrontObeys {
		f.d.Spans = nil
	}
	f.serve(Offload, reason)
}

// redirect sends the client elsewhere for the bytes, for this time only: 302, never
// cached, and what the client came from is not told there. Ranges are left to who has
// the file; what no range can satisfy is answered here.
func (f *facts) redirect() {
	if f.result == unsatisfiable {
		f.unsatisfiable("no range holds a byte of the file")
		return
	}
	counts, _ := f.counts()
	*f.d = Decision{
		Status:    302,
		Fields:    []Field{{"Cache-Control", "private, no-store"}, {"Referrer-Policy", "no-referrer"}, nosniff},
		Delivery:  Redirect,
		Elsewhere: f.elsewhere(),
		Counts:    counts,
		Continues: !counts, // who has a URL of the file may ask there for any part
		Reason:    "bytes are served elsewhere",
	}
}

// elsewhere is what serve says of the file, as far as other servers can be told to
// say it.
func (f *facts) elsewhere() []Field {
	mediaType := f.mediaType()
	inline := f.rep.Inline && (f.rep.InlineUnsafe || inlineSafe(mediaType))
	fields := make(fieldList, 0, 5)
	fields = fields.with("Cache-Control", f.cacheControl())
	fields = fields.with("Content-Disposition", string(AppendDisposition(nil, inline, f.rep.Name)))
	if ValidToken(f.rep.ContentEncoding) {
		fields = fields.with("Content-Encoding", f.rep.ContentEncoding)
	}
	fields = fields.withChecked("Content-Language", f.rep.Language)
	fields = fields.with("Content-Type", withCharset(mediaType, f.rep.Charset))
	return fields
}

// counts says whether what is to be sent is a download: it holds byte 0 and is
// not the two-byte probe by which download managers learn whether ranges work.
// continues says that it is what another request left of one.
func (f *facts) counts() (counts, continues bool) {
	switch f.result {
	case unsatisfiable:
		return false, false
	case wholeFile:
		return true, false
	}
	for _, s := range f.d.Spans {
		if s.Start == 0 {
			return len(f.d.Spans) > 1 || s.Length > 2 || s.Length == f.size, false
		}
	}
	return false, true
}

// unsatisfiable is 416 with the current length (RFC 9110 §15.5.17).
func (f *facts) unsatisfiable(reason string) {
	*f.d = Refuse(416, reason)
	f.d.Fields = append(f.d.Fields, Field{"Content-Range", "bytes */" + strconv.FormatInt(f.size, 10)})
}

// notModified carries what a cache needs to freshen its copy, and no content
// fields (RFC 9110 §15.4.5).
func (f *facts) notModified(reason string) {
	fields := fieldList(new([4]Field)[:0])
	if f.rep.Vary != "" || f.rep.Extra != nil {
		fields = make(fieldList, 0, 7)
	}
	fields = fields.with("Cache-Control", f.cacheControl())
	fields = fields.with("ETag", f.etag())
	fields = fields.with("Last-Modified", f.modifiedText())
	fields = fields.withChecked("Vary", f.rep.Vary)
	fields = fields.with(nosniff.Name, nosniff.Value)
	for _, x := range f.rep.Extra {
		if equalFold(x.Name, "Expires") || equalFold(x.Name, "Content-Location") {
			fields = fields.withExtra(x)
		}
	}
	f.d.Status, f.d.Fields, f.d.Reason = 304, fields, reason
}

func (f *facts) modifiedText() string {
	if f.modified == unknown {
		return ""
	}
	if f.repeats || writesDate(f.r.IfModifiedSince, f.modified) {
		return f.r.IfModifiedSince // sent back as it came
	}
	var buf [29]byte
	return string(appendSeconds(buf[:0], f.modified))
}

// serve is 200, or 206 if there are spans, by the given delivery.
func (f *facts) serve(delivery Delivery, reason string) {
	d := f.d
	d.Status, d.Delivery, d.Reason = 200, delivery, reason
	if len(d.Spans) > 0 {
		d.Status = 206
	}
	d.size, d.nonce = f.size, f.r.Nonce
	mediaType := f.mediaType()
	d.partType = withCharset(mediaType, f.rep.Charset)
	inline := f.rep.Inline && (f.rep.InlineUnsafe || inlineSafe(mediaType))
	if d.Fields == nil {
		d.Fields = f.memory(inline)
	}
	text := f.generate(inline)

	fields := fieldList(d.Fields)
	if delivery != Offload {
		fields = fields.with("Accept-Ranges", f.acceptRanges())
	}
	fields = append(fields, Field{"Cache-Control", f.cacheControl()}, Field{"Content-Disposition", text.disposition})
	if ValidToken(f.rep.ContentEncoding) {
		fields = fields.with("Content-Encoding", f.rep.ContentEncoding)
	}
	fields = fields.withChecked("Content-Language", f.rep.Language)
	fields = fields.with("Content-Length", text.length)
	fields = fields.with("Content-Range", text.contentRange)
	if inline {
		fields = fields.with("Content-Security-Policy", inlinePolicy(mediaType))
	}
	fields = fields.with("Content-Type", text.contentType)
	fields = fields.with("ETag", f.etag())
	fields = fields.with("Last-Modified", text.modified)
	fields = fields.withChecked("Repr-Digest", f.rep.Digest)
	fields = fields.withChecked("Vary", f.rep.Vary)
	fields = fields.with(nosniff.Name, nosniff.Value)
	for _, x := range f.rep.Extra {
		fields = fields.withExtra(x)
	}
	d.Fields = fields
}

// memory has room for the fields of a whole file: for those of nearly every one, or
// for all that there can be.
func (f *facts) memory(inline bool) fieldList {
	rep := f.rep
	if !inline && rep.ContentEncoding == "" && rep.Language == "" && rep.Digest == "" && rep.Vary == "" && rep.Extra == nil {
		return new([8]Field)[:0]
	}
	return make(fieldList, 0, 13+len(rep.Extra))
}

// generate composes the values that are not there already.
func (f *facts) generate(inline bool) (text generated) {
	var buf [384]byte
	d := f.d
	b := AppendDisposition(buf[:0], inline, f.rep.Name)
	disposition := len(b)
	if n := d.BodyLength(); n >= 0 && d.Delivery != Offload {
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
	if f.modified != unknown {
		b = appendSeconds(b, f.modified)
	}
	s := string(b)
	text.disposition = s[:disposition]
	text.length = s[disposition:length]
	text.contentRange = s[length:contentRange]
	text.modified = s[multipart:]
	if text.contentType = d.partType; d.Multipart() {
		text.contentType = s[contentRange:multipart]
	}
	return text
}

func (f *facts) mediaType() string {
	if ValidMediaType(f.rep.MediaType) {
		return f.rep.MediaType
	}
	return MediaType(f.rep.Name)
}

func (f *facts) cacheControl() string {
	if f.rep.CacheControl == "" || !validValue(f.rep.CacheControl) {
		return "private, no-cache"
	}
	return f.rep.CacheControl
}

func (f *facts) acceptRanges() string {
	if f.size < 0 || f.c.NoRanges {
		return "none"
	}
	return "bytes"
}
