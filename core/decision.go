package core

import "strconv"

// Field is one header field line of a response.
type Field struct{ Name, Value string }

// Span is a run of bytes of a representation.
type Span struct {
	Start  int64 // first byte, from 0
	Length int64 // bytes, at least 1
}

// Decision is the whole answer to a request as a value: an adapter only has to
// carry it out. It shares no memory with anything that changes.
type Decision struct {
	Status int
	// Fields are the response fields in the order to send them, each name once.
	// Content-Length is among them whenever it is known.
	Fields   []Field
	Delivery Delivery
	// Spans are the byte ranges to send, in order: one for a 206 with
	// Content-Range, several for multipart/byteranges, nil for everything.
	Spans []Span
	// Message is the whole body of an answer that sends no file: the fixed
	// sentence of an error. HEAD announces it and does not send it.
	Message string
	// Elsewhere is what the server that a Redirect leads to is to say of the file, as
	// this one would: Cache-Control, Content-Disposition, Content-Encoding,
	// Content-Language and Content-Type.
	Elsewhere []Field
	// Counts says whether the answer is a download to be counted: a GET that
	// sends byte 0, and more than the two bytes of a probe.
	Counts bool
	// Continues says that the answer sends bytes of the file, more than a probe
	// gets, and does not count: it goes on with a download that another request
	// began.
	Continues bool
	// Reason is one phrase for logs and `downlink explain`: why this status
	// and this delivery. It never repeats what the client sent.
	Reason string

	size     int64  // of the representation, for part heads
	partType string // media type of the parts
	nonce    uint64
}

// Get returns the value of the field called name, in the spelling that Decide
// uses, or "".
func (d *Decision) Get(name string) string {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return d.Fields[i].Value
		}
	}
	return ""
}

// Multipart reports whether the body is multipart/byteranges: before each span
// goes AppendPartHead, after the last AppendClose.
func (d *Decision) Multipart() bool { return len(d.Spans) > 1 }

// AppendPartHead appends what precedes the bytes of part i: the delimiter and
// the part's fields (RFC 9110 §14.6).
func (d *Decision) AppendPartHead(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "--"...)
	dst = appendBoundary(dst, d.nonce)
	dst = append(dst, "\r\nContent-Type: "...)
	dst = append(dst, d.partType...)
	dst = append(dst, "\r\nContent-Range: "...)
	dst = appendContentRange(dst, d.Spans[i], d.size)
	return append(dst, "\r\n\r\n"...)
}

// AppendClose appends the closing delimiter that follows the last part.
func (d *Decision) AppendClose(dst []byte) []byte {
	dst = append(dst, "\r\n--"...)
	dst = appendBoundary(dst, d.nonce)
	return append(dst, "--\r\n"...)
}

// BodyLength is the length in bytes of what Stream sends, the heads of parts
// included; -1 if unknown.
func (d *Decision) BodyLength() int64 {
	switch len(d.Spans) {
	case 0:
		return d.size
	case 1:
		return d.Spans[0].Length
	}
	return d.multipartLength()
}

// multipartLength is the length in bytes of the whole multipart body.
func (d *Decision) multipartLength() int64 {
	var scratch [512]byte
	n := int64(len(d.AppendClose(scratch[:0])))
	for i, s := range d.Spans {
		n += int64(len(d.AppendPartHead(scratch[:0], i))) + s.Length
	}
	return n
}

// appendBoundary appends the boundary of a nonce: 16 hexadecimal digits after a
// fixed word, within the 70 characters that RFC 2046 §5.1.1 allows.
func appendBoundary(dst []byte, nonce uint64) []byte {
	dst = append(dst, "downlink-"...)
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[nonce>>shift&15])
	}
	return dst
}

// appendContentRange appends "bytes first-last/size" (RFC 9110 §14.4).
func appendContentRange(dst []byte, s Span, size int64) []byte {
	dst = append(dst, "bytes "...)
	dst = strconv.AppendInt(dst, s.Start, 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, s.Start+s.Length-1, 10)
	dst = append(dst, '/')
	return strconv.AppendInt(dst, size, 10)
}
