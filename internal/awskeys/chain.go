// Package awskeys finds the keys that sign requests to AWS and what speaks its APIs.
package awskeys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ErrNone says that no keys were found.
var ErrNone = errors.New("no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a file, or give the machine a role")

// Chain is AWS's standard chain of credentials, put together when it is first asked:
// that reads files and may ask the machine's own metadata service for up to limit.
// The chain begins with the environment; what is there, as on Lambda, is taken
// without putting it together.
func Chain(limit time.Duration) aws.CredentialsProvider { return &chain{limit: limit} }

type chain struct {
	limit    time.Duration // of one look
	mu       sync.Mutex
	provider aws.CredentialsProvider
}

func (c *chain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if found := environment(); found.HasKeys() {
		return found, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	p, err := c.load(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	found, err := p.Retrieve(ctx)
	if err != nil {
		return found, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return found, nil
}

// environment is the keys of the environment, by the names that come first in AWS's
// chain. They do not change as long as the process runs.
func environment() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN"), Source: "environment",
	}
}

func (c *chain) load(ctx context.Context) (aws.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.provider != nil {
		return c.provider, nil
	}
	p, err := standard(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	c.provider = p
	return p, nil
}
