package dynamocat

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/internal/awscall"
	"github.com/downlink-go/downlink/internal/awskeys"
)

// Options say which table and how to get there. Table is required.
type Options struct {
	Table string
	// Region is the table's; "" is "us-east-1".
	Region string
	// Endpoint is the base URL of a server other than AWS, such as that of DynamoDB
	// Local; "" is AWS in the region.
	Endpoint string
	// Credentials sign the requests. Nil is the standard chain of AWS: environment,
	// shared files, the machine's role. It is asked when it is first needed.
	Credentials aws.CredentialsProvider
	// Timeout is how long all tries of one request may take together; 0 is 5 seconds.
	Timeout time.Duration
}

// Store is a catalogue in a table. It is safe for concurrent use.
type Store struct {
	opts   Options
	client *awscall.JSON
	closed atomic.Bool
}

var _ catalog.Driver = (*Store)(nil)

const defaultTimeout = 5 * time.Second

// New returns the catalogue. It asks nobody anything yet: neither the table nor
// credentials have to be there.
func New(o Options) (*Store, error) {
	if o.Table == "" {
		return nil, errors.New("dynamodb: name the table")
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Credentials == nil {
		o.Credentials = awskeys.Chain(o.Timeout / 2) // so that time is left to say that there are none
	}
	client, err := newClient(o)
	if err != nil {
		return nil, err
	}
	return &Store{opts: o, client: client}, nil
}

// Name is the table's.
func (s *Store) Name() string { return s.opts.Table }

// Close lets go of idle connections; later calls answer catalog.ErrUnavailable.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.client.Close()
	return nil
}
