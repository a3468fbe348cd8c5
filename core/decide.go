package core

import (
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
		return Refuse(503, "no private way to deliver this file")
	}
	f := facts{r: &r, rep: &rep, etag: rep.ETag, size: max(rep.Size, -1)}
	if f.etag != "" && !validETag(f.etag) {
		f.etag = ""
	}
	if sendable(rep.LastModified) {
		f.modified = rep.LastModified.UTC().Truncate(time.Second)
	}
	switch result, reason := evaluate(&r, f.etag, f.modified); result {
	case notModified:
		return f.notModified(reason)
	case preconditionFailed:
		return Refuse(412, reason)
	}
	if r.Method == "HEAD" {
		return f.serve(None, "whole file, fields only")
	}
	return f.get(c)
}

// facts is a request and a representation with its validators checked.
type facts struct {
	r        *Request
	rep      *Representation
	etag     string    // valid or ""
	modified time.Time // whole seconds, UTC, or zero
	size     int64     // -1 if unknown
	spans    []Span
	scratch  [4]Span
	result   rangeResult
}

// get answers a GET whose preconditions hold: it resolves Range, then takes the
// first delivery that can carry the result.
func (f *facts) get(c Capabilities) Decision {
	reason := "whole file"
	if f.r.Range != "" && f.size >= 0 {
		if rangeStands(f.r, f.etag, f.modified) {
			f.spans, f.result, reason = parseRange(f.scratch[:], f.r.Range, f.size)
		} else {
			reason = "If-Range names another version"
		}
	}
	for _, d := range c.Deliveries {
		switch d {
		case Stream:
			if f.fits(c) {
				return f.stream(c, reason)
			}
		case Offload:
			return f.offload(reason)
		case Redirect:
			return f.redirect()
		}
	}
	return Refuse(503, "no private way to deliver this file")
}

// fits reports whether Stream may send what the ranges left to send.
func (f *facts) fits(c Capabilities) bool {
	if c.MaxBody <= 0 || f.result == unsatisfiable {
		return true
	}
	if f.result != partial || len(f.spans) > 1 {
		return f.size >= 0 && f.size <= c.MaxBody
	}
	return f.spans[0].Length <= c.MaxBody
}

func (f *facts) stream(c Capabilities, reason string) Decision {
	if f.result == unsatisfiable {
		return f.unsatisfiable(reason)
	}
	if len(f.spans) > 1 && !c.MultipartRanges {
		f.spans, reason = nil, "several ranges cannot be sent here"
	}
	d := f.serve(Stream, reason)
	d.Counts = f.counts()
	return d
}

// offload leaves ranges to the front server, which has the file: it drops
// our 206 and Content-Range and does its own (nginx, [ran] in docs).
func (f *facts) offload(reason string) Decision {
	counts := f.counts()
	f.spans = nil
	if f.r.Range != "" {
		reason += ", left to the front server"
	}
	d := f.serve(Offload, reason)
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
	w := newFieldWriter()
	w.static("Cache-Control", f.cacheControl())
	f.writeValidators(&w)
	if validValue(f.rep.Vary) {
		w.static("Vary", f.rep.Vary)
	}
	w.fields = append(w.fields, nosniff)
	return Decision{Status: 304, Fields: w.finish(), Reason: reason}
}

// serve is 200, or 206 if there are spans, by the given delivery.
func (f *facts) serve(delivery Delivery, reason string) Decision {
	d := Decision{Status: 200, Delivery: delivery, Reason: reason, size: f.size, nonce: f.r.Nonce}
	w := newFieldWriter()
	mediaType := f.mediaType()
	if len(f.spans) > 0 {
		d.Status = 206
		d.Spans = append(w.block.spans[:0], f.spans...)
	}
	if delivery != Offload {
		w.static("Accept-Ranges", f.acceptRanges())
	}
	w.static("Cache-Control", f.cacheControl())
	inline := f.rep.Inline && (f.rep.InlineUnsafe || inlineSafe(mediaType))
	w.mark("Content-Disposition")
	w.text = AppendDisposition(w.text, inline, f.rep.Name)
	w.end()
	f.writeContent(&w, &d, mediaType)
	if inline {
		w.static("Content-Security-Policy", "sandbox; default-src 'none'")
	}
	f.writeValidators(&w)
	f.writeOptional(&w)
	w.fields = append(w.fields, nosniff)
	d.Fields = w.finish()
	return d
}

// writeContent writes the fields that describe the body that is sent.
func (f *facts) writeContent(w *fieldWriter, d *Decision, mediaType string) {
	if v := f.rep.ContentEncoding; v != "" && validToken(v) {
		w.static("Content-Encoding", v)
	}
	if v := f.rep.Language; v != "" && validValue(v) {
		w.static("Content-Language", v)
	}
	if d.Delivery != Offload {
		f.writeLength(w, d)
	}
	switch {
	case len(d.Spans) > 1:
		d.partType = withCharset(mediaType, f.rep.Charset)
		w.mark("Content-Length")
		w.text = strconv.AppendInt(w.text, d.multipartLength(), 10)
		w.end()
		w.mark("Content-Type")
		w.text = appendBoundary(append(w.text, "multipart/byteranges; boundary="...), d.nonce)
		w.end()
	default:
		f.writeType(w, mediaType)
	}
}

// writeLength writes Content-Length, and Content-Range for a single range.
func (f *facts) writeLength(w *fieldWriter, d *Decision) {
	n := f.size
	switch {
	case len(d.Spans) > 1 || n < 0:
		return
	case len(d.Spans) == 1:
		n = d.Spans[0].Length
	}
	w.mark("Content-Length")
	w.text = strconv.AppendInt(w.text, n, 10)
	w.end()
	if len(d.Spans) == 1 {
		w.mark("Content-Range")
		w.text = appendContentRange(w.text, d.Spans[0], f.size)
		w.end()
	}
}

// writeType writes Content-Type, with a charset on text types only.
func (f *facts) writeType(w *fieldWriter, mediaType string) {
	w.static("Content-Type", withCharset(mediaType, f.rep.Charset))
}

func (f *facts) writeValidators(w *fieldWriter) {
	if f.etag != "" {
		w.static("ETag", f.etag)
	}
	if !f.modified.IsZero() {
		w.mark("Last-Modified")
		w.text = AppendHTTPDate(w.text, f.modified)
		w.end()
	}
}

func (f *facts) writeOptional(w *fieldWriter) {
	if v := f.rep.Digest; v != "" && validValue(v) {
		w.static("Repr-Digest", v)
	}
	if v := f.rep.Vary; v != "" && validValue(v) {
		w.static("Vary", v)
	}
	for _, x := range f.rep.Extra {
		if validToken(x.Name) && validValue(x.Value) && !reserved(x.Name) && !w.has(x.Name) {
			w.static(x.Name, x.Value)
		}
	}
}

func (f *facts) mediaType() string {
	if t := f.rep.MediaType; t != "" && validMediaType(t) {
		return t
	}
	return MediaType(f.rep.Name)
}

func (f *facts) cacheControl() string {
	if v := f.rep.CacheControl; v != "" && validValue(v) {
		return v
	}
	return "private, no-cache"
}

func (f *facts) acceptRanges() string {
	if f.size < 0 {
		return "none"
	}
	return "bytes"
}
