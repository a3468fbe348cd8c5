package core

// block is the memory of one decision: its fields and the span of a plain 206
// in a single allocation.
type block struct {
	fields [9]Field // as many as a usual answer has; more move elsewhere
	spans  [2]Span
}

// fieldList is the fields of a response as they are put together.
type fieldList []Field

// with appends a field; one without a value is left out.
func (l fieldList) with(name, value string) fieldList {
	if value == "" {
		return l
	}
	return append(l, Field{name, value})
}

// withChecked appends a field whose value comes from outside, if it is valid.
func (l fieldList) withChecked(name, value string) fieldList {
	if value == "" || !validValue(value) {
		return l
	}
	return append(l, Field{name, value})
}

// withExtra appends a field that a view asks for beside those of Decide.
func (l fieldList) withExtra(x Field) fieldList {
	if !ValidToken(x.Name) || reserved(x.Name) || l.has(x.Name) {
		return l
	}
	return l.withChecked(x.Name, x.Value)
}

func (l fieldList) has(name string) bool {
	for i := range l {
		if equalFold(l[i].Name, name) {
			return true
		}
	}
	return false
}

// generated are the field values that have to be composed; "" is none. They are
// cut out of one string, so that they cost one allocation together.
type generated struct{ disposition, length, contentRange, contentType, modified string }

// reservedNames are fields that a view may not set beside a decision: those that
// Decide sets, those of the connection, and those by which a front server is
// told to send a file.
var reservedNames = [...]string{
	"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language",
	"Content-Length", "Content-Range", "Content-Security-Policy", "Content-Type", "ETag",
	"Last-Modified", "Repr-Digest", "Vary", "X-Content-Type-Options", "Location", "Allow", "Retry-After",
	"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Date",
}

var reservedPrefixes = [...]string{"X-Accel-", "X-Sendfile", "X-Lighttpd-", "X-LiteSpeed-", "X-Reproxy-", "X-Downlink-"}

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

// ValidToken reports whether s is a token, such as a field name.
func ValidToken(s string) bool {
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
