package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// tries is how often an operation is asked for before it has failed.
const tries = 3

// mostAnswered is the most of an answer that is read: secrets have up to 64 KiB.
const mostAnswered = 1 << 20

var errThrottled = errors.New("it does not answer now")

// call asks a service of AWS for an operation, in its JSON protocol 1.1
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html), with the function's
// own keys. The SDK's clients for two operations would cost every start more than all
// that the function does before its first request (docs/adr/0028-start-on-lambda.md).
func call(ctx context.Context, service, operation string, in, out any) (err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for try := range tries {
		if err = callOnce(ctx, service, operation, body, out); !errors.Is(err, errThrottled) {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(100*time.Millisecond) << try))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
	return err
}

func callOnce(ctx context.Context, service, operation string, body []byte, out any) error {
	r, err := signed(ctx, service, operation, body)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", errThrottled, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswered))
	if err != nil {
		return fmt.Errorf("%w: %w", errThrottled, err)
	}
	if answer.StatusCode == http.StatusOK {
		return json.Unmarshal(text, out)
	}
	return refusal(answer.StatusCode, text)
}

// refusal is the error that an answer tells, by its name alone: what more it says may
// hold the request.
func refusal(status int, text []byte) error {
	var said struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(text, &said) // without it the status says enough
	name := said.Type[strings.LastIndexByte(said.Type, '#')+1:]
	if status >= 500 || strings.Contains(name, "Throttl") {
		return fmt.Errorf("%w: status %d %s", errThrottled, status, name)
	}
	return fmt.Errorf("status %d %s", status, name)
}

// signed is a request that the function's role makes.
func signed(ctx context.Context, service, operation string, body []byte) (*http.Request, error) {
	region := os.Getenv("AWS_REGION")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint(service, region), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", operation)
	sum := sha256.Sum256(body)
	keys := aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}
	return r, v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), service, region, time.Now())
}

// endpoint is where a service is: by AWS's own variables, as in its SDK, or by the
// region.
func endpoint(service, region string) string {
	own := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_"+map[string]string{"ssm": "SSM", "secretsmanager": "SECRETS_MANAGER"}[service]), os.Getenv("AWS_ENDPOINT_URL"))
	if own != "" {
		return strings.TrimSuffix(own, "/") + "/"
	}
	suffix := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	return "https://" + service + "." + region + "." + suffix + "/"
}
