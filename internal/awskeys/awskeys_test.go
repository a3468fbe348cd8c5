//go:build !onlambda

package awskeys_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/downlink-go/downlink/internal/awskeys"
)

func TestFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := awskeys.FromFile(path)
	if _, err := p.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "no credentials") {
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

// TestEnvironmentComesFirst: what AWS's own chain would find there, without its cost.
func TestEnvironmentComesFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SESSION_TOKEN", "token")
	for _, row := range []struct{ id, secret, want string }{{"ENV", "s", "ENV"}, {"ENV", "", "FILE"}, {"", "s", "FILE"}} {
		t.Setenv("AWS_ACCESS_KEY_ID", row.id)
		t.Setenv("AWS_SECRET_ACCESS_KEY", row.secret)
		c, err := awskeys.Chain(time.Second).Retrieve(t.Context())
		if err != nil || c.AccessKeyID != row.want || (row.want == "ENV") != (c.SessionToken == "token") {
			t.Errorf("%q, %q: got %+v, %v; want %s", row.id, row.secret, c, err, row.want)
		}
	}
}

// BenchmarkFirst is what finding keys costs a process once.
func BenchmarkFirst(b *testing.B) {
	b.Setenv("AWS_ACCESS_KEY_ID", "ENV")
	b.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	b.Run("environment", func(b *testing.B) {
		for b.Loop() {
			if _, err := awskeys.Chain(time.Second).Retrieve(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("LoadDefaultConfig", func(b *testing.B) {
		for b.Loop() {
			c, err := config.LoadDefaultConfig(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.Credentials.Retrieve(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
