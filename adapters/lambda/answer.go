package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/downlink-go/downlink/core"
)

// head is what stands before the body of an answer.
type head struct {
	status  int
	fields  []core.Field // each name once
	cookies []string     // values of Set-Cookie
}

// tail ends what appendHead begins and the body's text follows.
const tail = `"}`

// appendHead appends the answer as JSON up to its body's text, under the names that
// the sender of the event reads.
func (e *event) appendHead(dst []byte, h *head, base64Encoded bool) []byte {
	dst = append(dst, `{"statusCode":`...)
	dst = strconv.AppendInt(dst, int64(h.status), 10)
	name, before, after := `,"headers":{`, "", ""
	if e.kind == ALB && e.multi { // which then looks at no other
		name, before, after = `,"multiValueHeaders":{`, "[", "]"
	}
	dst = append(dst, name...)
	for i, f := range h.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, f.Name), ':')
		dst = append(appendText(append(dst, before...), f.Value), after...)
	}
	dst = e.appendCookies(dst, h.cookies)
	if base64Encoded {
		return append(dst, `,"isBase64Encoded":true,"body":"`...)
	}
	return append(dst, `,"body":"`...)
}

// appendCookies ends the fields with the lines of Set-Cookie, the one field whose
// lines cannot be joined.
func (e *event) appendCookies(dst []byte, cookies []string) []byte {
	const name = "Set-Cookie"
	switch {
	case len(cookies) == 0:
		return append(dst, '}')
	case e.kind == ALB && e.multi:
		return append(appendList(append(dst, `,"Set-Cookie":`...), cookies), '}')
	case e.kind == ALB: // one line a name, and names in any case are the same
		for i, c := range cookies {
			dst = append(appendText(append(dst, ','), spelling(name, i)), ':')
			dst = appendText(dst, c)
		}
		return append(dst, '}')
	case e.Version == "2.0":
		return appendList(append(dst, `},"cookies":`...), cookies)
	}
	return append(appendList(append(dst, `},"multiValueHeaders":{"Set-Cookie":`...), cookies), '}')
}

// spelling is the n-th way to write a name with capitals and small letters.
func spelling(name string, n int) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if b[i] >= 'a' {
			if n&1 == 1 {
				b[i] -= 'a' - 'A'
			}
			n >>= 1
		}
	}
	return string(b)
}

func appendList(dst []byte, all []string) []byte {
	dst = append(dst, '[')
	for i, s := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, s)
	}
	return append(dst, ']')
}

// appendText appends a string of JSON: as it is if it is plain ASCII, as most are.
func appendText[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	return append(appendEscaped(dst, s), '"')
}

func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			text, _ := json.Marshal(string(s)) // of a string, never an error
			return append(dst, text[1:len(text)-1]...)
		}
	}
	return append(dst, s...)
}

// room is how many bytes of body a buffered answer can have beside a decision's
// fields.
func (x *exchange) room(d *core.Decision) int64 {
	var scratch [2048]byte
	h := x.headOf(d, "")
	left := x.e.kind.limit() - len(x.e.appendHead(scratch[:0], &h, true)) - len(tail)
	return int64(max(left, 0)) / 4 * 3
}

// chunk is how much is read and encoded at a time: whole groups of base64.
const chunk = 48 << 10

// encoded is a buffered answer with n bytes of body, which is read to its end: what
// fails can still be answered otherwise.
func (x *exchange) encoded(h *head, body io.Reader, n int64) ([]byte, error) {
	var scratch [2048]byte
	start := x.e.appendHead(scratch[:0], h, true)
	size := len(start) + base64.StdEncoding.EncodedLen(int(n)) + len(tail)
	x.memory = x.take(size + chunk)
	out := append(x.memory[:0], start...)
	buf := x.memory[size : size+chunk]
	for left := n; left > 0; {
		piece := buf[:min(left, chunk)]
		if _, err := io.ReadFull(body, piece); err != nil {
			return nil, err
		}
		out = base64.StdEncoding.AppendEncode(out, piece)
		left -= int64(len(piece))
	}
	x.bytes = n
	return append(out, tail...), nil
}

// take is memory for an answer: that of the one before if it is free and large enough.
// A function answers one event at a time, so there is one.
func (h *Handler) take(size int) []byte {
	if spare := h.spare.Swap(nil); spare != nil && cap(*spare) >= size {
		return (*spare)[:size]
	}
	return make([]byte, size)
}

// giveBack keeps the memory of an answer that is out for the next.
func (x *exchange) giveBack() {
	if x.memory != nil {
		x.spare.Store(&x.memory)
	}
}

// plain is a buffered answer with a text for people, or with whatever a page sends.
// Text goes as text, so that it can be read also where the service has not been told
// to undo base64.
func (x *exchange) plain(h *head, body []byte) []byte {
	text := utf8.Valid(body)
	out := x.e.appendHead(nil, h, !text)
	if text {
		out = appendEscaped(out, body)
	} else {
		out = base64.StdEncoding.AppendEncode(out, body)
	}
	x.bytes = int64(len(body))
	return append(out, tail...)
}

// whole is a buffered answer for aws-lambda-go: a reader that is no JSON value to
// it, and whose Close it calls when the answer is out and before the invocation ends.
type whole struct {
	bytes.Reader
	end func()
}

// errReader keeps aws-lambda-go from taking an answer for a value to encode, as its
// own readers do.
var errReader = errors.New("an answer is read, not encoded")

func (w *whole) MarshalJSON() ([]byte, error) { return nil, errReader }
func (w *whole) ContentType() string          { return "application/json" }

func (w *whole) Close() error {
	w.Reset(nil)
	w.end()
	return nil
}

// streaming is the answer as aws-lambda-go streams it.
func (x *exchange) streaming(h *head, body io.Reader) io.Reader {
	fields := make(map[string]string, len(h.fields))
	for _, f := range h.fields {
		fields[f.Name] = f.Value
	}
	if x.e.kind == REST {
		return &events.APIGatewayProxyStreamingResponse{StatusCode: h.status, Headers: fields, Cookies: h.cookies, Body: body}
	}
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: h.status, Headers: fields, Cookies: h.cookies, Body: body}
}
