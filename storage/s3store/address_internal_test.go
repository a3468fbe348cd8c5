package s3store

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestAddresses: the bucket is where the SDK's rules have it.
func TestAddresses(t *testing.T) {
	for _, bucket := range []string{"bkt", "my-bucket-1", "b.c", "Upper", "under_score", "ab", "x-s3alias"} {
		for _, o := range []Options{
			{Region: "us-east-1"},
			{Region: "eu-central-1"},
			{Region: "eu-central-1", PathStyle: true},
			{Region: "cn-north-1"},
			{Region: "us-gov-west-1"},
			{Region: "auto", Endpoint: "https://id.r2.cloudflarestorage.com"},
			{Region: "us-east-1", Endpoint: "http://minio:9000"},
			{Region: "us-east-1", Endpoint: "http://minio:9000", PathStyle: true},
			{Region: "us-east-1", Endpoint: "http://127.0.0.1:9000"},
			{Region: "us-east-1", Endpoint: "https://host.example/below"},
			{Region: "us-east-1", Endpoint: "https://host.example/below/", PathStyle: true},
		} {
			o.Bucket = bucket
			params := s3.EndpointParameters{
				Bucket: &o.Bucket, Region: &o.Region, ForcePathStyle: &o.PathStyle,
				UseFIPS: aws.Bool(false), UseDualStack: aws.Bool(false), Accelerate: aws.Bool(false),
			}
			if o.Endpoint != "" {
				params.Endpoint = &o.Endpoint
			}
			want, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), params)
			if err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
			if got, err := address(o); err != nil || got.String() != want.URI.String() {
				t.Errorf("%q in %q at %q, path style %v: got %v, %v; want %s", bucket, o.Region, o.Endpoint, o.PathStyle, got, err, &want.URI)
			}
		}
	}
	for _, o := range []Options{
		{Bucket: "arn:aws:s3:eu-central-1:123456789012:accesspoint:mine", Region: "eu-central-1"},
		{Bucket: "mine--euc1-az1--x-s3", Region: "eu-central-1"},
		{Bucket: "mine-o0123456789abcdefg--op-s3", Region: "eu-central-1"},
		{Bucket: "bkt", Region: "no region"},
		{Bucket: "bkt", Region: "eu-central-1", Endpoint: "minio:9000"},
	} {
		if got, err := address(o); err == nil {
			t.Errorf("%+v is at %s", o, got)
		}
	}
}
