package s3store

import (
	"context"
	"errors"
	"net/http"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Stat returns the metadata of the object at key: one HeadObject.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return core.Metadata{}, storage.ErrNotFound
	}
	return s.stat(ctx, full)
}

// stat is Stat for a key of the bucket.
func (s *Store) stat(ctx context.Context, full string) (core.Metadata, error) {
	head, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	fields, length, err := s.head(head, full)
	if err != nil {
		return core.Metadata{}, s.failure(ctx, head, err)
	}
	if length < 0 || fields.Get("ETag") == "" {
		return core.Metadata{}, s.lacks("length or no entity-tag")
	}
	return metadata(length, fields), nil
}

// head asks by HEAD. An answer to it has no body, so that the cause of a refusal has to
// be asked for by GET. Should there be none any more, HEAD is tried again.
func (s *Store) head(ctx context.Context, key string) (http.Header, int64, error) {
	fields, length, err := s.headObject(ctx, key)
	if !silent(err) {
		return fields, length, err
	}
	reason, err := s.getObject(ctx, key, "bytes=0-0", "")
	switch {
	case err == nil:
		_ = discard(reason) // it was only to say why not
	case !errors.Is(s.failure(ctx, ctx, err), errRange): // an empty object has no first byte
		return nil, 0, err
	}
	return s.headObject(ctx, key)
}
