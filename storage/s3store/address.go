package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// address is where the bucket is, and how requests to it are signed.
type address struct{ smithyendpoints.Endpoint }

// find is the bucket's address by the rules of the SDK.
func find(o Options) (*address, error) {
	params := s3.EndpointParameters{
		Bucket: &o.Bucket, Region: &o.Region, ForcePathStyle: &o.PathStyle,
		UseFIPS: aws.Bool(false), UseDualStack: aws.Bool(false), Accelerate: aws.Bool(false),
	}
	if o.Endpoint != "" {
		params.Endpoint = &o.Endpoint
	}
	e, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), params)
	return &address{e}, err
}

// ResolveEndpoint gives the SDK the same address for every request. Its own resolver goes
// through all rules twice a request, and for a region that it does not know, as R2's
// "auto" is, compiles regular expressions each time: two thirds of a HEAD.
func (a *address) ResolveEndpoint(context.Context, s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	return a.Endpoint, nil
}
