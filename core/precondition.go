package core

// outcome is what the preconditions of a request come to.
type outcome uint8

const (
	proceed outcome = iota
	notModified
	preconditionFailed
)

// evaluate applies the preconditions in the order of RFC 9110 §13.2.2 (If-Range
// is left to the ranges). etag is "" if there is none, modified is in seconds or
// unknown; r's method is GET or HEAD.
func evaluate(r *Request, etag string, modified int64) (outcome, string) {
	if r.IfMatch != "" {
		if !listMatches(r.IfMatch, etag, strongMatch) {
			return preconditionFailed, "If-Match names no current entity-tag"
		}
	} else if r.IfUnmodifiedSince != "" && modified != unknown {
		if since, ok := ParseHTTPDate(r.IfUnmodifiedSince, r.Now); ok && modified > since.Unix() {
			return preconditionFailed, "modified after If-Unmodified-Since"
		}
	}
	if r.IfNoneMatch != "" {
		if listMatches(r.IfNoneMatch, etag, weakMatch) {
			return notModified, "If-None-Match names the current entity-tag"
		}
	} else if r.IfModifiedSince != "" && modified != unknown && notAfter(modified, r) {
		return notModified, "not modified after If-Modified-Since"
	}
	return proceed, ""
}

// notAfter reports whether modified is not after If-Modified-Since. Most clients
// send back the very text of Last-Modified, which is quicker written than read.
func notAfter(modified int64, r *Request) bool {
	if writesDate(r.IfModifiedSince, modified) {
		return true
	}
	since, ok := ParseHTTPDate(r.IfModifiedSince, r.Now)
	return ok && modified <= since.Unix()
}

// rangeStands reports whether If-Range lets the Range field stand (RFC 9110
// §13.1.5): there is none, or it is the current entity-tag by strong
// comparison, or exactly the date of Last-Modified.
func rangeStands(r *Request, etag string, modified int64) bool {
	v := trimOWS(r.IfRange)
	if v == "" {
		return true
	}
	if scanETag(v) > 0 {
		return strongMatch(v, etag)
	}
	since, ok := ParseHTTPDate(v, r.Now)
	return ok && modified != unknown && since.Unix() == modified
}
