package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
)

// TestKeyFiles: a file with a secret is there, closed to others, and not served.
func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	served := filepath.Join(dir, "served")
	if err := os.Mkdir(served, 0o755); err != nil {
		t.Fatal(err)
	}
	file := func(name string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ name, path, want string }{
		{"closed", file("closed", 0o600), ""},
		{"for a group", file("group", 0o640), ""},
		{"open", file("open", 0o644), "chmod o="},
		{"served", file("served/key", 0o600), "which is served"},
		{"none", filepath.Join(dir, "none"), "cannot be read"},
		{"a folder", served, "is not a file"},
	} {
		for key, store := range map[string]string{
			"credentials_file":    "driver = \"s3\"\nbucket = \"x\"\n",
			"cloudfront_key_file": "driver = \"s3\"\nbucket = \"x\"\ncloudfront_url = \"https://x/\"\ncloudfront_key_id = \"K\"\n",
		} {
			conf := file("downlink.toml", 0o600)
			text := fmt.Sprintf("[stores.local]\npath = %q\n[stores.files]\n%s%s = %q\n", served, store, key, test.path)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load(conf)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%s, %s: got %v, want %q", test.name, key, err, test.want)
			}
		}
	}
}
