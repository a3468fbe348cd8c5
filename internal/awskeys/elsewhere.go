//go:build !onlambda

package awskeys

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// standard is AWS's chain as its SDK puts it together.
func standard(ctx context.Context) (aws.CredentialsProvider, error) {
	c, err := config.LoadDefaultConfig(ctx)
	return c.Credentials, err
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
			return aws.Credentials{}, fmt.Errorf("%w: %s: %w", ErrNone, path, err)
		}
		if !shared.Credentials.HasKeys() {
			return aws.Credentials{}, fmt.Errorf("%w: %s has no [default] with aws_access_key_id and aws_secret_access_key", ErrNone, path)
		}
		found := shared.Credentials
		found.CanExpire, found.Expires = true, time.Now().Add(reread)
		return found, nil
	})
}
