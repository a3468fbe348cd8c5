package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/test/server"
)

// An upload goes into a bucket whole, in several parts of S3, under a generated key, and
// out of it again when its item is deleted.
func TestC2_UploadIntoABucket(t *testing.T) {
	bucket := server.StartS3(t)
	data := t.TempDir()
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := "[server]\nlisten = \"127.0.0.1:0\"\n" + bucket.Store(t, bucket.Endpoint) + withAdmin
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	p := server.Downlink(t, []string{"--config", conf, "--data", data})
	c := anna(t, p.Addr, data)
	content := bytes.Repeat([]byte("0123456789abcdef"), 20<<16) // 20 MiB
	tusThrough(t, c, p.Addr, content)

	objects := func() []string {
		list, err := bucket.Client().ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket.Bucket})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, o := range list.Contents {
			keys = append(keys, *o.Key)
		}
		return keys
	}
	keys := objects()
	if len(keys) != 1 {
		t.Fatalf("objects %v", keys)
	}
	got, err := bucket.Client().GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket.Bucket, Key: &keys[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if stored, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(stored, content) {
		t.Errorf("%d bytes are stored, %v", len(stored), err)
	}
	resp, err := c.Post("http://"+p.Addr+"/admin/item/download/delete", "application/x-www-form-urlencoded", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if left := objects(); len(left) > 0 || resp.StatusCode != http.StatusSeeOther {
		t.Errorf("after deleting (%s): %v", resp.Status, left)
	}
}
