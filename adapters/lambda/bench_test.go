package lambda_test

import (
	"context"
	"encoding/json"
	"io"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
)

// BenchmarkHandle compares an event that is read here with one that goes through
// aws-lambda-go-api-proxy and net/http, from the event's bytes to those of the answer
// (docs/adr: Lambda).
func BenchmarkHandle(b *testing.B) {
	files := map[string][]byte{"1k": bytesOf(1 << 10), "1m": bytesOf(1 << 20), "4m": bytesOf(4 << 20)}
	s, err := download.New([]download.Route{{Pattern: "/f/{path...}", View: &download.StorageView{Store: bucket(files)}}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	h, err := lambda.New(s, lambda.Options{})
	if err != nil {
		b.Fatal(err)
	}
	shim := httpadapter.NewV2(nethttp.New(s, nethttp.Options{}))
	for _, row := range []struct{ name, file, field string }{
		{"304", "1k", "If-None-Match: *"}, {"1 KiB", "1k", ""}, {"1 MiB", "1m", ""}, {"4 MiB", "4m", ""},
	} {
		payload := event(httpAPI, false, "GET", "/f/"+row.file, "Accept: */*", "User-Agent: x", row.field)
		b.Run(row.name+"/direct", func(b *testing.B) {
			for b.Loop() {
				out, err := h.Handle(b.Context(), payload)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, out)
				out.(io.Closer).Close()
			}
		})
		b.Run(row.name+"/shim", func(b *testing.B) {
			for b.Loop() {
				if _, err := throughShim(b.Context(), shim, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func throughShim(ctx context.Context, shim *httpadapter.HandlerAdapterV2, payload []byte) ([]byte, error) {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	r, err := shim.ProxyWithContext(ctx, e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(r)
}
