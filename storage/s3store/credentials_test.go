package s3store_test

import (
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
)

// TestNoCredentials: on a machine that has none, whose metadata service says nothing,
// the cause is told and not that S3 did not answer.
func TestNoCredentials(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+l.Addr().String())
	s, err := s3store.New(s3store.Options{Bucket: "bkt", Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, ask := range map[string]func() error{
		"stat": func() error { _, err := s.Stat(t.Context(), "a"); return err },
		"open": func() error { _, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1}); return err },
		"presign": func() error {
			_, err := s.Presign(t.Context(), "a", storage.PresignOptions{Expires: time.Minute})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "no credentials") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
