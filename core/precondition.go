package core

import "time"

// outcome is what the preconditions of a request come to.
type outcome uint8

const (
	proceed outcome = iota
	notModified
	preconditionFailed
)

// evaluate applies the preconditions in the order of RFC 9110 §13.2.2 (If-Range
// is left to the ranges). etag is "" if there is none, modified is in whole
// seconds and zero if unknown; r's method is GET or HEAD.
func evaluate(r *Request, etag string, modified time.Time) (outcome, string) {
	if r.IfMatch != "" {
		if !listMatches(r.IfMatch, etag, strongMatch) {
			return preconditionFailed, "If-Match names no current entity-tag"
		}
	} else if r.IfUnmodifiedSince != "" && !modified.IsZero() {
		if since, ok := ParseHTTPDate(r.IfUnmodifiedSince, r.Now); ok && modified.After(since) {
			return preconditionFailed, "modified after If-Unmodified-Since"
		}
	}
	if r.IfNoneMatch != "" {
		if listMatches(r.IfNoneMatch, etag, weakMatch) {
			return notModified, "If-None-Match names the current entity-tag"
		}
	} else if r.IfModifiedSince != "" && !modified.IsZero() {
		if since, ok := ParseHTTPDate(r.IfModifiedSince, r.Now); ok && !modified.After(since) {
			return notModified, "not modified after If-Modified-Since"
		}
	}
	return proceed, ""
}

// rangeStands reports whether If-Range lets the Range field stand (RFC 9110
// §13.1.5): there is none, or it is the current entity-tag by strong
// comparison, or exactly the date of Last-Modified.
func rangeStands(r *Request, etag string, modified time.Time) bool {
	v := trimOWS(r.IfRange)
	if v == "" {
		return true
	}
	if scanETag(v) > 0 {
		return strongMatch(v, etag)
	}
	since, ok := ParseHTTPDate(v, r.Now)
	return ok && !modified.IsZero() && since.Equal(modified)
}
