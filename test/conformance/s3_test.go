package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// TestS3 plays the table against Downlink with the files in a bucket of a real S3
// server. The objects have the table's modification times and entity-tags: of
// versitygw's objects the former are those of files, and the latter an attribute. By
// the name "go/s3" rows say what S3 cannot hold; for all else it is the Go server.
func TestS3(t *testing.T) {
	s3 := server.StartS3(t)
	f := fixtures(t)
	if err := f.WriteFiles(s3.Dir); err != nil {
		t.Fatal(err)
	}
	for i := range f.Files {
		file := &f.Files[i]
		attribute(t, filepath.Join(s3.Dir, file.Key()), "user.etag", file.Metadata().ETag)
		attribute(t, filepath.Join(s3.Dir, file.Key()), "user.content-type", "binary/octet-stream") // as if none was given
	}
	_, data := folder(t)
	dir := t.TempDir()
	key, conf := filepath.Join(dir, "key"), filepath.Join(dir, "downlink.toml")
	write(t, key, fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", s3.Access, s3.Secret))
	write(t, conf, fmt.Sprintf(`[server]
listen = "127.0.0.1:0"
[stores.files]
driver = "s3"
endpoint = %q
region = %q
bucket = %q
path_style = true
credentials_file = %q
timeout = "20s"
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
`, s3.Endpoint, s3.Region, s3.Bucket, key))
	p := server.Downlink(t, []string{"--config", conf, "--data", data})
	conformance.Run(t, conformance.NewSocket("go/s3", p.Addr))
}

func attribute(t *testing.T, file, name, value string) {
	t.Helper()
	err := unix.Setxattr(file, name, []byte(value), 0)
	need.That(t, err == nil, fmt.Sprintf("attributes of files: %v", err))
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
