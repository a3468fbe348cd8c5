package s3store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/storage"
)

// Presign returns a URL that answers GET for the object at key without credentials
// until it expires: SigV4 in the query. It is made here, S3 is not asked.
func (s *Store) Presign(ctx context.Context, key string, o storage.PresignOptions) (string, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return "", storage.ErrNotFound
	}
	q := url.Values{}
	for _, f := range o.Fields {
		if name := overrides[f.Name]; name != "" {
			q.Set(name, f.Value)
		}
	}
	return s.presign(ctx, o.Expires, http.MethodGet, s.url(full), q, 0)
}

// Origin is the origin of the bucket, and so of every URL that is signed.
func (s *Store) Origin() string { return s.base.Scheme + "://" + s.base.Host }

// presign signs the URL of a request, and its length unless that is 0.
func (s *Store) presign(ctx context.Context, expires time.Duration, method string, u *url.URL, q url.Values, length int64) (string, error) {
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	q.Set("X-Amz-Expires", strconv.FormatInt(int64(expires/time.Second), 10))
	u.RawQuery = q.Encode()
	signed, err := s.client.Presign(limited, method, u, length)
	if err != nil {
		return "", fmt.Errorf("presign: %w", s.failure(ctx, limited, err))
	}
	return signed, nil
}

// overrides are the parameters of GetObject that replace fields of its answer.
var overrides = map[string]string{
	"Cache-Control":       "response-cache-control",
	"Content-Disposition": "response-content-disposition",
	"Content-Encoding":    "response-content-encoding",
	"Content-Language":    "response-content-language",
	"Content-Type":        "response-content-type",
}
