// Package generate makes files when they are asked for: a generator writes each
// into a cache, once for all who want it at the same time, and it is served from
// there as any stored file is.
package generate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/downlink-go/downlink/core"
)

var (
	// ErrArgument: a file cannot be made of what the request asks for.
	ErrArgument = errors.New("the arguments cannot be used")
	// ErrNoUser: the file is of one user, and who asks is not known.
	ErrNoUser = errors.New("the file is for a known user only")
)

// Generator makes files.
type Generator interface {
	// Plan says which file the request is for, without making it. It checks the
	// arguments; an error that wraps ErrArgument is answered 400.
	Plan(ctx context.Context, r *Request) (Recipe, error)
}

// GeneratorFunc is a generator of one function.
type GeneratorFunc func(ctx context.Context, r *Request) (Recipe, error)

// Plan calls f.
func (f GeneratorFunc) Plan(ctx context.Context, r *Request) (Recipe, error) { return f(ctx, r) }

// Request is what a generator may look at. Nothing signs the Query, even of a
// request with a signed link, which is for a path: arguments that strangers must
// not choose are variables of the pattern.
type Request struct {
	core.Request
	// Plan is how the request was routed.
	Plan core.Plan
	// User is who asks, as the view says; "" if nobody is known.
	User string
	// Native is the adapter's own request: an *http.Request in nethttp.
	Native any
}

// Param is the decoded value of the pattern's variable called name, "" without
// one.
func (r *Request) Param(name string) string { return r.Plan.Param(name) }

// Recipe is a file that can be made.
type Recipe struct {
	// Key is everything that the bytes depend on, in any form: requests with equal
	// keys are given the same file until it is too old. "" is the request's path.
	Key string
	// PerUser gives each user a file of their own. It is ErrNoUser without a user.
	PerUser bool
	// Name is the client-side file name; "" is a UUID, the same for the same
	// file, and Ext.
	Name string
	// Ext is the extension of the name, with its dot. The media type goes by it. ""
	// is that of Name.
	Ext string
	// Create writes the file. It is called once for all who wait for the file, and
	// its context ends when all of them have gone or the time is up. What it wrote
	// before an error is never seen.
	Create func(ctx context.Context, w io.Writer) error
}

// id is what the recipe's file goes by in a cache, from all that tells it from
// others.
func (c *Recipe) id(r *Request) ([sha256.Size]byte, error) {
	var none [sha256.Size]byte
	if c.PerUser && r.User == "" {
		return none, ErrNoUser
	}
	if c.Create == nil {
		return none, errors.New("the generator's recipe has no Create")
	}
	kind, key, user := "key", c.Key, ""
	if key == "" {
		kind, key = "path", r.Path
	}
	if c.PerUser {
		user = r.User
	}
	h := sha256.New()
	for _, s := range [...]string{kind, key, user} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		io.WriteString(h, s)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

// File is a file of a cache.
type File struct {
	Key  string // in the cache's store
	Name string // client-side
}

// File says where the recipe's file is kept, and under which name it is given out.
func (c *Recipe) File(r *Request) (File, error) {
	id, err := c.id(r)
	if err != nil {
		return File{}, err
	}
	ext := c.Ext
	if ext == "" {
		ext = path.Ext(c.Name)
	}
	if !isExt(ext) {
		ext = ""
	}
	f := File{Key: hex.EncodeToString(id[:]) + ext, Name: c.Name}
	if f.Name == "" {
		f.Name = uuid(id) + ext
	}
	return f, nil
}

// isExt reports a dot and 1 to 10 letters or digits of ASCII: what every file
// system takes.
func isExt(s string) bool {
	const longest = 10
	if len(s) < 2 || len(s) > longest+1 || s[0] != '.' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// uuid is a UUID of version 8 (RFC 9562 §5.8) made of a file's id.
func uuid(id [sha256.Size]byte) string {
	u := id[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
