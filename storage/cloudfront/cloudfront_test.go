package cloudfront_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/cloudfront"
)

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestPresign checks the URL as CloudFront does: the policy is made again of the URL
// before the signature, and the signature is of that policy.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
func TestPresign(t *testing.T) {
	key := newKey(t)
	s, err := cloudfront.New("https://cdn.example.org/files", "K2JCJMDEHXQW5F", key)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Origin(); got != "https://cdn.example.org" {
		t.Errorf("origin %q", got)
	}
	before := time.Now()
	got, err := s.Presign(t.Context(), "a b/日本.pdf", storage.PresignOptions{
		Expires: time.Minute,
		Fields:  []core.Field{{Name: "Content-Disposition", Value: `attachment; filename="a b.pdf"`}, {Name: "Content-Type", Value: "application/pdf"}, {Name: "Vary", Value: "Cookie"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = "https://cdn.example.org/files/a%20b/%E6%97%A5%E6%9C%AC.pdf?response-content-disposition=attachment%3B%20filename%3D%22a%20b.pdf%22&response-content-type=application%2Fpdf"
	resource, signature, ok := strings.Cut(got, "&Expires=")
	if !ok || resource != want {
		t.Fatalf("got %s\nwant %s&Expires=…", got, want)
	}
	var expires int64
	var sum string
	if _, err := fmt.Sscanf(strings.NewReplacer("&Signature=", " ", "&Key-Pair-Id=K2JCJMDEHXQW5F", "").Replace(signature), "%d %s", &expires, &sum); err != nil {
		t.Fatal(err)
	}
	if life := time.Unix(expires, 0).Sub(before); life < 55*time.Second || life > 90*time.Second {
		t.Errorf("good for %v, want a minute", life)
	}
	policy := fmt.Sprintf(`{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%d}}}]}`, resource, expires)
	digest := sha1.Sum([]byte(policy))
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(sum))
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA1, digest[:], raw); err != nil {
		t.Errorf("signature: %v", err)
	}
}

func TestReadKey(t *testing.T) {
	key := newKey(t)
	eight, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for kind, der := range map[string][]byte{"PRIVATE KEY": eight, "RSA PRIVATE KEY": x509.MarshalPKCS1PrivateKey(key)} {
		path := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := cloudfront.ReadKey(path); err != nil || !key.Equal(got) {
			t.Errorf("%s: got %T, %v", kind, got, err)
		}
	}
	path := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(path, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cloudfront.ReadKey(path); err == nil || strings.Contains(err.Error(), "not a key") {
		t.Errorf("no key: %v, want an error that does not tell the file's content", err)
	}
}

func TestNew(t *testing.T) {
	key := newKey(t)
	for _, base := range []string{"", "cdn.example.org", "http://cdn.example.org/", "https://", "https://x/?a=b", "https://x/#y"} {
		if _, err := cloudfront.New(base, "K", key); err == nil {
			t.Errorf("%q is taken for a distribution's URL", base)
		}
	}
	if _, err := cloudfront.New("https://x/", "", key); err == nil {
		t.Error("no key id, no error")
	}
}
