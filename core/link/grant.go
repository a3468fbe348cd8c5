package link

import (
	"errors"
	"strconv"
	"time"
)

// Grant is what a link allows. Required are Key, Expires and one of Path and
// Prefix; the zero value of any other field asks for nothing.
type Grant struct {
	// Path is the one path that may be asked for, decoded: "/files/a b.pdf".
	// It is part of what is signed but not of the token: the URL has it.
	Path string
	// Prefix, in place of Path, allows every path below it. Decoded too, it
	// begins and ends with a slash: "/files/2026/".
	Prefix string

	Key     string    // id of the key that signs
	Expires time.Time // from this whole second on the link is refused

	NotBefore   time.Time   // until this whole second it is refused
	Method      Method      // what may be done
	Disposition Disposition // in place of the view's
	Name        string      // client-side file name in place of the view's; at most 255 bytes
	MediaType   string      // type/subtype in place of the view's
	Network     string      // only clients in it: "192.0.2.0/24", "2001:db8::/32"
	Subject     string      // whom the link is for; goes to the log, and can be revoked
	ID          string      // of this link: goes to the log, can be revoked, counts the uses
	Uses        int64       // how many downloads; 0 is any number; needs an ID
}

// Method is a class of request methods.
type Method uint8

// The method classes.
const (
	Read Method = iota // GET and HEAD
	Head               // HEAD only: to know of a file, not to have it
)

// Disposition says what a browser is to do with the file.
type Disposition uint8

// The dispositions. Inline is for types that cannot run script, as with views.
const (
	AsServed   Disposition = iota // as the view says
	Attachment                    // save it
	Inline                        // show it
)

// The longest values, in bytes. A URL of any grant stays below 2,000 but for a
// path that long.
const (
	maxKeyID     = 32
	maxID        = 64
	maxName      = 255
	maxSubject   = 128
	maxMediaType = 100
	maxNetwork   = 43 // an IPv6 address of eight groups and /128
	maxPrefix    = 512
	maxUses      = 1_000_000
	maxSeconds   = 253_402_300_799 // the end of the year 9999
)

// fault says what is wrong with the grant itself, nil if nothing is.
func (g *Grant) fault() error {
	switch {
	case !word(g.Key, maxKeyID):
		return errors.New("a key's id is 1 to 32 letters, digits, \"-\", \"_\" and \".\"")
	case g.Expires.IsZero():
		return errors.New("a link has an expiry")
	case !inSeconds(g.Expires) || !g.NotBefore.IsZero() && !inSeconds(g.NotBefore):
		return errors.New("times are from 1970 to 9999")
	case !g.NotBefore.IsZero() && g.NotBefore.Unix() >= g.Expires.Unix():
		return errors.New("a link that is not valid before it expires is never valid")
	case g.Method > Head || g.Disposition > Inline:
		return errors.New("unknown method class or disposition")
	case len(g.Name) > maxName || len(g.Subject) > maxSubject:
		return errors.New("a name has at most 255 bytes, a subject 128")
	case controls(g.Name) || controls(g.Subject):
		return errors.New("a name or subject has no control characters")
	case g.MediaType != "" && !mediaType(g.MediaType):
		return errors.New("a media type is type/subtype and no more")
	case g.Network != "" && !validNetwork(g.Network):
		return errors.New("a network is an address and a length without bits beyond it, such as 192.0.2.0/24")
	case g.ID != "" && !word(g.ID, maxID):
		return errors.New("a link's id is 1 to 64 letters, digits, \"-\", \"_\" and \".\"")
	case g.Uses < 0 || g.Uses > maxUses:
		return errors.New("uses are 1 to 1000000")
	case g.Uses > 0 && g.ID == "":
		return errors.New("a link with a use limit needs an id to count under")
	}
	return g.pathFault()
}

func (g *Grant) pathFault() error {
	switch p := g.Prefix; {
	case p == "" && (g.Path == "" || g.Path[0] != '/'):
		return errors.New("a path begins with a slash")
	case p == "":
		return nil
	case g.Path != "":
		return errors.New("a link is for a path or a prefix, not both")
	case p[0] != '/' || p[len(p)-1] != '/' || len(p) > maxPrefix:
		return errors.New("a prefix begins and ends with a slash and has at most " + strconv.Itoa(maxPrefix) + " bytes")
	}
	return nil
}

// inSeconds reports whether t can be written as seconds since 1970.
func inSeconds(t time.Time) bool { s := t.Unix(); return s > 0 && s <= maxSeconds }

// word reports 1 to most letters, digits, "-", "_" and ".".
func word(s string, most int) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return s != "" && len(s) <= most
}

func controls(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// mediaType reports type/subtype, both of letters, digits and a few marks
// (RFC 6838 §4.2).
func mediaType(s string) bool {
	slash := -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '/' && slash < 0:
			slash = i
		case c == '!' || c == '#' || c == '$' || c == '&' || c == '-' || c == '^' || c == '_' || c == '.' || c == '+':
		default:
			return false
		}
	}
	return slash > 0 && slash < len(s)-1 && len(s) <= maxMediaType
}
