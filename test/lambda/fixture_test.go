package lambda_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

func TestMain(m *testing.M) { server.Main(m) }

// random is n bytes, the same each time.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // never an error
	return b
}

// site is a bucket of a real S3 server with files, and what the function needs to
// serve it at /files/.
type site struct {
	*server.S3
	env []string
}

// newSite puts files into a bucket that the function reaches at an endpoint, "" for the
// server's own. more is what else stands in the configuration.
func newSite(t *testing.T, s3 *server.S3, endpoint, store, more string) *site {
	t.Helper()
	if endpoint == "" {
		endpoint = s3.Endpoint
	}
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := fmt.Sprintf("[stores.files]\ndriver = \"s3\"\nendpoint = %q\nregion = %q\nbucket = %q\npath_style = true\n", endpoint, s3.Region, s3.Bucket) +
		store + "\n[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n" + more
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	return &site{s3, append(s3.Environment(), "AWS_REGION="+s3.Region, "DOWNLINK_CONFIG="+conf)}
}

func get(path string, fields ...string) conformance.Request {
	return conformance.Request{Method: http.MethodGet, Path: path, Fields: fields}
}

func ask(t *testing.T, s lambda.Service, f lambda.Invoker, r conformance.Request) conformance.Response {
	t.Helper()
	return lambda.Target{Service: s, Function: f}.Do(t, r)
}

func sum(b []byte) string { return fmt.Sprintf("%d bytes, %x", len(b), sha256.Sum256(b)) }
