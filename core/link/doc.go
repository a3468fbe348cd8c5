// Package link signs and verifies links to downloads that expire.
//
// A link is a URL with one parameter, ?link=TOKEN. The token says what is
// granted and carries an HMAC-SHA-256 over that and the path:
//
//	TOKEN   = base64url(GRANT) "." base64url(HMAC-SHA-256(secret, MESSAGE))
//	MESSAGE = "downlink-link" LF GRANT [ "p" length ":" path ]
//	GRANT   = "1" *( letter length ":" value )
//
// Every value has its length in bytes before it, so no two grants have the same
// message. docs/links.md has the format in full, and testdata/vectors.json has
// links for other implementations to agree about.
//
// Nothing here does I/O, reads a clock or draws a random number.
package link
