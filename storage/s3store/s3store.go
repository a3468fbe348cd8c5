// Package s3store keeps objects in a bucket of S3 or of anything that speaks its
// API: AWS, MinIO, Cloudflare R2, Ceph, versitygw.
//
// A download costs one request: opening an object asks for the bytes that are most
// likely wanted, and takes the metadata from the answer. Every answer is compared
// with the version that was opened, so no download is a mix of two.
package s3store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/internal/awscall"
	"github.com/downlink-go/downlink/internal/awskeys"
	"github.com/downlink-go/downlink/storage"
)

var (
	_ storage.Driver    = (*Store)(nil)
	_ storage.Starter   = (*Store)(nil)
	_ storage.Presigner = (*Store)(nil)
)

// Options say which bucket and how to get there. Bucket is required.
type Options struct {
	Bucket string
	// Region is the bucket's; "" is "us-east-1". R2 calls its own "auto".
	Region string
	// Endpoint is the base URL of a server other than AWS, such as
	// "https://minio.example.org:9000"; "" is AWS in the region.
	Endpoint string
	// PathStyle puts the bucket into the path of the URL rather than before the
	// endpoint's host name. MinIO and versitygw want it unless told otherwise.
	PathStyle bool
	// Prefix precedes every key, such as "downloads/"; "" for the whole bucket.
	Prefix string
	// Credentials sign the requests. Nil is the standard chain of AWS: environment,
	// shared files, the machine's role. It is asked when it is first needed.
	Credentials aws.CredentialsProvider
	// Timeout is how long all tries together may take until a request's answer
	// begins; 0 is 5 seconds.
	Timeout time.Duration
	// ReadTimeout is how long an answer's body may send nothing; 0 is 30 seconds.
	ReadTimeout time.Duration
}

// Store is a bucket as a [storage.Driver]. It is safe for concurrent use.
type Store struct {
	opts   Options
	client *awscall.Client
	writer *awscall.Client // of the requests that send objects
	base   *url.URL        // of the bucket
}

// New returns the store. It asks nobody anything yet: neither the bucket nor
// credentials have to be there.
func New(o Options) (*Store, error) {
	if o.Bucket == "" {
		return nil, errors.New("s3: name the bucket")
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = 30 * time.Second
	}
	at, err := address(o)
	if err != nil {
		return nil, fmt.Errorf("s3: bucket %q in region %q at %q has no address: %w", o.Bucket, o.Region, o.Endpoint, err)
	}
	if o.Credentials == nil {
		o.Credentials = awskeys.Chain(o.Timeout / 2) // so that time is left to say that there are none
	}
	credentials := aws.NewCredentialsCache(o.Credentials)
	return &Store{opts: o, client: newClient(o, credentials, 0), writer: newClient(o, credentials, longestWrite), base: at}, nil
}

// Close lets go of idle connections.
func (s *Store) Close() error {
	s.client.Close()
	s.writer.Close()
	return nil
}

// longestKey is the most bytes that S3 allows a key to have.
const longestKey = 1024

// objectKey is key in the bucket, and whether S3 can have an object there: keys are
// UTF-8 of up to 1024 bytes.
func (s *Store) objectKey(key string) (string, bool) {
	full := s.opts.Prefix + key
	return full, len(full) <= longestKey && utf8.ValidString(full)
}

// Open returns a handle on the object's current version: one HeadObject.
func (s *Store) Open(ctx context.Context, key string) (storage.Object, error) {
	return s.OpenAt(ctx, key, core.Span{})
}

// OpenAt returns a handle on the object's current version. With something to read
// first it costs one GetObject, whose body is that section; the metadata come with it.
func (s *Store) OpenAt(ctx context.Context, key string, first core.Span) (storage.Object, error) {
	full, ok := s.objectKey(key)
	if !ok {
		return nil, storage.ErrNotFound
	}
	if first.Length != 0 {
		m, body, err := s.get(ctx, full, first, core.Metadata{})
		if err == nil {
			return s.object(full, m, body), nil
		}
		if !errors.Is(err, errRange) {
			return nil, err
		}
		// Nothing is there, as in an empty object.
	}
	m, err := s.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.object(full, m, nil), nil
}

// metadata translates the fields of an answer. Types that only say that nobody
// gave a type count as none, so that the key's extension decides.
func metadata(size int64, h http.Header) core.Metadata {
	m := core.Metadata{Size: size, ETag: quoted(h.Get("ETag")), MediaType: h.Get("Content-Type"), Encoding: coding(h.Get("Content-Encoding"))}
	if at, err := http.ParseTime(h.Get("Last-Modified")); err == nil { // else it is not known
		m.LastModified = at
	}
	switch m.MediaType {
	case "binary/octet-stream", "application/octet-stream":
		m.MediaType = ""
	}
	return m
}

// quoted adds the quotes that some servers leave out.
func quoted(etag string) string {
	if etag == "" || strings.HasSuffix(etag, `"`) {
		return etag
	}
	return `"` + etag + `"`
}

// coding is the content coding without "aws-chunked", which is one of uploads that
// some servers keep.
func coding(encoding string) string {
	encoding = strings.TrimSpace(encoding)
	if rest, ok := strings.CutPrefix(encoding, "aws-chunked"); ok {
		return strings.Trim(rest, ", ")
	}
	return strings.TrimSuffix(encoding, ",aws-chunked")
}
