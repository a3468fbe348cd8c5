package lambda_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// TestC8_MaxDownloads: an item with a limit is downloaded that often by a function without
// keys for signed links too, and who was counted goes on.
func TestC8_MaxDownloads(t *testing.T) {
	s3, db := server.StartS3(t), server.StartDynamoDB(t)
	if err := s3.Put(t.Context(), "a.bin", random(1000)); err != nil {
		t.Fatal(err)
	}
	x := newSite(t, s3, "", "", fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nregion = %q\nendpoint = %q\n", db.Region, db.Endpoint))
	t.Setenv("AWS_ACCESS_KEY_ID", db.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", db.Secret)
	items := filepath.Join(t.TempDir(), "items.jsonl")
	if err := os.WriteFile(items, []byte(`{"slug":"a","store":"files","key":"a.bin","max_downloads":2}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Run(t, "import", items, "--config", strings.TrimPrefix(x.env[len(x.env)-1], "DOWNLINK_CONFIG="), "--create-table")
	f := server.StartRuntime(t, x.env...)
	for i, step := range []struct {
		fields []string
		want   int
	}{
		{nil, 200}, {nil, 200}, {nil, 410}, {[]string{"Range: bytes=500-"}, 206},
	} {
		if a := ask(t, lambda.HTTP, f, get("/d/a", step.fields...)); a.Status != step.want {
			t.Errorf("request %d: %d %q, want %d", i+1, a.Status, a.Body, step.want)
		}
	}
}
