package s3store

import (
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// tries is how often a request is sent before it has failed.
const tries = 3

// newTransport returns the connections of a client.
func newTransport(o Options) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: o.Timeout / 2, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   o.Timeout / 2,
		ResponseHeaderTimeout: o.Timeout / 2, // so that a lost answer leaves time for another try
		MaxIdleConnsPerHost:   100,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true, // the stored bytes, whatever they are
		// HTTP/1.1 only: a download that is given up costs its own connection, and a
		// slow one holds up no other.
		Protocols: http1(),
	}
}

// newClient returns the SDK's client.
func newClient(o Options, at *address, credentials aws.CredentialsProvider, transport *http.Transport) *s3.Client {
	options := s3.Options{
		Region: o.Region,
		// all requests are for the one bucket
		EndpointResolverV2: at,
		Credentials:        credentials,
		UsePathStyle:       o.PathStyle,
		HTTPClient:         &http.Client{Transport: transport, CheckRedirect: stay},
		Retryer: retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.Backoff = tries, retry.BackoffDelayerFunc(backoff)
		}),
		// Checksums are of whole objects, and not every server has them. What is
		// sent is compared by length, range and entity-tag.
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	}
	if o.Endpoint != "" {
		options.BaseEndpoint = &o.Endpoint
	}
	return s3.New(options)
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

// stay follows no redirect: to whom a signed request goes is the configuration's to say.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// backoff is a random time up to 200 ms before the second try and up to 800 ms
// before the third, so that clients that failed together do not come back together.
func backoff(attempt int, _ error) (time.Duration, error) {
	most := 200 * time.Millisecond
	if attempt > 1 {
		most *= 4
	}
	return rand.N(most), nil
}
