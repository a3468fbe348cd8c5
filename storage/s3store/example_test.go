package s3store_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
)

func Example() {
	bucket, err := s3store.New(s3store.Options{
		Bucket: "my-downloads", Region: "eu-central-1", Prefix: "public/",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), // or nil for the standard chain
	})
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	// Clients are sent to S3 for files of 8 MiB and more.
	files := storage.New("files", bucket).WithElsewhere(storage.Elsewhere{
		Presigner: bucket, Delivery: storage.Auto, MinSize: 8 << 20, Expires: time.Minute,
	})
	url, err := files.Presign(context.Background(), "a b.iso", []core.Field{{Name: "Content-Type", Value: "application/octet-stream"}})
	if err != nil {
		log.Fatal(err)
	}
	place, _, _ := strings.Cut(url, "?")
	fmt.Println(place)
	// Output: https://my-downloads.s3.eu-central-1.amazonaws.com/public/a%20b.iso
}
