package config_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
)

const withLambda = `[stores.files]
path = "files"
[stores.files.lambda]
driver = "s3"
bucket = "$BUCKET"
prefix = "$PREFIX"
[catalog.lambda]
driver = "dynamodb"
table = "$TABLE"
[stores.shared]
driver = "s3"
bucket = "shared"
region = "eu-central-1"
delivery = "stream"
redirect_min_bytes = 1
[stores.local]
path = "local"
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/shared/{path...}"
kind = "storage"
store = "shared"
[[views]]
pattern = "/local/{path...}"
kind = "storage"
store = "local"
platforms = ["server"]
`

func onLambda(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("/var/task/downlink.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err = c.For(config.OnLambda)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestR5_Lambda(t *testing.T) {
	c := onLambda(t, withLambda)
	env := map[string]string{"BUCKET": "made-by-sam", "PREFIX": "public", "AWS_REGION": "eu-west-1", "TABLE": "items"}
	c, err := c.Resolve(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Store{
		store("files", "s3", config.Store{Bucket: "made-by-sam", Prefix: "public/", Region: "eu-west-1", Delivery: "auto", RedirectMinBytes: math.MaxInt}),
		store("shared", "s3", config.Store{Bucket: "shared", Region: "eu-central-1", Delivery: "stream", RedirectMinBytes: 1}),
	}
	if !reflect.DeepEqual(c.Stores, want) {
		t.Errorf("stores: got %+v, want %+v", c.Stores, want)
	}
	if got := patterns(c); !reflect.DeepEqual(got, []string{"storage /files/{path...}", "storage /shared/{path...}", "object /d/{slug}"}) {
		t.Errorf("views: got %v", got)
	}
	if got := c.Catalog; got.Driver != "dynamodb" || got.Table != "items" || got.Region != "eu-west-1" {
		t.Errorf("catalogue: got %+v", got)
	}
	if c.Log.Format != "json" {
		t.Errorf("log.format is %q", c.Log.Format)
	}
}

// A store of a server that is on Lambda too does not make the file one for Lambda.
func TestR5_ForLambdaWhenSaid(t *testing.T) {
	const server = "[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[log]\nformat = \"text\"\n"
	c, err := config.Parse("downlink.toml", []byte(server))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Platforms(); !reflect.DeepEqual(got, []config.Platform{config.OnServer}) {
		t.Errorf("platforms: got %v", got)
	}
	if c := onLambda(t, server); c.Stores[0].Region != "$AWS_REGION" || c.Log.Format != "text" {
		t.Errorf("on Lambda: %+v, %+v", c.Stores, c.Log)
	}
	c, err = config.Parse("downlink.toml", []byte(withLambda))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Platforms(); !reflect.DeepEqual(got, []config.Platform{config.OnServer, config.OnLambda}) {
		t.Errorf("platforms: got %v", got)
	}
}

func TestResolveCloudFront(t *testing.T) {
	c := onLambda(t, "[stores.files]\ndriver = \"s3\"\nbucket = \"a\"\nregion = \"auto\"\ncloudfront_url = \"$URL\"\ncloudfront_key_id = \"$ID\"\ncloudfront_key_env = \"KEY\"\n")
	for _, row := range []struct{ url, id, wantURL, wantEnv, fault string }{
		{"", "", "", "", ""},
		{"https://d1.cloudfront.net", "K1", "https://d1.cloudfront.net/", "KEY", ""},
		{"https://d1.cloudfront.net", "", "", "", "cloudfront_key_id is missing"},
		{"d1", "K1", "", "", `cloudfront_url "d1/": write a URL`},
	} {
		env := map[string]string{"URL": row.url, "ID": row.id}
		d, err := c.Resolve(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		switch {
		case row.fault != "":
			if err == nil || !strings.Contains(err.Error(), row.fault) {
				t.Errorf("%v: got %v, want %q", env, err, row.fault)
			}
		case err != nil:
			t.Errorf("%v: %v", env, err)
		case d.Stores[0].CloudFrontURL != row.wantURL || d.Stores[0].CloudFrontKeyID != row.id || d.Stores[0].CloudFrontKeyEnv != row.wantEnv:
			t.Errorf("%v: got %+v", env, d.Stores[0])
		}
	}
}

func TestResolveFaults(t *testing.T) {
	c := onLambda(t, withLambda)
	env := map[string]string{"BUCKET": "", "AWS_REGION": "eu-west-1", "TABLE": ""}
	_, err := c.Resolve(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	want := "/var/task/downlink.toml:5:10: \"$BUCKET\": the environment's variable BUCKET is empty: set it to the name of the bucket\n" +
		"/var/task/downlink.toml:6:10: \"$PREFIX/\": the environment has no variable PREFIX: set it, or write the value itself\n" +
		"/var/task/downlink.toml:9:9: \"$TABLE\": the environment's variable TABLE is empty: set it to the name of the table"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	env = map[string]string{"BUCKET": "a/b", "PREFIX": "", "AWS_REGION": "eu-west-1", "TABLE": "a/b"}
	_, err = c.Resolve(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err == nil || !strings.Contains(err.Error(), "bucket \"a/b\": write its name alone") {
		t.Errorf("a value that is no bucket: %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), "table \"a/b\": write the table's name") {
		t.Errorf("a value that is no table: %v", err)
	}
}

func TestR5_NotForLambda(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"[stores.a]\npath = \"a\"\n", "has no store that is on Lambda: write [stores.NAME.lambda]"},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\ncredentials_file = \"k\"\n", `:4:20: credentials_file: there are no files on Lambda, where the function's role says what it may: take it out, or write the store as it is there below [stores.a.lambda]`},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[[views]]\npattern = \"/m/{path...}\"\nkind = \"path\"\nroot = \"m\"\n", `:6:8: kind path: there is none on Lambda; write platforms = ["server"] into this view`},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\ncredentials_file = \"k\"\n", `:7:20: credentials_file: there are no files on Lambda, where the function's role says what it may: take it out, or write the catalogue as it is there below [catalog.lambda]`},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[[links.keys]]\nid = \"k\"\nsecret_file = \"k\"\n", "secret_file: there are no files on Lambda; write secret_env with the name of a variable"},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[tracking]\nevents = \"e.jsonl\"\n", `write "-" for the function's log`},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[[webhooks]]\nurl = \"https://a/\"\nsecret_file = \"s\"\n", "secret_file: there are no files on Lambda; write secret_env"},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\ncloudfront_url = \"https://c/\"\ncloudfront_key_id = \"K\"\ncloudfront_key_file = \"k\"\n", "cloudfront_key_file: there are no files on Lambda; write cloudfront_key_env"},
		{"[stores.a]\ndriver = \"s3\"\nbucket = \"a\"\n[forward_auth]\nurl = \"http://127.0.0.1/\"\n[[views]]\npattern = \"/m/{path...}\"\nkind = \"storage\"\nstore = \"a\"\nallow = \"forward-auth\"\n", "nobody is asked on Lambda"},
	} {
		c, err := config.Parse("/etc/downlink.toml", []byte(row.text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.For(config.OnLambda); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %q", row.text, err, row.want)
		}
	}
}
