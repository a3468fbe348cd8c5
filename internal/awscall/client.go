// Package awscall sends signed requests to services that speak AWS's APIs: it tries
// again what may pass, keeps to the service's clock, and says what a refusal is.
//
// It stands in for the clients of AWS's SDK, whose tables cost a function on Lambda more
// at each start than all that it does before its first answer
// (docs/adr/0030-aws-by-hand.md).
package awscall

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Options say how to ask a service. All but Patience and Budget are required.
type Options struct {
	// Service and Region are what requests are signed for, such as "s3" and
	// "eu-central-1".
	Service, Region string
	// Credentials sign the requests; see awskeys.Chain.
	Credentials aws.CredentialsProvider
	// Timeout is how long all tries together may take until an answer begins, by the
	// context that the caller gives. One try may take half of it, so that a lost
	// answer leaves time for another.
	Timeout time.Duration
	// Patience is how long one answer may take to begin, if not half of Timeout.
	Patience time.Duration
	// Tries is how often a request is sent before it has failed.
	Tries int
	// Pause is the most that is waited after the first try; see Pause.
	Pause time.Duration
	// Budget is how many further tries there may be for all requests together. One that
	// succeeds gives back its own, and every fifth another. 0 is any number.
	Budget int
}

// Client asks one service. It is safe for concurrent use.
type Client struct {
	opts        Options
	credentials *aws.CredentialsCache
	signer      *v4.Signer
	transport   *http.Transport
	clock       clock
	budget      budget
}

// New returns a client, and asks nobody anything.
func New(o Options) *Client {
	return &Client{
		opts: o, credentials: aws.NewCredentialsCache(o.Credentials), transport: newTransport(o),
		budget: budget{most: int64(o.Budget) * tryCosts},
		// S3 signs a path as it is sent, unlike the others, which have none
		signer: v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true }),
	}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Request is what a service is asked. It is sent as often as it takes.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header // besides what signs it; may be nil
	Body   []byte
}

// Send asks until the service accepts the request, and has take read the answer, which
// has a status of 2xx. take closes the body, or keeps it. Its error is that of a try if
// the connection or the answer broke, see ErrDamaged, or the answer is a refusal all the
// same; once take hands on what it reads it must not fail so. Errors: Error, of the
// credentials, of the connection.
func (c *Client) Send(ctx context.Context, r *Request, take func(*http.Response) error) error {
	keys, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := payload(r.Body)
	id := rand.Text()
	for tried := 1; ; tried++ {
		offset := c.clock.offset()
		try := r.copy(ctx)
		try.Header.Set("Amz-Sdk-Invocation-Id", id) // the same for all tries
		if c.opts.Service == "s3" {
			try.Header.Set("X-Amz-Content-Sha256", hash)
		}
		if err := c.signer.SignHTTP(ctx, keys, try, hash, c.opts.Service, c.opts.Region, time.Now().Add(offset)); err != nil {
			return err
		}
		err, again := c.once(try, offset, take)
		switch {
		case err == nil:
			c.budget.earn(tried - 1)
			return nil
		case !again || ctx.Err() != nil:
			return err
		case tried == c.opts.Tries:
			return fmt.Errorf("%d tries: %w", tried, err)
		case !c.budget.spend():
			return fmt.Errorf("no further try while so much fails: %w", err)
		}
		if Pause(ctx, c.opts.Pause, tried) != nil {
			return err
		}
	}
}

// once is one try, signed at an offset of the clock, and whether another has any use.
func (c *Client) once(r *http.Request, offset time.Duration, take func(*http.Response) error) (err error, again bool) {
	answer, err := c.transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Host, err), !hopeless(err)
	}
	moved := c.clock.learn(answer, offset)
	if answer.StatusCode/100 == 2 {
		err = take(answer)
		return err, broken(err)
	}
	refused, err := readError(answer)
	if err != nil {
		return err, broken(err)
	}
	return refused, broken(refused) || moved && refused.Status/100 == 4
}

// copy is the request for one try.
func (r *Request) copy(ctx context.Context) *http.Request {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	u := *r.URL // which signing writes to
	q := &http.Request{Method: r.Method, URL: &u, Host: r.URL.Host, Header: header, ContentLength: int64(len(r.Body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if len(r.Body) > 0 {
		q.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		q.Body, _ = q.GetBody()
	}
	return q.WithContext(ctx)
}

// payload is the checksum of a body that is signed with its request.
func payload(body []byte) string {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if len(body) == 0 {
		return empty
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Presign returns a URL that is good for a request of the method for u without
// credentials until it expires: SigV4 in the query. A length other than 0 is signed too:
// of what the request sends, in bytes. Nobody is asked. Its errors are of the credentials.
func (c *Client) Presign(ctx context.Context, method string, u *url.URL, length int64) (string, error) {
	keys, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	r := (&http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{}, ContentLength: length}).WithContext(ctx)
	signed, _, err := c.signer.PresignHTTP(ctx, keys, r, "UNSIGNED-PAYLOAD", c.opts.Service, c.opts.Region, c.clock.now())
	return signed, err
}
