package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/chromedp"

	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// stack is what the template makes: two functions behind an HTTP API, a bucket and a
// table.
type stack struct {
	*httptest.Server
	admin, downloads *server.Function
}

// startStack runs it, with the bucket reached by way.
func startStack(t *testing.T, bucket *server.S3, way string) *stack {
	t.Helper()
	db := server.StartDynamoDB(t)
	table, err := dynamocat.New(dynamocat.Options{
		Table: "downlink", Region: db.Region, Endpoint: db.Endpoint, Credentials: credentials.NewStaticCredentialsProvider(db.Access, db.Secret, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if err := table.CreateTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := fmt.Sprintf("[stores.files]\ndriver = \"s3\"\nendpoint = %q\nregion = %q\nbucket = %q\npath_style = true\n", "http://"+way, bucket.Region, bucket.Bucket) +
		fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nendpoint = %q\n", db.Endpoint)
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(bucket.Environment(), "AWS_REGION="+bucket.Region, "DOWNLINK_CONFIG="+conf)
	s := &stack{downloads: server.StartFunction(t, env...)}
	mux := http.NewServeMux()
	mux.Handle("/", lambda.HTTP.Gateway(t, s.downloads))
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	s.admin = server.StartBootstrap(t, server.AdminBootstrap(t), append(env, "DOWNLINK_FUNCTION=admin", "DOWNLINK_URL="+s.URL+"/")...)
	mux.Handle("/admin/", lambda.HTTP.Gateway(t, s.admin))
	return s
}

// setUp is the path of the link for the first account, which the function's log has
// once it was asked for anything.
func (s *stack) setUp(t *testing.T) string {
	t.Helper()
	answer, err := http.Get(s.URL + "/admin/login")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	found := regexp.MustCompile(`"path":"(/admin/setup\?token=\w+)"`).FindStringSubmatch(s.admin.Log())
	if answer.StatusCode != http.StatusOK || found == nil {
		t.Fatalf("%s; no link in the log:\n%s", answer.Status, s.admin.Log())
	}
	return found[1]
}

// The admin is a function: somebody makes the first account by the link in its log, sends
// a file of 30 MiB straight to the bucket though connections are cut, publishes it, and
// has it from the other function. The count is seen, and deleting leaves nothing.
func TestC2_AdminOnLambdaInChromium(t *testing.T) {
	const size = 30<<20 + 1
	bucket := server.StartS3(t)
	way := server.Before(t, bucket.Addr)
	s := startStack(t, bucket, way.Addr)
	allowUploads(t, bucket, s.URL)
	b := startChromium(t)
	b.asPerson(t)
	do(t, b, chromedp.Navigate(s.URL+s.setUp(t)))
	b.write(t, "#name", "anna")
	b.write(t, "#password", adminPassword)
	b.write(t, "#again", adminPassword)
	b.press(t, "main button")
	b.look(t, "", "lambda-items-empty")

	big := filepath.Join(t.TempDir(), "Big file.bin")
	randomFile(t, big, size)
	sent := partsOf(way, func(n int64) bool { return n == 2 || n == 3 })
	b.uploadFile(t, s.URL, big)
	b.until(t, `document.querySelector(".progress [data-state=done] a") != null`, time.Minute)
	if got := sent.Load(); got < 6 || got > 8 { // four parts, two of them twice, or more often by the browser itself
		t.Errorf("%d parts were sent, want 6", got)
	}
	b.press(t, ".progress a")
	do(t, b, chromedp.Click(chromedp.CSS("input[value=published]")))
	b.press(t, ".main > .actions button")
	if link := do(t, b, chromedp.Evaluate[string](`document.querySelector("aside a").href`)); link != s.URL+"/d/big-file" {
		t.Errorf("the link is %s", link)
	}
	b.saveAs(t, true)
	b.visit(t, origin{url: s.URL}, "/d/big-file")
	suggested, file := b.wait(t)
	if suggested != "Big file.bin" {
		t.Errorf("downloaded as %q", suggested)
	}
	sameFiles(t, file, big)
	counted := func() bool { // after the answer, before the invocation ends
		do(t, b, chromedp.Navigate(s.URL+"/admin/item/big-file"))
		return do(t, b, chromedp.Evaluate[bool](`document.body.innerText.includes("1 download within 30 days")`))
	}
	for end := time.Now().Add(browserPatience); !counted(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the download is not counted:\n%s", s.downloads.Log())
		}
	}
	for _, page := range []string{"categories", "statistics", "files", "orphans", "health", "account"} {
		b.look(t, s.URL+"/admin/"+page, "lambda-"+page)
	}
	do(t, b, chromedp.Navigate(s.URL+"/admin/health"))
	if text := do(t, b, chromedp.Evaluate[string](`document.body.innerText`)); !strings.Contains(text, "No faults were found") {
		t.Errorf("health:\n%s", text)
	}
	do(t, b, chromedp.Navigate(s.URL+"/admin/item/big-file"))
	do(t, b, chromedp.Click(chromedp.CSS(".danger-zone summary")))
	b.press(t, ".danger-zone button")
	list, err := bucket.Client().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		if !strings.HasPrefix(*o.Key, "uploads/unfinished/") { // what became of it, for a week
			t.Errorf("left: %s", *o.Key)
		}
	}
	b.press(t, ".who button")
	if at := do(t, b, chromedp.Location()); at != s.URL+"/admin/login" {
		t.Errorf("logged out at %s", at)
	}
}
