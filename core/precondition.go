package core

// outcome is what the preconditions of a request come to.
type outcome uint8

const (
	proceed outcome = iota
	notModified
	preconditionFailed
)

// evaluate applies the preconditions in the order of RFC 9110 §13.2.2 (If-Range
// is left to the ranges). The method is GET or HEAD.
func (f *facts) evaluate() (outcome, string) {
	r := f.r
	if r.IfMatch != "" {
		if !listMatches(r.IfMatch, f.etag(), strongMatch) {
			return preconditionFailed, "If-Match names no current entity-tag"
		}
	} else if r.IfUnmodifiedSince != "" && f.modified != unknown {
		if since, ok := ParseHTTPDate(r.IfUnmodifiedSince, r.Now); ok && f.modified > since.Unix() {
			return preconditionFailed, "modified after If-Unmodified-Since"
		}
	}
	if r.IfNoneMatch != "" {
		if listMatches(r.IfNoneMatch, f.etag(), weakMatch) {
			return notModified, "If-None-Match names the current entity-tag"
		}
	} else if r.IfModifiedSince != "" && f.modified != unknown && f.notAfter() {
		return notModified, "not modified after If-Modified-Since"
	}
	return proceed, ""
}

// notAfter reports whether the file's date is not after If-Modified-Since. Most
// clients send back the very text of Last-Modified, which is quicker written than
// read.
func (f *facts) notAfter() bool {
	if f.repeats = writesDate(f.r.IfModifiedSince, f.modified); f.repeats {
		return true
	}
	since, ok := ParseHTTPDate(f.r.IfModifiedSince, f.r.Now)
	return ok && f.modified <= since.Unix()
}

// rangeStands reports whether If-Range lets the Range field stand (RFC 9110
// §13.1.5): there is none, or it is the current entity-tag by strong
// comparison, or exactly the date of Last-Modified.
func (f *facts) rangeStands() bool {
	if f.r.IfRange == "" {
		return true
	}
	v := trimOWS(f.r.IfRange)
	if scanETag(v) > 0 {
		return strongMatch(v, f.etag())
	}
	since, ok := ParseHTTPDate(v, f.r.Now)
	return ok && f.modified != unknown && since.Unix() == f.modified
}
