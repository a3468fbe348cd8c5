//go:build onlambda

package awskeys

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A function has its keys in the environment. It is built without what looks for them
// elsewhere: merely linked, that adds a third to its start (docs/adr/0028-start-on-lambda.md).
var errEnvironmentOnly = errors.New("a Lambda function has them in its environment only")

func standard(context.Context) (aws.CredentialsProvider, error) { return nil, errEnvironmentOnly }

// FromFile has no keys here.
func FromFile(string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.Join(ErrNone, errEnvironmentOnly)
	})
}
