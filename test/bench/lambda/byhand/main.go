// Command byhand is what somebody writes for one bucket on aws-lambda-go, net/http and
// AWS's signer, without the SDK: small objects in the answer, large ones by a redirect
// to a presigned URL. It knows no ranges, no conditions, no names of files.
package main

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// most is the largest body that it sends itself, as base64 within Lambda's 6 MB.
const most = 4 << 20

// unsigned is what stands for a body's checksum where there is none.
const unsigned = "UNSIGNED-PAYLOAD"

var (
	bucket = os.Getenv("BENCH_ENDPOINT") + "/" + os.Getenv("DOWNLINK_BUCKET") + "/"
	region = os.Getenv("AWS_REGION")
	signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	keys   = aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}
)

func main() { lambda.Start(answer) }

type event = events.APIGatewayV2HTTPRequest

type reply = events.APIGatewayV2HTTPResponse

func answer(ctx context.Context, e event) (reply, error) {
	target := bucket + strings.TrimPrefix(e.RawPath, "/files/")
	found, err := ask(ctx, http.MethodHead, target)
	if err != nil {
		return reply{}, err
	}
	found.Body.Close()
	switch {
	case found.StatusCode != http.StatusOK:
		return reply{StatusCode: found.StatusCode}, nil
	case found.ContentLength > most:
		return redirect(ctx, target)
	}
	return send(ctx, target)
}

// ask sends a signed request to S3.
func ask(ctx context.Context, method, target string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Content-Sha256", unsigned)
	if err := signer.SignHTTP(ctx, keys, r, unsigned, "s3", region, time.Now()); err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

func redirect(ctx context.Context, target string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target+"?"+url.Values{"X-Amz-Expires": {"300"}}.Encode(), nil)
	if err != nil {
		return reply{}, err
	}
	location, _, err := signer.PresignHTTP(ctx, keys, r, unsigned, "s3", region, time.Now())
	return reply{StatusCode: http.StatusFound, Headers: map[string]string{"Location": location, "Cache-Control": "private, no-store"}}, err
}

func send(ctx context.Context, target string) (reply, error) {
	found, err := ask(ctx, http.MethodGet, target)
	if err != nil {
		return reply{}, err
	}
	defer found.Body.Close()
	body := make([]byte, found.ContentLength)
	if _, err := io.ReadFull(found.Body, body); err != nil {
		return reply{}, err
	}
	return reply{
		StatusCode: http.StatusOK, IsBase64Encoded: true, Body: base64.StdEncoding.EncodeToString(body),
		Headers: map[string]string{"Content-Type": found.Header.Get("Content-Type"), "ETag": found.Header.Get("ETag"), "Content-Length": strconv.Itoa(len(body))},
	}, nil
}
