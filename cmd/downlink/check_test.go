package main

import (
	"os"
	"strings"
	"testing"
)

// TestCheckReadsTheSecretsOfWebhooks: what would keep a server from starting is told.
func TestCheckReadsTheSecretsOfWebhooks(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("files", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "downlink.toml", usualStore+"[[webhooks]]\nurl = \"https://app.example.org/\"\nsecret_env = \"DOWNLINK_TEST_HOOK\"\n")
	for secret, want := range map[string]string{hookSecret: "", "a password": "[[webhooks]] of https://app.example.org/: the secret of a webhook is base64"} {
		t.Setenv("DOWNLINK_TEST_HOOK", secret)
		c := newCommand()
		c.SetArgs([]string{"check", "--config", "downlink.toml"})
		c.SetOut(&strings.Builder{})
		err := c.Execute()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", secret, err, want)
		}
	}
}
