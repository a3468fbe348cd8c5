// Command fixed is the least Lambda function on aws-lambda-go: it answers every event
// with one redirect of eight fields, and asks nobody.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return events.APIGatewayV2HTTPResponse{StatusCode: 302, Headers: map[string]string{
			"Accept-Ranges":          "bytes",
			"Cache-Control":          "private, no-store",
			"Content-Length":         "0",
			"Date":                   "Sat, 21 Nov 2026 09:00:00 GMT",
			"Location":               "https://files.s3.eu-central-1.amazonaws.com/redirect.pdf?X-Amz-Signature=0123456789abcdef",
			"Referrer-Policy":        "no-referrer",
			"X-Content-Type-Options": "nosniff",
			"X-Request-Id":           "1",
		}}, nil
	})
}
