package core

import "time"

// Request is the part of an HTTP request that a download depends on. An
// adapter fills it; a field that came in several lines is joined with ", "
// (RFC 9110 §5.3).
type Request struct {
	Method string
	// Path is the path of the request target as it was received: still
	// percent-encoded, without the query (RFC 9112 §3.2.1).
	Path string
	// Query is what follows "?" in the request target, as it was received. Only
	// a signed link is looked for in it, and only where a route requires one.
	Query string
	// Client is the address of the client, with or without a port, for links
	// that are for one network; "" if unknown.
	Client string

	// Fields as they were received, lines joined by commas; "" is a field that was not
	// sent, a space one that was sent without a value.
	IfMatch, IfNoneMatch               string // RFC 9110 §13.1.1, §13.1.2
	IfModifiedSince, IfUnmodifiedSince string // RFC 9110 §13.1.3, §13.1.4
	Range, IfRange                     string // RFC 9110 §14.2, §13.1.5

	// AcceptEncoding chooses between a file and its pre-compressed forms (RFC 9110
	// §12.5.3). Decide does not look at it: Encodings does.
	AcceptEncoding string

	// Now is the time of the request. It places the two-digit years of the
	// obsolete RFC 850 date form; zero places them in 1970 to 2069.
	Now time.Time
	// Nonce is a random number of this request alone. The boundary between the
	// parts of a multipart answer is made from it, so that no stored file can
	// contain that boundary on purpose.
	Nonce uint64
}

// reads reports whether m only asks for a representation: GET or HEAD, the two
// methods a download answers.
func reads(m string) bool { return m == "GET" || m == "HEAD" }
