package s3store

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/downlink-go/downlink/internal/awskeys"
)

// FromFile are credentials of a file in the form of ~/.aws/credentials, its section
// "default". Keys that are changed there are used within a minute.
func FromFile(path string) aws.CredentialsProvider { return awskeys.FromFile(path) }
