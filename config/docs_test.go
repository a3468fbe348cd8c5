package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

const guide = "../docs/configuration.md"

// documented is a row of the guide's tables.
type documented struct {
	table                              string // as its header is written: "[[views]]"
	key, kind, fallback, usage, sample string
}

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func tables(t *testing.T) (rows []documented) {
	t.Helper()
	heading := regexp.MustCompile("^## `(.*)`$")
	row := regexp.MustCompile("^\\| `([a-z_]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| `([^|]+)` \\|$")
	table := ""
	for line := range strings.Lines(readGuide(t)) {
		line = strings.TrimSpace(line)
		if m := heading.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if m := row.FindStringSubmatch(line); m != nil {
			rows = append(rows, documented{table, m[1], m[2], strings.Trim(m[3], "`"), m[4], m[5]})
		} else if strings.HasPrefix(line, "| `") {
			t.Errorf("this row is not as the others: %s", line)
		}
	}
	return rows
}

// schema is every key with its type and default as the guide has to have them.
func schema() map[[2]string][2]string {
	all := map[[2]string][2]string{}
	config := reflect.TypeFor[Config]()
	for _, table := range fields(config) {
		addSchema(all, config.Field(table.index).Type, table.name)
	}
	return all
}

// addSchema adds the keys of a table, and of the lists of tables in it.
func addSchema(all map[[2]string][2]string, of reflect.Type, path string) {
	header := "[" + path + "]"
	switch {
	case isNamed(of):
		of, header = of.Elem(), "["+path+".NAME]"
	case of.Kind() == reflect.Slice:
		of, header = of.Elem(), "["+header+"]"
	}
	for _, f := range fields(of) {
		kind, fallback := "string", `""`
		if isOverlay(of.Field(f.index).Type) {
			continue // the guide tells of these at one place
		}
		if t := of.Field(f.index).Type; t.Kind() == reflect.Struct {
			addSchema(all, t, path+"."+f.name)
			continue
		} else if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
			addSchema(all, t, path+"."+f.name)
			continue
		}
		switch reflect.Zero(of.Field(f.index).Type).Interface().(type) {
		case bool:
			kind, fallback = "boolean", "false"
		case *bool:
			kind, fallback = "boolean", "unset"
		case int:
			kind, fallback = "integer", "0"
		case int64:
			kind = "integer or string"
		case Bytes:
			kind = "size"
		case time.Duration, *time.Duration:
			kind = "duration"
		case []string:
			kind, fallback = "list of strings", "[]"
		}
		switch {
		case f.required != "":
			fallback = "required"
		case f.fallback != "" && (kind == "string" || kind == "duration" || kind == "size"):
			fallback = `"` + f.fallback + `"`
		case f.fallback != "":
			fallback = f.fallback
		}
		all[[2]string{header, f.name}] = [2]string{kind, fallback}
	}
}

func TestGuideHasEveryKey(t *testing.T) {
	want := schema()
	for _, row := range tables(t) {
		at := [2]string{row.table, row.key}
		if got, known := [2]string{row.kind, row.fallback}, want[at]; got != known {
			t.Errorf("%s %s: documented type and default are %q, the schema's %q", row.table, row.key, got, known)
		}
		if !strings.HasSuffix(row.usage, ".") {
			t.Errorf("%s %s: %q is no sentence", row.table, row.key, row.usage)
		}
		delete(want, at)
	}
	for at := range want {
		t.Errorf("%s %s is not documented", at[0], at[1])
	}
}

