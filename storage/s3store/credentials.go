package s3store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// chain is AWS's standard chain of credentials, put together when it is first
// asked: that reads files and may ask the machine's own metadata service.
type chain struct {
	limit    time.Duration // of one look
	mu       sync.Mutex
	provider aws.CredentialsProvider
}

func (c *chain) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	p, err := c.load(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	found, err := p.Retrieve(ctx)
	if err != nil {
		return found, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	return found, nil
}

func (c *chain) load(ctx context.Context) (aws.CredentialsProvider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.provider != nil {
		return c.provider, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	c.provider = cfg.Credentials
	return c.provider, nil
}

// reread is how long credentials from a file are used before it is read again.
const reread = time.Minute

// FromFile are credentials of a file in the form of ~/.aws/credentials, its section
// "default". Keys that are changed there are used within a minute.
func FromFile(path string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		shared, err := config.LoadSharedConfigProfile(ctx, config.DefaultSharedConfigProfile, func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
		})
		if err != nil {
			return aws.Credentials{}, fmt.Errorf("%w: %s: %w", errNoCredentials, path, err)
		}
		if !shared.Credentials.HasKeys() {
			return aws.Credentials{}, fmt.Errorf("%w: %s has no [default] with aws_access_key_id and aws_secret_access_key", errNoCredentials, path)
		}
		found := shared.Credentials
		found.CanExpire, found.Expires = true, time.Now().Add(reread)
		return found, nil
	})
}

var errNoCredentials = errors.New("no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a file, or give the machine a role")
