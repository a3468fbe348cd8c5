package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var _ storage.Writer = (*Store)(nil)

const (
	// partSize is how much of an object is held in memory while it is saved, in bytes.
	// S3 takes 10,000 parts, which comes to 78 GiB.
	partSize = 8 << 20
	// longestWrite is how long all tries to send one part may take.
	longestWrite = 5 * time.Minute
)

// Save makes what r gives the object at key. S3 shows an object only once all of it is
// there. A small one is one request, a large one goes in parts.
func (s *Store) Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return core.Metadata{}, storage.ErrNotFound
	}
	buf := new(bytes.Buffer)
	more, err := fillPart(buf, r)
	if err != nil {
		return core.Metadata{}, err
	}
	var etag string
	size := int64(buf.Len())
	if more {
		etag, size, err = s.saveParts(ctx, full, buf, r)
	} else {
		etag, err = s.put(ctx, full, buf.Bytes())
	}
	if err != nil {
		return core.Metadata{}, err
	}
	// S3 does not say when it was modified, and it may be another version by now.
	saved := core.Metadata{Size: size, ETag: etag}
	if m, err := s.Stat(ctx, key); err == nil && m.ETag == etag {
		saved = m
	}
	return saved, nil
}

// fillPart reads the next part, and reports whether there may be more.
func fillPart(buf *bytes.Buffer, r io.Reader) (more bool, err error) {
	buf.Reset()
	n, err := io.CopyN(buf, r, partSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read what is to be saved: %w", err)
	}
	return n == partSize, nil
}

func (s *Store) put(ctx context.Context, key string, data []byte) (etag string, err error) {
	limited, cancel := s.limit(ctx)
	defer cancel()
	out, err := s.client.PutObject(limited, &s3.PutObjectInput{Bucket: &s.opts.Bucket, Key: &key, Body: bytes.NewReader(data)}, s.patient)
	if err != nil {
		return "", s.failure(ctx, limited, err)
	}
	return quoted(aws.ToString(out.ETag)), nil
}

// saveParts saves the first part, which is in buf, and what else r gives. Nothing of it
// is left if it fails.
func (s *Store) saveParts(ctx context.Context, key string, buf *bytes.Buffer, r io.Reader) (etag string, size int64, err error) {
	id, err := s.begin(ctx, key)
	if err != nil {
		return "", 0, err
	}
	u := upload{store: s, key: key, id: id}
	for more := true; err == nil && buf.Len() > 0; {
		if err = u.part(ctx, buf.Bytes()); err != nil || !more {
			break
		}
		more, err = fillPart(buf, r)
	}
	if err == nil {
		etag, err = u.complete(ctx)
	}
	if err != nil {
		u.abort(ctx)
	}
	return etag, u.size, err
}

func (s *Store) begin(ctx context.Context, key string) (id *string, err error) {
	limited, cancel := s.limit(ctx)
	defer cancel()
	begun, err := s.client.CreateMultipartUpload(limited, &s3.CreateMultipartUploadInput{Bucket: &s.opts.Bucket, Key: &key}, s.patient)
	if err != nil {
		return nil, s.failure(ctx, limited, err)
	}
	return begun.UploadId, nil
}

// upload is an object that is sent in parts.
type upload struct {
	store *Store
	key   string
	id    *string
	parts []types.CompletedPart
	size  int64
}

func (u *upload) part(ctx context.Context, data []byte) error {
	limited, cancel := u.store.limit(ctx)
	defer cancel()
	number := aws.Int32(int32(len(u.parts) + 1))
	out, err := u.store.client.UploadPart(limited, &s3.UploadPartInput{
		Bucket: &u.store.opts.Bucket, Key: &u.key, UploadId: u.id, PartNumber: number, Body: bytes.NewReader(data),
	}, u.store.patient)
	if err != nil {
		return u.store.failure(ctx, limited, err)
	}
	u.parts = append(u.parts, types.CompletedPart{ETag: out.ETag, PartNumber: number})
	u.size += int64(len(data))
	return nil
}

func (u *upload) complete(ctx context.Context) (etag string, err error) {
	limited, cancel := u.store.limit(ctx)
	defer cancel()
	out, err := u.store.client.CompleteMultipartUpload(limited, &s3.CompleteMultipartUploadInput{
		Bucket: &u.store.opts.Bucket, Key: &u.key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts},
	}, u.store.patient)
	if err != nil {
		return "", u.store.uploadFailure(ctx, limited, err)
	}
	return quoted(aws.ToString(out.ETag)), nil
}

// abort lets go of the parts, also for a client who went away. Should it fail, the
// bucket's own rules for unfinished uploads remove them.
func (u *upload) abort(ctx context.Context) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), u.store.opts.Timeout)
	defer cancel()
	_, _ = u.store.client.AbortMultipartUpload(limited, &s3.AbortMultipartUploadInput{
		Bucket: &u.store.opts.Bucket, Key: &u.key, UploadId: u.id,
	})
}

// Remove removes the object at key. S3 does not say whether there was one, so it is
// looked at first.
func (s *Store) Remove(ctx context.Context, key string) error {
	if _, err := s.Stat(ctx, key); err != nil {
		return err
	}
	full, _ := s.objectKey(key)
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	if _, err := s.client.DeleteObject(limited, &s3.DeleteObjectInput{Bucket: &s.opts.Bucket, Key: &full}); err != nil {
		return s.failure(ctx, limited, err)
	}
	return nil
}

func (s *Store) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, longestWrite, errNoAnswer)
}

// patient has a request wait for its answer longer than one that reads does: S3 answers
// once all was stored.
func (s *Store) patient(o *s3.Options) { o.HTTPClient = s.writer }
