package httpstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Store is the files below a URL of another server as a [storage.Driver]. It cannot
// list them.
type Store struct {
	client *Client
	base   string
}

var (
	_ storage.Driver  = (*Store)(nil)
	_ storage.Starter = (*Store)(nil)
)

// NewStore returns the store of the files below base, such as
// "https://files.example/public/", whose origin client must allow.
func NewStore(client *Client, base string) (*Store, error) {
	u, err := url.Parse(base)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/") {
		return nil, fmt.Errorf("base %q: write a URL that ends with a slash, such as %q", base, "https://files.example/public/")
	}
	if err := client.check(u); err != nil {
		return nil, err
	}
	return &Store{client, base}, nil
}

// Stat asks for the metadata of the file at key.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	o, err := s.OpenAt(ctx, key, core.Span{})
	if err != nil {
		return core.Metadata{}, err
	}
	return o.Metadata(), o.Close()
}

// Open asks for the metadata of the file at key; its sections are asked for when they
// are needed.
func (s *Store) Open(ctx context.Context, key string) (storage.Object, error) {
	return s.OpenAt(ctx, key, core.Span{})
}

// OpenAt asks for the file at key, from first on. A key with a backslash names none:
// the other server may take it for a slash, and the file for another one.
func (s *Store) OpenAt(ctx context.Context, key string, first core.Span) (storage.Object, error) {
	if strings.Contains(key, `\`) {
		return nil, fmt.Errorf("%w: backslash in the key of a file on another server", storage.ErrNotFound)
	}
	o, err := s.client.Open(ctx, s.base+string(core.AppendEscapedPath(nil, key)), Ask{First: first})
	if err != nil {
		return nil, err // not a nil *object in an interface
	}
	return o, nil
}

// List fails: HTTP has no list.
func (s *Store) List(context.Context, string, func(storage.Entry) bool) error {
	return errors.New("files of another HTTP server cannot be listed")
}
