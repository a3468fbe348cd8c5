package layout_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLambdaLinksNoClients: each start of the function pays for what is linked, asked or
// not (docs/adr/0030-aws-by-hand.md). It is listed with the build command's own tags.
func TestLambdaLinksNoClients(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc,onlambda,noadmin", module+"cmd/downlink-lambda")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	banned := map[string]string{
		"github.com/aws/aws-sdk-go-v2/service/": "ask by internal/awscall",
		"github.com/aws/aws-sdk-go-v2/config":   "a function has its keys in the environment",
		"regexp":                                "it is compiled before main, and large",
		"text/template":                         "it keeps every method of every type in the program",
		"database/sql":                          "a function has no database of SQL",
		"github.com/prometheus/":                "a function is asked for no numbers",
	}
	for path := range strings.FieldsSeq(string(out)) {
		for prefix, remedy := range banned {
			if strings.HasPrefix(path, prefix) {
				t.Errorf("cmd/downlink-lambda links %s: %s", path, remedy)
			}
		}
	}
}
