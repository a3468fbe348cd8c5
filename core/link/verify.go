package link

import (
	"crypto/hmac"
	"errors"
	"slices"
	"time"
)

// Refusal says why a link is not accepted. It is for logs: all of them are the
// same 403 to a client.
type Refusal string

// Error is the reason, as a phrase.
func (r Refusal) Error() string { return string(r) }

// The refusals, in the order in which they are looked for.
const (
	ErrMissing   Refusal = "the request has no signed link"
	ErrTwice     Refusal = "the request has several signed links"
	ErrMalformed Refusal = "the link is malformed"
	ErrKey       Refusal = "the link names a key that there is not"
	ErrSignature Refusal = "the link's signature is wrong"
	ErrPath      Refusal = "the link is for another path"
	ErrClock     Refusal = "the time is not known"
	ErrExpired   Refusal = "the link has expired"
	ErrNotYet    Refusal = "the link is not valid yet"
	ErrLife      Refusal = "the link is valid for longer than links may be"
	ErrNetwork   Refusal = "the link is for another network"
	ErrRevoked   Refusal = "the link was revoked"
	ErrMethod    Refusal = "the link is not for this method"
)

// Options are the rules of a Verifier. MaxLife is required.
type Options struct {
	// MaxLife is how long before its expiry a link is accepted at most. A link
	// that says more is refused until then, so none is ever good for longer.
	MaxLife time.Duration
	// Leeway is allowed for clocks that differ, at most one minute.
	Leeway time.Duration
	// RevokedIDs and RevokedSubjects are links that are refused whatever they say.
	RevokedIDs, RevokedSubjects []string
}

// Verifier accepts the links of its keys. It never changes and serves any number
// of goroutines.
type Verifier struct {
	keys            []Key
	maxLife, leeway int64 // seconds
	ids, subjects   map[string]bool
}

const (
	maxLeeway = time.Minute
	mostKeys  = 16
)

// NewVerifier returns a verifier for links that any of keys signed.
func NewVerifier(keys []Key, o Options) (*Verifier, error) {
	switch {
	case len(keys) == 0 || len(keys) > mostKeys:
		return nil, errors.New("links need 1 to 16 keys")
	case o.MaxLife < time.Second:
		return nil, errors.New("links need a longest life")
	case o.Leeway < 0 || o.Leeway > maxLeeway:
		return nil, errors.New("leeway is at most one minute")
	}
	v := &Verifier{maxLife: int64(o.MaxLife / time.Second), leeway: int64(o.Leeway / time.Second)}
	for _, k := range keys {
		if k.id == "" {
			return nil, errors.New("a key is made by NewKey")
		}
		if _, twice := v.key(k.id); twice {
			return nil, errors.New("two keys are called " + k.id)
		}
		v.keys = append(v.keys, k)
	}
	v.ids, v.subjects = set(o.RevokedIDs), set(o.RevokedSubjects)
	return v, nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

func (v *Verifier) key(id string) (Key, bool) {
	i := slices.IndexFunc(v.keys, func(k Key) bool { return k.id == id })
	if i < 0 {
		return Key{}, false
	}
	return v.keys[i], true
}

// Request is the part of a request that a link depends on.
type Request struct {
	Method string
	Path   string // decoded, as it is looked up: "/files/a b.pdf"
	Query  string // as it was received, without "?"
	Client string // address of the client, with or without a port; "" if unknown
	Now    time.Time
}

// Verify returns what the request's link grants. The error is a Refusal; there
// is a grant beside ErrMethod and whatever else comes after the signature, and
// it must not be acted upon.
func (v *Verifier) Verify(r Request) (*Grant, error) {
	text, err := find(r.Query)
	if err != nil {
		return nil, err
	}
	t, err := decode(text)
	if err != nil {
		return nil, err
	}
	key, ok := v.key(t.grant.Key)
	if !ok {
		return nil, ErrKey
	}
	g := t.grant
	if g.Prefix == "" {
		g.Path = r.Path
	}
	if !hmac.Equal(t.mac, key.mac(t.text, g.Path)) {
		return nil, ErrSignature
	}
	return &g, v.allow(&g, &r)
}

// allow checks a genuine grant against the request and the verifier's rules.
func (v *Verifier) allow(g *Grant, r *Request) error {
	now := r.Now.Unix()
	switch {
	case g.Prefix != "" && !below(r.Path, g.Prefix):
		return ErrPath
	case r.Now.IsZero():
		return ErrClock
	case now >= g.Expires.Unix()+v.leeway:
		return ErrExpired
	case !g.NotBefore.IsZero() && now < g.NotBefore.Unix()-v.leeway:
		return ErrNotYet
	case g.Expires.Unix()-now > v.maxLife+v.leeway:
		return ErrLife
	case g.Network != "" && !contains(g.Network, r.Client):
		return ErrNetwork
	case g.ID != "" && v.ids[g.ID], g.Subject != "" && v.subjects[g.Subject]:
		return ErrRevoked
	case r.Method != "HEAD" && (r.Method != "GET" || g.Method != Read):
		return ErrMethod
	}
	return nil
}

// below reports whether path is longer than prefix, which ends with a slash, and
// begins with it.
func below(path, prefix string) bool {
	return len(path) > len(prefix) && path[:len(prefix)] == prefix
}

// find returns the value of the one parameter called link. Names are compared as
// they stand; what is not called exactly so is somebody else's and changes nothing.
func find(query string) (token string, err error) {
	const name = Param + "="
	err = ErrMissing
	for start := 0; start <= len(query); {
		end := start
		for end < len(query) && query[end] != '&' {
			end++
		}
		if p := query[start:end]; len(p) >= len(name) && p[:len(name)] == name {
			if err == nil {
				return "", ErrTwice
			}
			token, err = p[len(name):], nil
		}
		start = end + 1
	}
	return token, err
}

// WithoutLink is a query with the parameters called link taken out: for whoever may
// know the rest of it and not the token.
func WithoutLink(query string) string {
	var kept []byte
	for start := 0; start <= len(query); {
		end := start
		for end < len(query) && query[end] != '&' {
			end++
		}
		p := query[start:end]
		if len(p) < len(Param) || p[:len(Param)] != Param || len(p) > len(Param) && p[len(Param)] != '=' {
			if kept = append(kept, p...); end < len(query) {
				kept = append(kept, '&')
			}
		}
		start = end + 1
	}
	return string(kept)
}
