package s3store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

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
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	credentials, err := s.credentials.Retrieve(limited)
	if err != nil {
		return "", fmt.Errorf("presign: %w", s.failure(ctx, limited, err))
	}
	return s.sign(ctx, full, credentials, o, s.now())
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

// sign signs the URL of a key of the bucket at a time.
func (s *Store) sign(ctx context.Context, key string, c aws.Credentials, o storage.PresignOptions, now time.Time) (string, error) {
	u := *s.base
	u.RawPath = string(core.AppendEscapedPath([]byte(u.EscapedPath()+"/"), key))
	u.Path += "/" + key
	query := url.Values{"X-Amz-Expires": {strconv.FormatInt(int64(o.Expires/time.Second), 10)}}
	for _, f := range o.Fields {
		if name := overrides[f.Name]; name != "" {
			query.Set(name, f.Value)
		}
	}
	u.RawQuery = query.Encode()
	r := (&http.Request{Method: http.MethodGet, URL: &u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
	signed, _, err := s.signer.PresignHTTP(ctx, c, r, "UNSIGNED-PAYLOAD", "s3", s.opts.Region, now)
	if err != nil {
		return "", fmt.Errorf("presign: %w: %w", storage.ErrUnavailable, err)
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
