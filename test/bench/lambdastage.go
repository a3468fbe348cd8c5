package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// lambdaStage is a bucket and the functions' programs.
type lambdaStage struct {
	dir     string
	env     []string          // of every function
	content map[string][]byte // by object
	gateway *exec.Cmd         // the S3 server
}

// lambdaSite is what Downlink's function serves. It logs no more than the others do.
const lambdaSite = `[log]
access = false

[stores.files]
driver = "s3"
endpoint = "$BENCH_ENDPOINT"
path_style = true
bucket = "$DOWNLINK_BUCKET"

[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
`

// setUpLambda builds the functions and starts an S3 server with two objects.
func setUpLambda(ctx context.Context, gateway string) (s *lambdaStage, err error) {
	s = &lambdaStage{content: map[string][]byte{smallObject: make([]byte, 1<<20), largeObject: make([]byte, 10<<20)}}
	if s.dir, err = os.MkdirTemp("", "downlink-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.build(ctx); err != nil {
		return s, err
	}
	return s, s.startS3(ctx, gateway)
}

// build builds each function as the SAM CLI has it built.
func (s *lambdaStage) build(ctx context.Context) error {
	site := filepath.Join(s.dir, "downlink.toml")
	if err := os.WriteFile(site, []byte(lambdaSite), 0o600); err != nil {
		return err
	}
	root, err := projectRoot()
	if err != nil {
		return err
	}
	for _, f := range functions {
		progress("building %s", f.pkg)
		out := filepath.Join(s.dir, "built", f.pkg)
		args := []string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", filepath.Join(out, "bootstrap"), "./" + f.pkg}
		if f.pkg == ownFunction {
			args = []string{"run", "./" + ownFunction + "/build", "-config", site, "-arch", machines[runtime.GOARCH], "-out", out}
		}
		build := exec.CommandContext(ctx, "go", args...)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", f.pkg, err, out)
		}
		if err := s.unpack(out, f.pkg); err != nil {
			return err
		}
	}
	return nil
}

// unpack writes a program as unpacking a bundle does, from front to end: as the linker
// leaves it, its pages lie scattered in memory, and a start takes a sixth longer.
func (s *lambdaStage) unpack(built, pkg string) error {
	program, err := os.ReadFile(filepath.Join(built, "bootstrap"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.program(pkg)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.program(pkg), program, 0o755)
}

// machines are the processors as Lambda calls them.
var machines = map[string]string{"amd64": "x86_64", "arm64": "arm64"}

func (s *lambdaStage) program(pkg string) string {
	return filepath.Join(s.dir, "task", pkg, "bootstrap")
}

// startS3 starts versitygw and puts the objects into a bucket.
func (s *lambdaStage) startS3(ctx context.Context, gateway string) error {
	root := filepath.Join(s.dir, "s3")
	if err := os.MkdirAll(filepath.Join(root, bucket), 0o755); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	endpoint, access, secret := "http://"+address, "bench-access", "bench-secret"
	s.env = []string{
		"BENCH_ENDPOINT=" + endpoint, "DOWNLINK_BUCKET=" + bucket, "AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=" + access, "AWS_SECRET_ACCESS_KEY=" + secret,
	}
	s.gateway = exec.CommandContext(ctx, gateway, "--port", address, "--region", region, "--quiet", "posix", root)
	s.gateway.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+access, "ROOT_SECRET_KEY="+secret)
	if err := s.gateway.Start(); err != nil {
		return err
	}
	return s.fill(ctx, s3.New(s3.Options{
		Region: region, BaseEndpoint: &endpoint, UsePathStyle: true, RetryMaxAttempts: 10, // until it listens
		Credentials: credentials.NewStaticCredentialsProvider(access, secret, ""),
	}))
}

const bucket, region = "files", "eu-central-1"

// fill puts random bytes at each key.
func (s *lambdaStage) fill(ctx context.Context, client *s3.Client) error {
	for key, content := range s.content {
		_, _ = rand.Read(content) // it never fails
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(content), ContentType: aws.String("application/pdf"),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// close ends the S3 server and removes everything.
func (s *lambdaStage) close() {
	if s.gateway != nil && s.gateway.Process != nil {
		_ = s.gateway.Process.Kill() // it may have ended
		_ = s.gateway.Wait()
	}
	os.RemoveAll(s.dir)
}

func (s *lambdaStage) start(ctx context.Context, i int) (*function, error) {
	return startFunction(ctx, s.program(functions[i].pkg), slices.Concat(s.env, functions[i].env))
}

// verify has a function answer with each of its objects once, and looks at that well.
func (s *lambdaStage) verify(ctx context.Context, i int) error {
	f, err := s.start(ctx, i)
	if err != nil {
		return err
	}
	defer f.stop()
	for _, object := range functions[i].objects {
		out, _, err := f.invoke(ctx, urlEvent(object))
		if err == nil {
			err = s.check(functions[i].name, object, out)
		}
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", object, err, f.log)
		}
	}
	return nil
}

// check says whether an answer gives the object.
func (s *lambdaStage) check(name, object string, out []byte) error {
	var said struct {
		StatusCode int
		Headers    map[string]string
		Body       []byte // base64 in JSON
	}
	head, body, streamed := bytes.Cut(out, make([]byte, 8)) // what divides a streamed answer
	if err := json.Unmarshal(head, &said); err != nil {
		return fmt.Errorf("an answer that is not of an HTTP request: %w: %.200q", err, out)
	}
	if !streamed {
		body = said.Body
	}
	switch {
	case said.StatusCode != status[object]:
		return fmt.Errorf("status %d: %.200q", said.StatusCode, out)
	case said.StatusCode == http.StatusOK && !bytes.Equal(body, s.content[object]):
		return fmt.Errorf("%d other bytes: %.200q", len(body), out)
	case said.StatusCode == http.StatusFound && name != fixedFunction:
		return s.follow(said.Headers, object)
	}
	return nil
}

// follow gets the object from where a redirect leads.
func (s *lambdaStage) follow(fields map[string]string, object string) error {
	answer, err := http.Get(fields["Location"])
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Equal(body, s.content[object]) {
		return fmt.Errorf("the redirect leads to status %d with %d other bytes: %w", answer.StatusCode, len(body), err)
	}
	return nil
}

// urlEvent is the event of a function URL that asks for an object.
func urlEvent(object string) []byte {
	path := "/files/" + object
	return fmt.Appendf(nil, `{"version":"2.0","routeKey":"$default","rawPath":%q,"rawQueryString":"","headers":{"accept":"*/*","host":"abcdefghij.lambda-url.eu-central-1.on.aws",
"user-agent":"curl/8.5.0","x-amzn-trace-id":"Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e","x-forwarded-for":"198.51.100.7","x-forwarded-port":"443","x-forwarded-proto":"https"},
"requestContext":{"accountId":"anonymous","apiId":"abcdefghij","domainName":"abcdefghij.lambda-url.eu-central-1.on.aws","domainPrefix":"abcdefghij",
"http":{"method":"GET","path":%q,"protocol":"HTTP/1.1","sourceIp":"198.51.100.7","userAgent":"curl/8.5.0"},
"requestId":"e1506fd5-9e7b-434f-bd42-4f8fa224b599","routeKey":"$default","stage":"$default","time":"21/Nov/2026:09:00:00 +0000","timeEpoch":1795251600000},"isBase64Encoded":false}`, path, path)
}
