package dynamocat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/downlink-go/downlink/catalog"
)

// tries is how often a request is sent before it has failed: some two seconds of pauses.
const tries = 8

// newTransport returns the connections of a client. An answer may take half of the
// time, so that a lost one leaves time for another try.
func newTransport(o Options) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: o.Timeout / 2, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   o.Timeout / 2,
		ResponseHeaderTimeout: o.Timeout / 2,
		MaxIdleConnsPerHost:   100,
		IdleConnTimeout:       90 * time.Second,
	}
}

func newClient(o Options, transport *http.Transport) *dynamodb.Client {
	options := dynamodb.Options{
		Region:      o.Region,
		Credentials: aws.NewCredentialsCache(o.Credentials),
		HTTPClient:  &http.Client{Transport: transport, CheckRedirect: stay},
		Retryer: retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.Backoff = tries, retry.BackoffDelayerFunc(pause)
			r.RateLimiter = ratelimit.None
		}),
	}
	if o.Endpoint != "" {
		options.BaseEndpoint = &o.Endpoint
	}
	return dynamodb.New(options)
}

// stay follows no redirect: to whom a signed request goes is the configuration's to say.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// pause is a random time of up to 50 ms after the first try, twice as much after each
// further one and 1 s at most, so that what failed together does not come back together.
func pause(attempt int, _ error) (time.Duration, error) {
	most := 50 * time.Millisecond << min(max(attempt-1, 0), 5)
	return rand.N(min(most, time.Second)), nil
}

// sleep pauses after an attempt.
func sleep(ctx context.Context, attempt int) error {
	wait, _ := pause(attempt, nil)
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// within runs a request, tries and all, and gives its error a meaning.
func (s *Store) within(ctx context.Context, do func(ctx context.Context) error) error {
	if s.closed.Load() {
		return fmt.Errorf("%w: closed", catalog.ErrUnavailable)
	}
	limited, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return s.failure(ctx, limited, do(limited))
}
