package s3store

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var (
	_ storage.Uploader      = (*Store)(nil)
	_ storage.PartPresigner = (*Store)(nil)
)

// BeginUpload begins a multipart upload.
func (s *Store) BeginUpload(ctx context.Context, key string) (id string, err error) {
	full, ok := s.objectKey(key)
	if !ok {
		return "", storage.ErrNotFound
	}
	begun, err := s.begin(ctx, full)
	return aws.ToString(begun), err
}

// UploadedParts asks S3 for the parts that it has: one request for 1,000.
func (s *Store) UploadedParts(ctx context.Context, key, id string) (parts []storage.Part, err error) {
	full, _ := s.objectKey(key)
	pages := s3.NewListPartsPaginator(s.client, &s3.ListPartsInput{Bucket: &s.opts.Bucket, Key: &full, UploadId: &id})
	for pages.HasMorePages() {
		limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
		page, err := pages.NextPage(limited)
		err = s.uploadFailure(ctx, limited, err)
		cancel()
		if err != nil {
			return nil, err
		}
		for _, p := range page.Parts {
			parts = append(parts, storage.Part{Number: int(aws.ToInt32(p.PartNumber)), Size: aws.ToInt64(p.Size), ETag: aws.ToString(p.ETag)})
		}
	}
	return parts, nil
}

// CompleteUpload has S3 make the object of the parts, then looks at it.
func (s *Store) CompleteUpload(ctx context.Context, key, id string, parts []storage.Part) (core.Metadata, error) {
	full, _ := s.objectKey(key)
	u := upload{store: s, key: full, id: &id}
	for _, p := range parts {
		u.parts = append(u.parts, types.CompletedPart{ETag: aws.String(p.ETag), PartNumber: aws.Int32(int32(p.Number))})
	}
	etag, err := u.complete(ctx)
	if err != nil {
		return core.Metadata{}, err
	}
	m, err := s.Stat(ctx, key)
	if err == nil && m.ETag != etag {
		err = storage.ErrChanged
	}
	return m, err
}

// AbortUpload has S3 let go of the parts.
func (s *Store) AbortUpload(ctx context.Context, key, id string) error {
	full, _ := s.objectKey(key)
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	_, err := s.client.AbortMultipartUpload(limited, &s3.AbortMultipartUploadInput{Bucket: &s.opts.Bucket, Key: &full, UploadId: &id})
	return s.uploadFailure(ctx, limited, err)
}

// PresignPart signs the URL of a part as [Store.Presign] does that of an object. The
// part's length is signed too: S3 refuses another one.
func (s *Store) PresignPart(ctx context.Context, key, id string, p storage.Part, expires time.Duration) (string, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return "", storage.ErrNotFound
	}
	return s.presign(ctx, expires, &http.Request{Method: http.MethodPut, URL: s.url(full), ContentLength: p.Size},
		url.Values{"uploadId": {id}, "partNumber": {strconv.Itoa(p.Number)}})
}

// UploadOrigin is the origin of the bucket.
func (s *Store) UploadOrigin() string { return s.base.Scheme + "://" + s.base.Host }

// uploadFailure is failure for a request about an upload, which may not be there any
// more.
func (s *Store) uploadFailure(ctx, limited context.Context, err error) error {
	if err == nil {
		return nil
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchUpload" {
		return storage.ErrNotFound
	}
	return s.failure(ctx, limited, err)
}
