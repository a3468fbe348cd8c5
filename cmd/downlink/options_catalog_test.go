package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/test/server"
)

// table runs DynamoDB Local and makes a table there as `import --create-table` does. It
// returns the lines of a configuration whose catalogue it is, by name.
func table(t *testing.T) map[string]string {
	t.Helper()
	d := server.StartDynamoDB(t)
	key := filepath.Join(t.TempDir(), "key")
	write(t, key, fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", d.Access, d.Secret))
	lines := map[string]string{"table": "downlink", "region": d.Region, "endpoint": d.Endpoint, "credentials_file": key}
	t.Chdir(t.TempDir())
	write(t, "downlink.toml", catalogLines(lines))
	write(t, "none.jsonl", "")
	run(t, "import", "none.jsonl", "--create-table", "--config", "downlink.toml")
	return lines
}

func catalogLines(lines map[string]string) string {
	text := "[catalog]\ndriver = \"dynamodb\"\ntimeout = \"30s\"\n"
	for name, value := range lines {
		text += fmt.Sprintf("%s = %q\n", name, value)
	}
	return text
}

// inTable tests that a site has its items in the table of a configuration, and has none
// with another value of one of its keys.
func inTable(name, other string) func(t *testing.T) {
	return func(t *testing.T) {
		lines := table(t)
		r := start(t, view+catalogLines(lines))
		if _, body := r.get("/d/item"); body != "hello" {
			t.Errorf("body %q", body)
		}
		if out := r.out.String(); !strings.Contains(out, "items of table downlink of DynamoDB") {
			t.Errorf("serve says %s", out)
		}
		if _, err := os.Stat(filepath.Join(r.dir, "xdg", "downlink", "catalog.db")); err == nil {
			t.Error("there is a file for the catalogue too")
		}
		if other == "wrong" {
			other = filepath.Join(t.TempDir(), "wrong")
			write(t, other, "[default]\naws_access_key_id = other\naws_secret_access_key = other\n")
		}
		lines[name] = other
		write(t, "other.toml", catalogLines(lines))
		err := (&settings{config: "other.toml"}).withCatalog("", func(items *catalog.Catalog, _ []string, _ string) error {
			_, err := items.Item(t.Context(), "item")
			return err
		})
		if !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("with %s = %q: %v, want ErrUnavailable", name, other, err)
		}
	}
}

// tableTimeout: a server that says nothing is given up in time.
func tableTimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Chdir(t.TempDir())
	for _, limit := range []time.Duration{300 * time.Millisecond, 900 * time.Millisecond} {
		write(t, "downlink.toml", fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nendpoint = \"http://%s\"\ntimeout = %q\n", l.Addr(), limit))
		begun := time.Now()
		err := (&settings{config: "downlink.toml"}).withCatalog("", func(items *catalog.Catalog, _ []string, _ string) error {
			_, err := items.Item(t.Context(), "item")
			return err
		})
		if took := time.Since(begun); !errors.Is(err, catalog.ErrUnavailable) || took < limit/2 {
			t.Errorf("limit %v: %v after %v", limit, err, took)
		}
		if !strings.Contains(err.Error(), limit.String()) {
			t.Errorf("%q does not tell the limit %v", err, limit)
		}
	}
}

// TestImportForLambda: the catalogue of a function is filled from the machine of its
// operator, and the one of the server is left alone.
func TestImportForLambda(t *testing.T) {
	lines := table(t)
	delete(lines, "credentials_file")
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "testaccess", "AWS_SECRET_ACCESS_KEY": "testsecret", "AWS_REGION": lines["region"], "TABLE": lines["table"]} {
		t.Setenv(name, value)
	}
	lines["table"] = "$TABLE"
	delete(lines, "region")
	write(t, "lambda.toml", "[stores.files]\ndriver = \"s3\"\nbucket = \"$BUCKET\"\n"+strings.Replace(catalogLines(lines), "[catalog]", "[catalog.lambda]", 1))
	write(t, "items.jsonl", `{"slug":"a","key":"a.txt"}`+"\n")
	flags := []string{"--config", "lambda.toml", "--data", t.TempDir()}
	out := run(t, append([]string{"import", "items.jsonl", "--lambda"}, flags...)...)
	if out != "1 items are in table downlink of DynamoDB\n" {
		t.Errorf("import says %q", out)
	}
	if out := run(t, append([]string{"export", "--lambda"}, flags...)...); !strings.Contains(out, `"slug":"a"`) {
		t.Errorf("export prints %q", out)
	}
	c := newCommand()
	c.SetArgs(append([]string{"export"}, flags...))
	if err := c.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "no catalogue") {
		t.Errorf("export of the server's, which is not there: %v", err)
	}
}

func TestCreateTableOfNoTable(t *testing.T) {
	s := settings{data: t.TempDir()}
	err := s.createTable(t.Context(), "")
	if err == nil || !strings.Contains(err.Error(), `driver = "`+config.DriverDynamoDB+`"`) {
		t.Errorf("got %v", err)
	}
}
