package dynamocat

import (
	"context"
	"fmt"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/internal/awscall"
)

const (
	// tries is how often a request is sent before it has failed: some two seconds of
	// pauses.
	tries = 8
	// pause is the most that is waited after the first of them.
	pause = 50 * time.Millisecond
)

func newClient(o Options) (*awscall.JSON, error) {
	at, err := awscall.Endpoint("dynamodb", o.Region, o.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("dynamodb: %w", err)
	}
	return &awscall.JSON{
		Client: awscall.New(awscall.Options{
			Service: "dynamodb", Region: o.Region, Credentials: o.Credentials, Timeout: o.Timeout, Tries: tries, Pause: pause,
		}),
		At: at, Version: "1.0", Target: "DynamoDB_20120810.",
	}, nil
}

// sleep pauses after an attempt.
func sleep(ctx context.Context, attempt int) error { return awscall.Pause(ctx, pause, attempt) }

// ask asks for one operation.
func (s *Store) ask(ctx context.Context, name string, in, out any) error {
	return s.within(ctx, func(ctx context.Context) error { return s.client.Call(ctx, name, in, out) })
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
