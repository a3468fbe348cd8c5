package conformance_test

import (
	"os"
	"path/filepath"
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
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := "[server]\nlisten = \"127.0.0.1:0\"\n" + s3.Store(t, s3.Endpoint) + "timeout = \"20s\"\n" +
		"[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n"
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	p := server.Downlink(t, []string{"--config", conf, "--data", data})
	conformance.Run(t, conformance.NewSocket("go/s3", p.Addr))
}
