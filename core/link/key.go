package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
)

const (
	macSize = sha256.Size
	// minSecret is the shortest secret in bytes: as long as the MAC (RFC 2104 §3).
	minSecret = 32
	// minDistinct is how many different bytes a secret has at least: one of a
	// random generator has more, also in hexadecimal.
	minDistinct = 8
)

// Key is a secret and the id by which links name it. It prints as its id.
type Key struct {
	id     string
	secret []byte
}

// NewKey returns a key. The id is 1 to 32 letters, digits, "-", "_" and "."; the
// secret is at least 32 bytes long and of a random generator.
func NewKey(id string, secret []byte) (Key, error) {
	var seen [256]bool
	distinct := 0
	for _, c := range secret {
		if !seen[c] {
			seen[c] = true
			distinct++
		}
	}
	switch {
	case !word(id, maxKeyID):
		return Key{}, errors.New("a key's id is 1 to 32 letters, digits, \"-\", \"_\" and \".\"")
	case len(secret) < minSecret:
		return Key{}, errors.New("the secret is shorter than 32 bytes: make one with `openssl rand -base64 32`")
	case distinct < minDistinct:
		return Key{}, errors.New("the secret can be guessed: make one with `openssl rand -base64 32`")
	}
	return Key{id, append([]byte(nil), secret...)}, nil
}

// ID is the id by which links name the key.
func (k Key) ID() string { return k.id }

// String is the id: a secret does not get into a log by accident.
func (k Key) String() string { return k.id }

// GoString is as String.
func (k Key) GoString() string { return k.id }

// mac is the HMAC-SHA-256 of the message of a grant for path, "" if the grant has
// a prefix.
func (k Key) mac(grant []byte, path string) []byte {
	var buf [512]byte
	h := hmac.New(sha256.New, k.secret)
	h.Write(appendMessage(buf[:0], grant, path))
	return h.Sum(nil)
}
