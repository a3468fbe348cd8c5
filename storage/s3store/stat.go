package s3store

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Stat returns the metadata of the object at key: one HeadObject.
func (s *Store) Stat(ctx context.Context, key string) (core.Metadata, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return core.Metadata{}, storage.ErrNotFound
	}
	head, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	out, err := s.head(head, full)
	if err != nil {
		return core.Metadata{}, s.failure(ctx, head, err)
	}
	if skew, ok := middleware.GetAttemptSkew(out.ResultMetadata); ok {
		s.skew.Store(int64(skew))
	}
	if out.ContentLength == nil || aws.ToString(out.ETag) == "" {
		return core.Metadata{}, fmt.Errorf("%w: the answer has no length or no entity-tag: is %s an S3 server?", storage.ErrUnavailable, s.base.Host)
	}
	return metadata(*out.ContentLength, out.ETag, out.LastModified, out.ContentType, out.ContentEncoding), nil
}

// head asks by HEAD. An answer to it has no body, so that the cause of a refusal has to
// be asked for by GET. Should there be none any more, such as a wrong clock of which
// the SDK learns only now, HEAD is tried again.
func (s *Store) head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &s.opts.Bucket, Key: &key}
	out, err := s.client.HeadObject(ctx, in)
	if !silent(err) {
		return out, err
	}
	reason, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.opts.Bucket, Key: &key, Range: aws.String("bytes=0-0")})
	switch {
	case err == nil:
		reason.Body.Close()
	case !errors.Is(s.failure(ctx, ctx, err), errRange): // an empty object has no first byte
		return nil, err
	}
	return s.client.HeadObject(ctx, in)
}
