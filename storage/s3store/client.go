package s3store

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/awscall"
)

const (
	// tries is how often a request is sent before it has failed.
	tries = 3
	// pause is the most that is waited after the first of them.
	pause = 200 * time.Millisecond
	// furtherTries is how many an outage may cost: see awscall.Options.
	furtherTries = 100
)

// newClient returns a client whose answers may take patience to begin; 0 is half of the
// time for all tries.
func newClient(o Options, credentials aws.CredentialsProvider, patience time.Duration) *awscall.Client {
	return awscall.New(awscall.Options{
		Service: "s3", Region: o.Region, Credentials: credentials,
		Timeout: o.Timeout, Patience: patience, Tries: tries, Pause: pause, Budget: furtherTries,
	})
}

// url is the URL of a key of the bucket.
func (s *Store) url(key string) *url.URL {
	u := *s.base
	u.RawPath = string(core.AppendEscapedPath([]byte(u.EscapedPath()+"/"), key))
	u.Path += "/" + key
	return &u
}

// send asks by c for something whose answer has nothing but fields.
func (s *Store) send(ctx context.Context, c *awscall.Client, r *awscall.Request) (h http.Header, err error) {
	err = c.Send(ctx, r, func(answer *http.Response) error {
		h = answer.Header
		return discard(answer)
	})
	return h, err
}

// mostDrained is the most of an answer without use that is read, in bytes.
const mostDrained = 64 << 10

// discard closes an answer, and reads it first: else its connection would be closed,
// even if all that is left is the end of an empty chunked body.
func discard(answer *http.Response) error {
	_, _ = io.CopyN(io.Discard, answer.Body, mostDrained) // what it says is of no use
	return answer.Body.Close()
}

// headObject asks for the fields of an object by HEAD.
func (s *Store) headObject(ctx context.Context, key string) (h http.Header, length int64, err error) {
	err = s.client.Send(ctx, &awscall.Request{Method: http.MethodHead, URL: s.url(key)}, func(answer *http.Response) error {
		h, length = answer.Header, answer.ContentLength
		return discard(answer)
	})
	return h, length, err
}

// getObject asks for a range of an object, of the version that has the entity-tag
// unless it is "". The caller closes the body.
func (s *Store) getObject(ctx context.Context, key, byteRange, etag string) (answer *http.Response, err error) {
	r := &awscall.Request{Method: http.MethodGet, URL: s.url(key), Header: http.Header{"Range": {byteRange}}}
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	err = s.client.Send(ctx, r, func(a *http.Response) error { answer = a; return nil })
	return answer, err
}
