package link

import (
	"encoding/base64"
	"strconv"
)

// version is the first byte of every grant. A change of what any field means
// gets another one.
const version = '1'

// domain begins every message, so that the key signs nothing else by accident.
const domain = "downlink-link\n"

// The letters of the fields, in the order in which they are written.
const (
	letterMediaType   = 'c'
	letterDisposition = 'd'
	letterExpires     = 'e'
	letterName        = 'f'
	letterID          = 'i'
	letterKey         = 'k'
	letterMethod      = 'm'
	letterNotBefore   = 'n'
	letterPath        = 'p' // of the message only
	letterNetwork     = 'r'
	letterSubject     = 's'
	letterPrefix      = 't'
	letterUses        = 'u'
)

const (
	wordAttachment = "attachment"
	wordInline     = "inline"
	wordHead       = "HEAD"
)

// appendGrant appends the grant's fields but the path, those without a value
// left out.
func appendGrant(b []byte, g *Grant) []byte {
	b = append(b, version)
	b = appendField(b, letterMediaType, g.MediaType)
	switch g.Disposition {
	case Attachment:
		b = appendField(b, letterDisposition, wordAttachment)
	case Inline:
		b = appendField(b, letterDisposition, wordInline)
	}
	b = appendNumber(b, letterExpires, g.Expires.Unix())
	b = appendField(b, letterName, g.Name)
	b = appendField(b, letterID, g.ID)
	b = appendField(b, letterKey, g.Key)
	if g.Method == Head {
		b = appendField(b, letterMethod, wordHead)
	}
	if !g.NotBefore.IsZero() {
		b = appendNumber(b, letterNotBefore, g.NotBefore.Unix())
	}
	b = appendField(b, letterNetwork, g.Network)
	b = appendField(b, letterSubject, g.Subject)
	b = appendField(b, letterPrefix, g.Prefix)
	if g.Uses > 0 {
		b = appendNumber(b, letterUses, g.Uses)
	}
	return b
}

// appendField appends letter, length, colon and value; nothing for no value.
func appendField(b []byte, letter byte, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, letter)
	b = strconv.AppendInt(b, int64(len(value)), 10)
	b = append(b, ':')
	return append(b, value...)
}

func appendNumber(b []byte, letter byte, n int64) []byte {
	var digits [20]byte
	return appendField(b, letter, string(strconv.AppendInt(digits[:0], n, 10)))
}

// appendMessage appends what is signed: the grant's text as the token has it,
// and the path if the grant is for one.
func appendMessage(b, grant []byte, path string) []byte {
	b = append(b, domain...)
	b = append(b, grant...)
	return appendField(b, letterPath, path)
}

// encoding is base64url without padding (RFC 4648 §5).
var encoding = base64.RawURLEncoding
