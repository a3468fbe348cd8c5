package s3store

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/awscall"
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
	return s.begin(ctx, full)
}

// UploadedParts asks S3 for the parts that it has: one request for 1,000.
func (s *Store) UploadedParts(ctx context.Context, key, id string) (parts []storage.Part, err error) {
	full, _ := s.objectKey(key)
	for q := (url.Values{"uploadId": {id}}); ; {
		page, err := s.partsPage(ctx, query(http.MethodGet, s.url(full), q, nil))
		if err != nil {
			return nil, err
		}
		for _, p := range page.Part {
			parts = append(parts, storage.Part{Number: p.PartNumber, Size: p.Size, ETag: p.ETag})
		}
		if !page.IsTruncated {
			return parts, nil
		}
		if err := s.turn(q, "part-number-marker", page.NextPartNumberMarker); err != nil {
			return nil, err
		}
	}
}

func (s *Store) partsPage(ctx context.Context, r *awscall.Request) (page listedParts, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	err = s.uploadFailure(ctx, limited, s.document(limited, s.client, r, &page))
	return page, err
}

// CompleteUpload has S3 make the object of the parts, then looks at it.
func (s *Store) CompleteUpload(ctx context.Context, key, id string, parts []storage.Part) (core.Metadata, error) {
	full, _ := s.objectKey(key)
	u := upload{store: s, key: full, id: id}
	for _, p := range parts {
		u.parts = append(u.parts, sentPart{ETag: p.ETag, PartNumber: p.Number})
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
	return s.letGo(ctx, full, id)
}

// letGo aborts the upload for a key of the bucket.
func (s *Store) letGo(ctx context.Context, key, id string) error {
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	_, err := s.send(limited, s.client, query(http.MethodDelete, s.url(key), url.Values{"uploadId": {id}}, nil))
	return s.uploadFailure(ctx, limited, err)
}

// PresignPart signs the URL of a part as [Store.Presign] does that of an object. The
// part's length is signed too: S3 refuses another one.
func (s *Store) PresignPart(ctx context.Context, key, id string, p storage.Part, expires time.Duration) (string, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return "", storage.ErrNotFound
	}
	return s.presign(ctx, expires, http.MethodPut, s.url(full), url.Values{"uploadId": {id}, "partNumber": {strconv.Itoa(p.Number)}}, p.Size)
}

// uploadFailure is failure for a request about an upload, which may not be there any
// more.
func (s *Store) uploadFailure(ctx, limited context.Context, err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*awscall.Error](err); ok && refused.Code == "NoSuchUpload" {
		return storage.ErrNotFound
	}
	return s.failure(ctx, limited, err)
}
