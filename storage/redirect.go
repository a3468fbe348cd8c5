package storage

import (
	"context"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Presigner makes URLs at which a client gets an object from somebody else. A driver
// that is one sends clients to its product.
type Presigner interface {
	// Presign returns an absolute URL that answers GET for the object at key, with
	// ranges, without credentials of the client's own. It does not say that the
	// object exists. Errors: ErrUnavailable, ErrNotFound.
	Presign(ctx context.Context, key string, o PresignOptions) (string, error)
	// Origin is the origin (RFC 6454) of those URLs.
	Origin() string
}

// PresignOptions say what a URL is good for.
type PresignOptions struct {
	// Expires is how long it is good, in whole seconds.
	Expires time.Duration
	// Fields are what the answer shall say of the object, in place of what the
	// product knows: Cache-Control, Content-Disposition, Content-Encoding,
	// Content-Language and Content-Type. Others are left out.
	Fields []core.Field
}

// Delivery names how objects reach the client that no front server sends.
type Delivery string

// The deliveries.
const (
	// Stream: this process sends them, all of them.
	Stream Delivery = "stream"
	// Redirect: clients are sent elsewhere for them, always. What cannot be had
	// there is not sent at all.
	Redirect Delivery = "redirect"
	// Auto: clients are sent elsewhere for large objects, and this process sends the
	// small ones, and large ones while there is no way to send clients elsewhere.
	Auto Delivery = "auto"
)

// Elsewhere is where else the objects of a store can be had, and when clients are
// sent there.
type Elsewhere struct {
	Presigner
	Delivery Delivery // "" is Stream
	// MinSize is the least size in bytes of what Auto sends clients elsewhere for.
	MinSize int64
	// Expires is how long a URL is good; 0 is MaxExpires.
	Expires time.Duration
}

// Public reports whether that place is open to everybody.
func (e Elsewhere) Public() bool {
	_, public := e.Presigner.(UnsignedPublicURL)
	return public
}

// MaxExpires is how long URLs are good unless told otherwise: long enough for a
// client to begin, too short to be worth passing on.
const MaxExpires = 5 * time.Minute

// WithElsewhere returns the store with another place where clients get its objects.
func (s *Store) WithElsewhere(e Elsewhere) *Store {
	t := *s
	if e.Expires == 0 {
		e.Expires = MaxExpires
	}
	t.elsewhere = e
	return &t
}

// Elsewhere is where else the store's objects can be had; without a Presigner,
// nowhere.
func (s *Store) Elsewhere() Elsewhere { return s.elsewhere }

// Presign returns a URL of the object at key at that other place. Errors:
// ErrNotFound, ErrUnavailable.
func (s *Store) Presign(ctx context.Context, key string, fields []core.Field) (string, error) {
	if err := s.check(key); err != nil {
		return "", err
	}
	url, err := s.elsewhere.Presigner.Presign(ctx, key, PresignOptions{Expires: s.elsewhere.Expires, Fields: fields})
	return url, s.wrap("presign", key, err)
}

// UnsignedPublicURL is the URL prefix of a public copy of a store: whoever knows or
// guesses a key reads the object, for ever, and no link, hook or log of this server
// has a part in it. It is a Presigner that signs nothing and cannot ask for fields.
type UnsignedPublicURL string

var _ Presigner = UnsignedPublicURL("")

// Presign appends key to the prefix, percent-encoded.
func (u UnsignedPublicURL) Presign(_ context.Context, key string, _ PresignOptions) (string, error) {
	return string(core.AppendEscapedPath([]byte(u), key)), nil
}

// Origin is that of the prefix.
func (u UnsignedPublicURL) Origin() string { return Origin(string(u)) }

// Origin is the origin (RFC 6454) of an absolute URL.
func Origin(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}
