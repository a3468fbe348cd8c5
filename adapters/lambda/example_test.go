package lambda_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// A function gives its handler to aws-lambda-go: awslambda.Start(handler.Handle). Here
// an event of a function URL is answered.
func ExampleHandler_Handle() {
	files := memstore.New()
	files.Put("hello.txt", []byte("Hello, world.\n"))
	service, err := download.New([]download.Route{
		{Pattern: "/files/{path...}", View: &download.StorageView{Store: storage.New("files", files)}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := lambda.New(service, lambda.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := `{"version":"2.0","rawPath":"/files/hello.txt","headers":{"range":"bytes=7-11"},"requestContext":{"http":{"method":"GET"}}}`
	answer, err := handler.Handle(context.Background(), json.RawMessage(event))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.(io.Closer).Close()
	var said struct {
		StatusCode int
		Body       []byte // base64 in JSON
	}
	if err := json.NewDecoder(answer).Decode(&said); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(said.StatusCode, string(said.Body))
	// Output: 206 world
}
