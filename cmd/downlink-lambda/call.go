package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/downlink-go/downlink/internal/awscall"
	"github.com/downlink-go/downlink/internal/awskeys"
)

// secretService is a service of AWS that keeps secrets.
type secretService struct{ name, variable, target string }

var (
	parameterStore = secretService{"ssm", "SSM", "AmazonSSM."}
	secretsManager = secretService{"secretsmanager", "SECRETS_MANAGER", "secretsmanager."}
)

// call asks the service for an operation by the function's own keys. No error tells
// more than the name of a refusal: what else the service says may hold the request.
func (s secretService) call(ctx context.Context, operation string, in, out any) error {
	region := os.Getenv("AWS_REGION")
	at, err := s.endpoint(region)
	if err != nil {
		return err
	}
	c := &awscall.JSON{
		Client: awscall.New(awscall.Options{
			Service: s.name, Region: region, Credentials: awskeys.Chain(secretTimeout),
			Timeout: secretTimeout, Tries: 3, Pause: 100 * time.Millisecond,
		}),
		At: at, Version: "1.1", Target: s.target,
	}
	defer c.Close() // it is asked once in a while
	err = c.Call(ctx, operation, in, out)
	if refused, ok := errors.AsType[*awscall.Error](err); ok {
		return fmt.Errorf("status %d %s", refused.Status, refused.Code)
	}
	return err
}

// endpoint is where the service is: by AWS's own variables, as in its SDK, or by the
// region.
func (s secretService) endpoint(region string) (*url.URL, error) {
	own := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_"+s.variable), os.Getenv("AWS_ENDPOINT_URL"))
	return awscall.Endpoint(s.name, region, own)
}
