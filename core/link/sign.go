package link

import "errors"

// Param is the name of the query parameter that holds the token.
const Param = "link"

// maxURL is how long path and query of a link may be, in bytes: gateways and
// chat programs cut longer ones.
const maxURL = 1900

// Sign returns the token of a grant. The grant's Key is set to the key's id, and
// parts of a second are dropped from its times.
func (k Key) Sign(g Grant) (string, error) {
	g.Key = k.id
	if err := g.fault(); err != nil {
		return "", err
	}
	text := appendGrant(nil, &g)
	token := encoding.EncodeToString(text) + "." + encoding.EncodeToString(k.mac(text, g.Path))
	if len(token) > maxToken || len(g.Path) > 0 && len(URL(g.Path, token)) > maxURL {
		return "", errors.New("the link is longer than 1900 bytes: shorten the name, the subject or the path")
	}
	return token, nil
}

// URL is the reference to a path, given decoded, with a token: "/a%20b?link=…".
func URL(path, token string) string {
	b := make([]byte, 0, len(path)+len(path)/2+len(Param)+2+len(token))
	for i := 0; i < len(path); i++ {
		if c := path[i]; c == '/' || unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	b = append(b, '?')
	b = append(b, Param...)
	b = append(b, '=')
	return string(append(b, token...))
}

// unreserved reports the characters that no URL encodes (RFC 3986 §2.3).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
