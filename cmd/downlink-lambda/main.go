// Command downlink-lambda is Downlink as an AWS Lambda function for the runtime
// provided.al2023. cmd/downlink-lambda/build makes it from a downlink.toml.
package main

import (
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"

	awslambda "github.com/aws/aws-lambda-go/lambda"
)

func main() {
	useFunctionMemory()
	handler, err := open()
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("start", "cause", err.Error())
		os.Exit(1)
	}
	awslambda.Start(handler.Handle)
}

// useFunctionMemory lets the heap grow to some 20 MiB before it is collected, unless
// GOGC says otherwise, and not beyond most of the function's memory.
func useFunctionMemory() {
	const percent = 400 // of the 4 MiB that is the least
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if mb, err := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64); err == nil && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(mb << 20 / 4 * 3)
	}
}
