//go:build onlambda

package awskeys_test

import (
	"errors"
	"testing"
	"time"

	"github.com/downlink-go/downlink/internal/awskeys"
)

// TestEnvironmentOnly: `make check` runs it as the function is built.
func TestEnvironmentOnly(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "ENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	p := awskeys.Chain(time.Second)
	if c, err := p.Retrieve(t.Context()); err != nil || c.AccessKeyID != "ENV" || c.SessionToken != "token" {
		t.Errorf("got %+v, %v", c, err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if _, err := p.Retrieve(t.Context()); !errors.Is(err, awskeys.ErrNone) {
		t.Errorf("without keys: %v", err)
	}
	if _, err := awskeys.FromFile("key").Retrieve(t.Context()); !errors.Is(err, awskeys.ErrNone) {
		t.Errorf("from a file: %v", err)
	}
}
