package sam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// guard stands before DynamoDB Local, which knows no rights, and refuses what a role of
// the template may not do, as DynamoDB does
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html,
// transaction-apis-iam.html for transactions).
type guard struct {
	may  map[string][]string // patterns of partition keys, by action
	next http.Handler

	mu      sync.Mutex
	allowed map[string]bool // action and kind of row, of what was asked for
	refused []string
}

// newGuard has the rights that the role of that name has on the table.
func newGuard(t *testing.T, role, endpoint string) *guard {
	t.Helper()
	next, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{may: map[string][]string{}, next: httputil.NewSingleHostReverseProxy(next), allowed: map[string]bool{}}
	for _, policy := range read(t).With(nil)[role].(object)["Policies"].([]any) {
		for _, s := range policy.(object)["PolicyDocument"].(object)["Statement"].([]any) {
			for _, action := range list(s.(object)["Action"]) {
				for _, resource := range reach(t, s.(object)) {
					if pattern, ok := strings.CutPrefix(resource, "<Table.Arn> of "); ok {
						g.may[action] = append(g.may[action], pattern)
					}
				}
			}
		}
	}
	return g
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	all, err := requests(operation, body)
	if err != nil || !g.admits(all) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type": "com.amazon.coral.service#AccessDeniedException"}`)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.next.ServeHTTP(w, r)
}

// admits says whether all requests are allowed, and notes them.
func (g *guard) admits(all []request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range all {
		kind, _, _ := strings.Cut(r.key, "#")
		if !g.allows(r) {
			g.refused = append(g.refused, fmt.Sprint(r))
			return false
		}
		g.allowed[r.action+" "+kind] = true
	}
	return true
}

// allows says whether a statement has the action for a row with that partition key.
func (g *guard) allows(r request) bool {
	return slices.ContainsFunc(g.may["dynamodb:"+r.action], func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return r.key == prefix || open && strings.HasPrefix(r.key, prefix)
	})
}

// request is what a right is needed for.
type request struct{ action, key string }

type row struct{ Key, Item, ExpressionAttributeValues map[string]struct{ S string } }

func (r row) key() string { return r.Key["pk"].S + r.Item["pk"].S }

// requests are those of an operation: of a transaction, what its parts are.
func requests(operation string, body []byte) ([]request, error) {
	var in struct {
		row
		TransactItems []map[string]row
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch operation {
	case "GetItem", "PutItem", "UpdateItem":
		return []request{{operation, in.key()}}, nil
	case "Query":
		return []request{{operation, in.ExpressionAttributeValues[":pk"].S}}, nil
	case "TransactWriteItems":
		var all []request
		for _, item := range in.TransactItems {
			for part, r := range item {
				all = append(all, request{part + "Item", r.key()})
			}
		}
		return all, nil
	}
	return []request{{operation, ""}}, nil
}

const siteWithLinks = `[stores.files]
driver = "s3"
bucket = "$DOWNLINK_BUCKET"
endpoint = %q
path_style = true

[catalog]
driver = "dynamodb"
table = "$DOWNLINK_TABLE"
endpoint = %q

[[links.keys]]
id = "k"
secret_env = "DOWNLINK_LINK_KEY"

[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
path = "{path}"
link = "required"
`

const linkSecret = "0123456789abcdef0123456789abcdef"

// TestR3_RoleSuffices: the function gets what it asks DynamoDB for, with the rights of
// the template and no more: items, pages, counts and links with a use limit.
func TestR3_RoleSuffices(t *testing.T) {
	s3, db := server.StartS3(t), server.StartDynamoDB(t)
	g := newGuard(t, "Role", db.Endpoint)
	guarded := httptest.NewServer(g)
	t.Cleanup(guarded.Close)
	dir := t.TempDir()
	conf, direct, items := filepath.Join(dir, "downlink.toml"), filepath.Join(dir, "direct.toml"), filepath.Join(dir, "items.jsonl")
	write(t, conf, fmt.Sprintf(siteWithLinks, s3.Endpoint, guarded.URL))
	write(t, direct, fmt.Sprintf(siteWithLinks, s3.Endpoint, db.Endpoint))
	write(t, items, `{"slug":"manual","title":"The manual","key":"manual.pdf","category":"Papers"}`)
	if err := s3.Put(t.Context(), "manual.pdf", []byte("text")); err != nil {
		t.Fatal(err)
	}
	env := append(s3.Environment(), "AWS_REGION="+s3.Region, "DOWNLINK_CONFIG="+conf, "DOWNLINK_BUCKET="+s3.Bucket, "DOWNLINK_TABLE=downlink", "DOWNLINK_LINK_KEY="+linkSecret)
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	server.Run(t, "import", items, "--lambda", "--create-table", "--config", direct)
	stage(t, db.Client(), "manual")
	f := server.StartBootstrap(t, server.Bootstrap(t), env...)
	ask(t, f, "/d/manual", http.StatusOK)
	for _, page := range []string{"/", "/?order=downloads&q=manual", "/feed.atom"} {
		ask(t, f, page, http.StatusOK)
	}
	once := signed(t, "/private/manual.pdf")
	ask(t, f, once, http.StatusOK)
	ask(t, f, once, http.StatusPartialContent, "Range: bytes=2-")
	ask(t, f, once, http.StatusForbidden)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refused != nil {
		t.Errorf("the role does not allow %v", g.refused)
	}
	for _, want := range []string{"GetItem item", "GetItem puts", "GetItem link", "Query item", "Query category", "Query count", "UpdateItem count", "UpdateItem link", "PutItem link"} {
		if !g.allowed[want] {
			t.Errorf("nobody asked for %s: the test does not show that it is allowed", want)
		}
	}
	for _, never := range []request{{"GetItem", "admin#users"}, {"Query", "admin#sessions"}, {"PutItem", "admin#users"}, {"UpdateItem", "item#0"}, {"PutItem", "puts"}, {"DeleteItem", "count#0"}} {
		if g.allows(never) {
			t.Errorf("the role allows %v", never)
		}
	}
}

// stage has an item be one of a put that was given up.
func stage(t *testing.T, db *dynamodb.Client, slug string) {
	t.Helper()
	rows, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("downlink")})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows.Items {
		if sk, ok := row["sk"].(*types.AttributeValueMemberS); !ok || sk.Value != slug {
			continue
		}
		row["stager"] = &types.AttributeValueMemberS{Value: "gone"}
		if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("downlink"), Item: row}); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("the table has no item %s", slug)
}

// signed is a URL that is good for one download.
func signed(t *testing.T, path string) string {
	t.Helper()
	key, err := link.NewKey("k", []byte(linkSecret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(link.Grant{Path: path, Expires: time.Now().Add(time.Hour), ID: "once", Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	return link.URL(path, token)
}

// ask wants a status.
func ask(t *testing.T, f *server.Function, path string, status int, fields ...string) {
	t.Helper()
	r := lambda.Target{Service: lambda.HTTP, Function: f}.Do(t, conformance.Request{Method: http.MethodGet, Path: path, Fields: fields})
	if r.Status != status {
		t.Errorf("%s %v: status %d, want %d", path, fields, r.Status, status)
	}
}
