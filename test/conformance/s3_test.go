package conformance_test

import (
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/server"
)

// TestS3 plays the table against Downlink with the files in a bucket of a real S3
// server. The objects have the table's modification times and entity-tags. By the
// name "go/s3" rows say what S3 cannot hold; for all else it is the Go server.
func TestS3(t *testing.T) {
	s3 := server.StartS3(t)
	f := fixtures(t)
	if err := f.WriteFiles(s3.Dir); err != nil {
		t.Fatal(err)
	}
	for i := range f.Files {
		s3.Describe(t, f.Files[i].Key(), f.Files[i].Metadata().ETag)
	}
	_, data := folder(t)
	addr := configured(t, s3.Store(t, s3.Endpoint)+"timeout = \"20s\"\n", data)
	conformance.Run(t, conformance.NewSocket("go/s3", addr))
}
