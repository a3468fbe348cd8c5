package s3store

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/awscall"
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
	fields, err := s.send(limited, s.writer, untyped(query(http.MethodPut, s.url(key), nil, data)))
	if err != nil {
		return "", s.failure(ctx, limited, err)
	}
	return quoted(fields.Get("ETag")), nil
}

// untyped has a request make an object whose type nobody says. Left to themselves,
// servers take different types, and some take none.
func untyped(r *awscall.Request) *awscall.Request {
	r.Header = http.Header{"Content-Type": {"application/octet-stream"}}
	return r
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
		etag, err = u.finish(ctx)
	}
	if err != nil {
		u.abort(ctx)
	}
	return etag, u.size, err
}

func (s *Store) begin(ctx context.Context, key string) (id string, err error) {
	limited, cancel := s.limit(ctx)
	defer cancel()
	var answer begun
	if err := s.document(limited, s.writer, untyped(query(http.MethodPost, s.url(key), url.Values{"uploads": {""}}, nil)), &answer); err != nil {
		return "", s.failure(ctx, limited, err)
	}
	if answer.UploadID == "" {
		return "", s.lacks("UploadId")
	}
	return answer.UploadID, nil
}

// upload is an object that is sent in parts.
type upload struct {
	store   *Store
	key, id string
	parts   []sentPart
	size    int64
	// encrypted: by keys of KMS.
	encrypted bool
}

func (u *upload) part(ctx context.Context, data []byte) error {
	limited, cancel := u.store.limit(ctx)
	defer cancel()
	number := len(u.parts) + 1
	q := url.Values{"uploadId": {u.id}, "partNumber": {strconv.Itoa(number)}}
	fields, err := u.store.send(limited, u.store.writer, query(http.MethodPut, u.store.url(u.key), q, data))
	if err != nil {
		return u.store.failure(ctx, limited, err)
	}
	u.parts = append(u.parts, sentPart{ETag: fields.Get("ETag"), PartNumber: number})
	u.size += int64(len(data))
	by := fields.Get("X-Amz-Server-Side-Encryption")
	u.encrypted = u.encrypted || by != "" && by != "AES256"
	return nil
}

func (u *upload) complete(ctx context.Context) (etag string, err error) {
	limited, cancel := u.store.limit(ctx)
	defer cancel()
	body, err := xml.Marshal(completion{Part: u.parts})
	if err != nil {
		return "", err
	}
	var done completed
	if err := u.store.document(limited, u.store.writer, query(http.MethodPost, u.store.url(u.key), url.Values{"uploadId": {u.id}}, body), &done); err != nil {
		return "", u.store.uploadFailure(ctx, limited, err)
	}
	if done.ETag == "" {
		return "", u.store.lacks("ETag")
	}
	return quoted(done.ETag), nil
}

// abort lets go of the parts, also for a client who went away. Should it fail, the
// bucket's own rules for unfinished uploads remove them.
func (u *upload) abort(ctx context.Context) {
	_ = u.store.letGo(context.WithoutCancel(ctx), u.key, u.id)
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
	if _, err := s.send(limited, s.client, query(http.MethodDelete, s.url(full), nil, nil)); err != nil {
		return s.failure(ctx, limited, err)
	}
	return nil
}

func (s *Store) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, longestWrite, errNoAnswer)
}
