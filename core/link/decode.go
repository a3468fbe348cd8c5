package link

import "time"

// maxToken is the longest token that is looked at, in bytes.
const maxToken = 1800

// token is a token taken apart.
type token struct {
	text  []byte // of the grant, as it was signed
	mac   []byte
	grant Grant // without its path
}

// Decode reads a token without verifying it: for showing what it says. The
// grant has no Path, since the token has none.
func Decode(text string) (Grant, error) {
	t, err := decode(text)
	return t.grant, err
}

// decode takes a token apart. It accepts exactly what Sign writes: the parts
// encoded as Sign does, the fields in order, each once, none unknown or empty,
// numbers without leading zeros, and a grant without fault.
func decode(text string) (t token, err error) {
	dot := -1
	for i := 0; i < len(text) && len(text) <= maxToken; i++ {
		if text[i] == '.' {
			dot = i
			break
		}
	}
	if dot < 0 {
		return t, ErrMalformed
	}
	var ok, macOK bool
	t.text, ok = decodePart(text[:dot])
	t.mac, macOK = decodePart(text[dot+1:])
	if !ok || !macOK || len(t.mac) != macSize || len(t.text) == 0 || t.text[0] != version {
		return t, ErrMalformed
	}
	if !t.grant.read(string(t.text[1:])) {
		return t, ErrMalformed
	}
	return t, nil
}

// decodePart undoes base64url. Encoding again must give the same text: else it
// has line breaks, padding or bits beyond the last byte.
func decodePart(s string) ([]byte, bool) {
	b, err := encoding.DecodeString(s)
	return b, err == nil && encoding.EncodeToString(b) == s
}

// read sets the fields that text has, and reports whether text is as
// appendGrant writes it.
func (g *Grant) read(text string) bool {
	for last := byte(0); text != ""; {
		letter := text[0]
		value, rest, ok := cutValue(text[1:])
		if !ok || letter <= last || !g.set(letter, value) {
			return false
		}
		text, last = rest, letter
	}
	check := *g
	if check.Prefix == "" {
		check.Path = "/" // the URL has it
	}
	return check.fault() == nil
}

// cutValue splits `length ":" value rest`. A value has at least one byte.
func cutValue(text string) (value, rest string, ok bool) {
	const mostDigits = 4
	for i := 0; i < len(text) && i <= mostDigits; i++ {
		if text[i] != ':' {
			continue
		}
		n, ok := number(text[:i])
		text = text[i+1:]
		if !ok || n == 0 || n > int64(len(text)) {
			return "", "", false
		}
		return text[:n], text[n:], true
	}
	return "", "", false
}

// number reads a decimal number without sign and leading zeros, up to 12 digits.
func number(s string) (n int64, ok bool) {
	if s == "" || len(s) > 12 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = 10*n + int64(c)
	}
	return n, true
}

// set sets the field of a letter, and reports whether there is one and the value
// can be its.
func (g *Grant) set(letter byte, value string) (ok bool) {
	switch letter {
	case letterMediaType:
		g.MediaType = value
	case letterDisposition:
		return g.setDisposition(value)
	case letterExpires:
		g.Expires, ok = seconds(value)
		return ok
	case letterName:
		g.Name = value
	case letterID:
		g.ID = value
	case letterKey:
		g.Key = value
	case letterMethod:
		g.Method = Head
		return value == wordHead
	case letterNotBefore:
		g.NotBefore, ok = seconds(value)
		return ok
	case letterNetwork:
		g.Network = value
	case letterSubject:
		g.Subject = value
	case letterPrefix:
		g.Prefix = value
	case letterUses:
		g.Uses, ok = number(value)
		return ok && g.Uses > 0
	default:
		return false
	}
	return true
}

func (g *Grant) setDisposition(value string) bool {
	switch value {
	case wordAttachment:
		g.Disposition = Attachment
	case wordInline:
		g.Disposition = Inline
	default:
		return false
	}
	return true
}

// seconds reads a time as seconds since 1970.
func seconds(value string) (time.Time, bool) {
	n, ok := number(value)
	if !ok || n == 0 || n > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(n, 0).UTC(), true
}
