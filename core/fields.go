package core

// block is the memory of one decision: its fields and the span of a plain 206
// in a single allocation.
type block struct {
	fields [14]Field
	spans  [1]Span
}

// fieldWriter collects fields. Generated values are written one after another
// into text and cut out of one string at the end, so that a decision costs two
// allocations however many fields it has.
type fieldWriter struct {
	block  *block
	fields []Field
	text   []byte
	buf    [384]byte
	marks  [8]mark
	marked int
}

// mark is a generated value: its field and its place in text.
type mark struct{ field, start, end int }

func newFieldWriter() fieldWriter {
	b := new(block)
	return fieldWriter{block: b, fields: b.fields[:0]}
}

// static adds a field whose value exists already.
func (w *fieldWriter) static(name, value string) {
	w.fields = append(w.fields, Field{name, value})
}

// mark adds a field whose value is what is appended to text until end.
func (w *fieldWriter) mark(name string) {
	if w.text == nil {
		w.text = w.buf[:0]
	}
	w.marks[w.marked] = mark{field: len(w.fields), start: len(w.text)}
	w.fields = append(w.fields, Field{Name: name})
}

func (w *fieldWriter) end() {
	w.marks[w.marked].end = len(w.text)
	w.marked++
}

func (w *fieldWriter) has(name string) bool {
	for i := range w.fields {
		if equalFold(w.fields[i].Name, name) {
			return true
		}
	}
	return false
}

// finish fills in the generated values and returns the fields.
func (w *fieldWriter) finish() []Field {
	text := string(w.text)
	for _, m := range w.marks[:w.marked] {
		w.fields[m.field].Value = text[m.start:m.end]
	}
	return w.fields
}

// reservedNames are fields that a view may not set beside a decision: those that
// Decide sets, those of the connection, and those by which a front server is
// told to send a file.
var reservedNames = [...]string{
	"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
	"Content-Length", "Content-Range", "Content-Security-Policy", "Content-Type", "ETag",
	"Last-Modified", "Repr-Digest", "Vary", "X-Content-Type-Options", "Location", "Allow", "Retry-After",
	"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Date",
}

var reservedPrefixes = [...]string{"X-Accel-", "X-Sendfile", "X-Lighttpd-"}

func reserved(name string) bool {
	for _, r := range reservedNames {
		if equalFold(name, r) {
			return true
		}
	}
	for _, p := range reservedPrefixes {
		if len(name) >= len(p) && equalFold(name[:len(p)], p) {
			return true
		}
	}
	return false
}

// tchar is the alphabet of tokens (RFC 9110 §5.6.2).
var tchar = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")

// validToken reports whether s is a token, such as a field name.
func validToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tchar[s[i]] {
			return false
		}
	}
	return s != ""
}

// validValue reports whether s can be a field value here: not empty, visible
// ASCII with spaces and tabs inside (RFC 9110 §5.5, without obs-text).
func validValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '\t' && (c < 0x20 || c > 0x7e) {
			return false
		}
	}
	return s != "" && len(trimOWS(s)) == len(s)
}
