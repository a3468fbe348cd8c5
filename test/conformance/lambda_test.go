package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// TestX1_Lambda plays the table against the function in AWS's runtime interface
// emulator, behind each service that sends events, with the files in a bucket of a
// real S3 server and the items in DynamoDB Local. By the name "lambda" rows say what
// holds for all of them.
func TestX1_Lambda(t *testing.T) {
	s3, db := server.StartS3(t), server.StartDynamoDB(t)
	f := fixtures(t)
	if err := f.WriteFiles(s3.Dir); err != nil {
		t.Fatal(err)
	}
	for i := range f.Files {
		s3.Describe(t, f.Files[i].Key(), f.Files[i].Metadata().ETag)
	}
	env := append(s3.Environment(), "AWS_REGION="+s3.Region, "DOWNLINK_CONFIG="+onLambda(t, s3, db))
	buffered := server.StartFunction(t, env...)
	for _, s := range []lambda.Service{lambda.REST, lambda.HTTP, lambda.FunctionURL, lambda.ALB, lambda.MultiALB} {
		t.Run(s.Name, func(t *testing.T) { conformance.Run(t, lambda.Target{Service: s, Function: buffered}) })
	}
	streaming := server.StartFunction(t, append(env, "DOWNLINK_STREAM=rest, function-url")...)
	for _, s := range []lambda.Service{lambda.REST.Streamed(), lambda.FunctionURL.Streamed()} {
		t.Run(s.Name, func(t *testing.T) { conformance.Run(t, lambda.Target{Service: s, Function: streaming}) })
	}
}

// onLambda is a configuration for the function, with the views of the table, and the
// items are in its catalogue.
func onLambda(t *testing.T, s3 *server.S3, db *server.DynamoDB) string {
	t.Helper()
	var store strings.Builder
	for line := range strings.Lines(s3.Store(t, s3.Endpoint)) {
		if !strings.HasPrefix(line, "credentials_file") { // which are the environment's
			store.WriteString(line)
		}
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "downlink.toml")
	toml := store.String() + "timeout = \"20s\"\n[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n" + codedView +
		fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nregion = %q\nendpoint = %q\n", db.Region, db.Endpoint)
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	items, err := os.Create(filepath.Join(dir, "items.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer items.Close()
	if err := fixtures(t).WriteItems(items); err != nil {
		t.Fatal(err)
	}
	for _, variable := range db.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	server.Run(t, "import", items.Name(), "--config", conf, "--create-table")
	return conf
}