// bases is, for each table, the keys that any other can be added to; for the keys
// that exclude some of these, those that go with it.
var bases = map[string]map[string]string{
	"[stores.NAME]":                     {"path": `"/x"`},
	"[stores.NAME] binding":             {"driver": `"r2"`},
	"[catalog] binding":                 {"driver": `"d1"`},
	"[catalog] url":                     {"driver": `"postgres"`},
	"[catalog] max_connections":         postgresBase,
	"[catalog] lock_wait":               postgresBase,
	"[catalog] statement_wait":          postgresBase,
	"[catalog] table":                   {"driver": `"dynamodb"`},
	"[catalog] region":                  dynamoBase,
	"[catalog] endpoint":                dynamoBase,
	"[catalog] credentials_file":        dynamoBase,
	"[catalog] timeout":                 dynamoBase,
	"[stores.NAME] bucket":              {"driver": `"s3"`},
	"[stores.NAME] region":              s3Base,
	"[stores.NAME] endpoint":            s3Base,
	"[stores.NAME] path_style":          s3Base,
	"[stores.NAME] prefix":              s3Base,
	"[stores.NAME] credentials_file":    s3Base,
	"[stores.NAME] timeout":             s3Base,
	"[stores.NAME] read_timeout":        s3Base,
	"[stores.NAME] delivery":            s3Base,
	"[stores.NAME] cloudfront_url":      {"path": `"/x"`, "cloudfront_key_id": `"K"`, "cloudfront_key_file": `"k.pem"`},
	"[stores.NAME] cloudfront_key_id":   {"path": `"/x"`, "cloudfront_url": `"https://c/"`, "cloudfront_key_file": `"k.pem"`},
	"[stores.NAME] cloudfront_key_file": {"path": `"/x"`, "cloudfront_url": `"https://c/"`, "cloudfront_key_id": `"K"`},
	"[stores.NAME] cloudfront_key_env":  {"path": `"/x"`, "cloudfront_url": `"https://c/"`, "cloudfront_key_id": `"K"`},
	"[[views]]":                         {"pattern": `"/x/{path...}"`, "kind": `"storage"`, "store": `"other"`},
	"[[views]] overlay":                 {"pattern": `"/x"`, "kind": `"overlay"`},
	"[[views]] items":                   {"pattern": `"/x"`, "kind": `"zip"`},
	"[overlays.NAME]":                   {"store": `"other"`, "background": `"b.png"`, "text": `"Hi"`, "width": `1`, "height": `1`},
	"[generated]":                       {},
	"[[views]] kind":                    {"pattern": `"/x/{slug}"`},
	"[[views]] field":                   {"pattern": `"/x/{slug}"`, "kind": `"object"`},
	"[[views]] root":                    {"pattern": `"/x/{path...}"`, "kind": `"path"`},
	"[admin]":                           {},
	"[admin] direct_uploads":            {"store": `"bucket"`},
	"[admin.oidc]":                      {"issuer": `"https://i"`, "client_id": `"c"`, "client_secret_env": `"S"`, "emails": `["a@b"]`},
	"[forward_auth]":                    {"url": `"http://127.0.0.1/"`},
	"[links]":                           {},
	"[[links.keys]]":                    {"id": `"a"`, "secret_env": `"A"`},
	"[[links.keys]] secret_file":        {"id": `"a"`},
	"[[webhooks]]":                      {"url": `"https://a/"`},
	"[[offload]]":                       {"front": `"nginx"`, "source": `"other"`, "destination": `"/_internal/x/"`},
	"[[offload]] source_dir":            {"front": `"nginx"`, "destination": `"/_internal/x/"`},
	"[[offload]] source_url":            {"front": `"nginx"`, "destination": `"/_internal/x/"`},
	"[[views]] url":                     {"pattern": `"/x/{path...}"`, "kind": `"http"`, "origins": `["https://files.example"]`},
	"[[views]] origins":                 {"pattern": `"/x/{path...}"`, "kind": `"http"`, "url": `"https://files.example/{path}"`},
	"[[offload]] field":                 {"front": `"header"`, "source": `"other"`, "destination": `"/x/"`},
	"[[offload]] raw":                   {"front": `"header"`, "source": `"other"`, "destination": `"/x/"`, "field": `"X-Y"`},
}

// beside is what has to stand in the file with a table or a key.
var beside = map[string]string{
	"[links]":                "[[links.keys]]\nid = \"a\"\nsecret_env = \"A\"\n",
	"[[views]] link":         "[[links.keys]]\nid = \"a\"\nsecret_env = \"A\"\n",
	"[admin] direct_uploads": "[stores.bucket]\ndriver = \"s3\"\nbucket = \"x\"\n",
	"[admin.oidc]":           "[admin]\nurl = \"https://files.example.org\"\n",
	"[tracking]":             "[server]\nrequest_id_header = \"X-Request-Id\"\n",
	"[[views]] allow":        "[forward_auth]\nurl = \"http://127.0.0.1/\"\n",
}

