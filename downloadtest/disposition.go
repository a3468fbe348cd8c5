package downloadtest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Disposition is a parsed Content-Disposition (RFC 6266).
type Disposition struct {
	Type     string // in lower case: Attachment or Inline, usually
	Filename string // the parameter filename, unquoted
	// Extended is the parameter filename*, decoded (RFC 8187); HasExtended says
	// whether it is there.
	Extended    string
	HasExtended bool
}

// Name is the name under which a client saves the file: filename* goes before
// filename (RFC 6266 §4.3).
func (d Disposition) Name() string {
	if d.HasExtended {
		return d.Extended
	}
	return d.Filename
}

// ParseDisposition parses the value of a Content-Disposition as strictly as its
// grammar is. Other parameters than filename and filename* are an error too: clients
// differ in what they make of them.
func ParseDisposition(value string) (Disposition, error) {
	if i := strings.IndexFunc(value, func(r rune) bool { return r < 0x20 || r > 0x7e }); i >= 0 {
		return Disposition{}, fmt.Errorf("byte %#x, which no header field should have", value[i])
	}
	kind, rest := cutToken(value)
	if kind == "" {
		return Disposition{}, errors.New("it does not begin with a type such as attachment")
	}
	d := Disposition{Type: strings.ToLower(kind)}
	seen := map[string]bool{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		var name, text string
		var err error
		if name, text, rest, err = cutParameter(rest); err != nil {
			return d, err
		}
		if seen[name] {
			return d, fmt.Errorf("parameter %s is there twice", name)
		}
		seen[name] = true
		if err := d.set(name, text); err != nil {
			return d, err
		}
	}
	return d, nil
}

func (d *Disposition) set(name, text string) (err error) {
	switch name {
	case "filename":
		d.Filename = text
	case "filename*":
		d.Extended, err = decodeExtended(text)
		d.HasExtended = true
	default:
		err = fmt.Errorf("parameter %s is neither filename nor filename*", name)
	}
	return err
}

// cutParameter cuts `; name=value` from the front; the name is in lower case.
func cutParameter(s string) (name, value, rest string, err error) {
	s, ok := strings.CutPrefix(s, ";")
	if !ok {
		return "", "", "", fmt.Errorf("%q stands where a semicolon should", s)
	}
	name, s = cutToken(strings.TrimLeft(s, " \t"))
	s, ok = strings.CutPrefix(s, "=")
	switch {
	case name == "" || !ok:
		return "", "", "", errors.New("a parameter is no name=value")
	case strings.HasPrefix(s, `"`):
		value, rest, err = cutQuoted(s)
	default:
		if value, rest = cutToken(s); value == "" {
			err = fmt.Errorf("parameter %s has no value", name)
		}
	}
	return strings.ToLower(name), value, rest, err
}

// cutToken cuts a token (RFC 9110 §5.6.2) from the front. What RFC 8187 lets stand in
// an extended value is made of the same characters.
func cutToken(s string) (token, rest string) {
	i := 0
	for i < len(s) && s[i] > 0x20 && s[i] < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?={}`, rune(s[i])) {
		i++
	}
	return s[:i], s[i:]
}

// cutQuoted cuts a quoted-string (RFC 9110 §5.6.4) from the front and unquotes it.
func cutQuoted(s string) (text, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			if i++; i == len(s) {
				return "", "", errors.New("the quoted string has no end")
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", errors.New("the quoted string has no end")
}

// decodeExtended decodes an extended value (RFC 8187 §3.2.1) in UTF-8.
func decodeExtended(s string) (string, error) {
	parts := strings.SplitN(s, "'", 3)
	if len(parts) != 3 || !strings.EqualFold(parts[0], "UTF-8") {
		return "", fmt.Errorf("filename* is %q, which does not begin with UTF-8''", s)
	}
	text, err := url.PathUnescape(parts[2])
	if err != nil || !utf8.ValidString(text) {
		return "", fmt.Errorf("filename* is %q, which is no UTF-8 in percent-encoding", s)
	}
	return text, nil
}
