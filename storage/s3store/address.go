package s3store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// address is where the bucket is, and how requests to it are signed.
type address struct {
	smithyendpoints.Endpoint
	signing []*smithyauth.Option // those of Endpoint's properties
}

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
	signing, _ := smithyauth.GetAuthOptions(&e.Properties)
	return &address{e, signing}, err
}

// ResolveEndpoint gives the SDK the same address for every request. Its own resolver goes
// through all rules twice a request, and for a region that it does not know, as R2's
// "auto" is, compiles regular expressions each time: two thirds of a HEAD.
// The SDK writes into the properties that it gets: they are a copy each time.
func (a *address) ResolveEndpoint(context.Context, s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	e := a.Endpoint
	e.Properties = smithy.Properties{}
	e.Properties.SetAll(&a.Endpoint.Properties)
	if a.signing != nil {
		smithyauth.SetAuthOptions(&e.Properties, cloneOptions(a.signing))
	}
	return e, nil
}

func cloneOptions(options []*smithyauth.Option) []*smithyauth.Option {
	clones := make([]*smithyauth.Option, len(options))
	for i, o := range options {
		clones[i] = &smithyauth.Option{SchemeID: o.SchemeID}
		clones[i].IdentityProperties.SetAll(&o.IdentityProperties)
		clones[i].SignerProperties.SetAll(&o.SignerProperties)
	}
	return clones
}
