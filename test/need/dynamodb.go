package need

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// DynamoDBLocal returns a folder with the classes and libraries of Amazon's
// DynamoDB Local, which `make deps` fetches.
func DynamoDBLocal(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	dir := filepath.Join(cache, "downlink-test", "dynamodb-local")
	That(t, err == nil && exists(filepath.Join(dir, "complete")), fmt.Sprintf("DynamoDB Local is not in %s; `make deps` fetches it", dir))
	return dir
}