var s3Base = map[string]string{"driver": `"s3"`, "bucket": `"x"`}

var postgresBase = map[string]string{"driver": `"postgres"`, "url": `"postgres://downlink@db/downlink"`}

var dynamoBase = map[string]string{"driver": `"dynamodb"`, "table": `"downlink"`}

// parse parses a file with the base of the row's table, and with the row's key
// set to value unless that is "".
func (row documented) parse(t *testing.T, value string) (*Config, error) {
	t.Helper()
	base, special := bases[row.table+" "+row.key]
	if !special || value == "" {
		base = bases[row.table]
	}
	var b strings.Builder
	if row.table != "[stores.NAME]" && row.key != "binding" { // which is on Workers only
		b.WriteString("[stores.files]\npath = \"/f\"\n[stores.other]\npath = \"/o\"\nunsigned_public_url = \"https://o/\"\n")
	}
	if row.key == "overlay" {
		b.WriteString("[generated]\npath = \"/g\"\n[overlays.card]\nstore = \"other\"\nbackground = \"b.png\"\ntext = \"Hi\"\nwidth = 1\nheight = 1\n")
	}
	b.WriteString(row.table + "\n")
	for key, other := range base {
		if key != row.key || value == "" {
			b.WriteString(key + " = " + other + "\n")
		}
	}
	if value != "" {
		b.WriteString(row.key + " = " + value + "\n")
	}
	b.WriteString(beside[row.table] + beside[row.table+" "+row.key])
	return Parse("/etc/downlink.toml", []byte(b.String()))
}

// value is what a configuration has for the row's key.
func (row documented) value(c *Config) any {
	table := reflect.ValueOf(*c)
	for name := range strings.SplitSeq(strings.Trim(row.table, "[]"), ".") {
		if name == "NAME" {
			break
		}
		if table = tagged(table, name); table.Kind() == reflect.Slice {
			table = table.Index(0)
		}
	}
	return tagged(table, row.key).Interface()
}

func tagged(v reflect.Value, name string) reflect.Value {
	for _, f := range fields(v.Type()) {
		if f.name == name {
			return v.Field(f.index)
		}
	}
	return reflect.Value{}
}

// TestGuideKeysHaveEffect plays the sample of every key: the configuration must
// have another value than without it. A key that takes one value only must
// refuse others.
func TestGuideKeysHaveEffect(t *testing.T) {
	for _, row := range tables(t) {
		t.Run(row.table+row.key, func(t *testing.T) {
			key, value, _ := strings.Cut(row.sample, " = ")
			if key != row.key {
				t.Fatalf("the sample is of %q", key)
			}
			with, err := row.parse(t, value)
			if err != nil {
				t.Fatal(err)
			}
			if row.key == "driver" || row.key == "front" {
				if _, err := row.parse(t, `"other"`); err == nil {
					t.Error("another value is taken too")
				}
				return
			}
			without, err := row.parse(t, "")
			if err != nil {
				t.Fatal(err)
			}
			if got, was := row.value(with), row.value(without); reflect.DeepEqual(got, was) {
				t.Errorf("%s changes nothing: it is %v with and without", row.sample, got)
			}
		})
	}
}

func TestGuideSnippets(t *testing.T) {
	snippets := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readGuide(t), -1)
	if len(snippets) < 3 {
		t.Fatalf("found %d snippets", len(snippets))
	}
	for i, m := range snippets {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if _, err := Parse("downlink.toml", []byte(m[1])); err != nil {
				t.Errorf("%v in\n%s", err, m[1])
			}
		})
	}
}

// TestGuideFaults: the faults that the guide shows are told in these words.
func TestGuideFaults(t *testing.T) {
	const text = "[server]\nlisen = \":80\"\n[stores.files]\npath = \"x\"\n[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\n\nstore = \"flies\"\n"
	_, err := Parse("downlink.toml", []byte(text))
	if err == nil || !strings.Contains(readGuide(t), "```text\n"+err.Error()+"\n```") {
		t.Errorf("the guide does not show\n%v", err)
	}
}
