package s3store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Presign returns a URL that answers GET for the object at key without credentials
// until it expires: SigV4 in the query. It is made here, S3 is not asked, and the
// SDK's client has no part in it.
func (s *Store) Presign(ctx context.Context, key string, o storage.PresignOptions) (string, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return "", storage.ErrNotFound
	}
	query := url.Values{}
	for _, f := range o.Fields {
		if name := overrides[f.Name]; name != "" {
			query.Set(name, f.Value)
		}
	}
	return s.presign(ctx, o.Expires, &http.Request{Method: http.MethodGet, URL: s.url(full)}, query)
}

// presign signs the URL of a request with a query. Its length is signed if it has one.
func (s *Store) presign(ctx context.Context, expires time.Duration, r *http.Request, query url.Values) (string, error) {
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	credentials, err := s.credentials.Retrieve(limited)
	if err != nil {
		return "", fmt.Errorf("presign: %w", s.failure(ctx, limited, err))
	}
	query.Set("X-Amz-Expires", strconv.FormatInt(int64(expires/time.Second), 10))
	r.URL.RawQuery, r.Host, r.Header = query.Encode(), r.URL.Host, http.Header{}
	signed, _, err := s.signer.PresignHTTP(ctx, credentials, r.WithContext(ctx), "UNSIGNED-PAYLOAD", "s3", s.opts.Region, s.now())
	if err != nil {
		return "", fmt.Errorf("presign: %w: %w", storage.ErrUnavailable, err)
	}
	return signed, nil
}

// now is the time of S3, as far as it is known from its answers: links that a machine
// with a wrong clock makes would be of no use. The SDK does so with its own requests.
func (s *Store) now() time.Time {
	const tolerated = time.Minute // an answer's date is whole seconds, and takes its time
	skew := time.Duration(s.skew.Load())
	if skew.Abs() < tolerated {
		skew = 0
	}
	return time.Now().Add(skew)
}

// url is the URL of a key of the bucket.
func (s *Store) url(key string) *url.URL {
	u := *s.base
	u.RawPath = string(core.AppendEscapedPath([]byte(u.EscapedPath()+"/"), key))
	u.Path += "/" + key
	return &u
}

// overrides are the parameters of GetObject that replace fields of its answer.
var overrides = map[string]string{
	"Cache-Control":       "response-cache-control",
	"Content-Disposition": "response-content-disposition",
	"Content-Encoding":    "response-content-encoding",
	"Content-Language":    "response-content-language",
	"Content-Type":        "response-content-type",
}
