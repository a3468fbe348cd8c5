// Command downlink-lambda is Downlink as an AWS Lambda function for the runtime
// provided.al2023. cmd/downlink-lambda/build makes it from a downlink.toml.
package main

import (
	"log/slog"
	"os"

	awslambda "github.com/aws/aws-lambda-go/lambda"
)

func main() {
	handler, err := open()
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("start", "cause", err.Error())
		os.Exit(1)
	}
	awslambda.Start(handler.Handle)
}
