package s3store_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
)

func TestFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := s3store.FromFile(path)
	if _, err := p.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "no credentials for S3") {
		t.Errorf("without a file: %v", err)
	}
	for _, text := range []string{"", "[other]\naws_access_key_id = A\naws_secret_access_key = hunter2\n", "[default]\naws_access_key_id = A\n", "{\"hunter2\": 1}"} {
		write(text)
		if c, err := p.Retrieve(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %+v, %v; want an error that does not tell the secret", text, c, err)
		}
	}
	for _, id := range []string{"FIRST", "SECOND"} { // as a key that was changed
		write("[default]\naws_access_key_id = " + id + "\naws_secret_access_key = s\naws_session_token = t\n")
		c, err := p.Retrieve(t.Context())
		if err != nil || c.AccessKeyID != id || c.SecretAccessKey != "s" || c.SessionToken != "t" {
			t.Errorf("got %+v, %v", c, err)
		}
		if left := time.Until(c.Expires); !c.CanExpire || left > time.Minute {
			t.Errorf("used for %v, want a minute at most", left)
		}
	}
}

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
		if err := ask(); !errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "no credentials for S3") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
