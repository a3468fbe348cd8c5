package lambda_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// refuse is an answer of S3 that is an error.
func refuse(status int, code string) server.Fault {
	return func(_ int, x *server.Broken) bool { return x.Refuse(status, code) }
}

func stay(_ int, x *server.Broken) bool  { return x.Stay() }
func reset(_ int, x *server.Broken) bool { return x.Reset() }

// logged waits for a line of the function's log, from a place on, that has all of these
// and is of an error.
func logged(t *testing.T, f *server.Runtime, from int, want ...string) {
	t.Helper()
	has := func(line string) bool {
		for _, part := range append(want, `"level":"ERROR"`) {
			if !strings.Contains(line, part) {
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		for line := range strings.Lines(f.Log()[from:]) {
			if has(line) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Errorf("no line of the log has %q:\n%s", want, f.Log()[from:])
			return
		}
	}
}

// TestR3_S3Fails: the client gets a clear status before the first byte, the operator a
// cause with the invocation's id, and the next event is answered.
func TestR3_S3Fails(t *testing.T) {
	s3 := server.StartS3(t)
	content := random(300_000)
	if err := s3.Put(t.Context(), "a.bin", content); err != nil {
		t.Fatal(err)
	}
	proxy := server.Before(t, s3.Addr)
	env := newSite(t, s3, "http://"+proxy.Addr, "timeout = \"2s\"\nread_timeout = \"1s\"\n", "").env
	buffered, streamed := server.StartRuntime(t, env...), server.StartRuntime(t, append(env, "DOWNLINK_STREAM=function-url")...)
	targets := []lambda.Target{{Service: lambda.HTTP, Function: buffered}, {Service: lambda.FunctionURL.Streamed(), Function: streamed}}
	for _, row := range []struct {
		name  string
		fault server.Fault
		cause string
	}{
		{"throttled", refuse(503, "SlowDown"), "S3 asks for fewer requests"},
		{"slow", stay, "did not answer in time"},
		{"down", reset, "3 tries"},
		{"expired credentials", refuse(400, "ExpiredToken"), "the credentials have expired: renew them"},
		{"clock skew", refuse(403, "RequestTimeTooSkewed"), "the clock of this machine is wrong"},
	} {
		for _, target := range targets {
			t.Run(row.name+", "+target.Name(), func(t *testing.T) {
				proxy.Set(row.fault)
				a := target.Do(t, get("/files/a.bin"))
				if a.Status != 503 || a.Header.Get("Retry-After") == "" || a.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%d %v; want 503 with Retry-After", a.Status, a.Header)
				}
				logged(t, target.Function.(*server.Runtime), 0, row.cause, a.Header.Get("X-Request-Id"))
				proxy.Set(nil)
				if a := target.Do(t, get("/files/a.bin")); a.Status != 200 || sum(a.Body) != sum(content) {
					t.Errorf("after it: %d, %s", a.Status, sum(a.Body))
				}
			})
		}
	}
}

// TestR3_S3BreaksOff: half a file is a 503 in a buffered answer, and a streamed one is
// told to be broken.
func TestR3_S3BreaksOff(t *testing.T) {
	s3 := server.StartS3(t)
	if err := s3.Put(t.Context(), "a.bin", random(3_000_000)); err != nil {
		t.Fatal(err)
	}
	proxy := server.Before(t, s3.Addr)
	env := newSite(t, s3, "http://"+proxy.Addr, "timeout = \"2s\"\nread_timeout = \"1s\"\n", "").env
	half := func(_ int, x *server.Broken) bool { return x.Request.Method == http.MethodGet && x.Part(1_500_000) }
	proxy.Set(half)
	if a := ask(t, lambda.HTTP, server.StartRuntime(t, env...), get("/files/a.bin")); a.Status != 503 || len(a.Body) > 300 {
		t.Errorf("buffered: %d with %d bytes, want 503", a.Status, len(a.Body))
	}
	f, s := server.StartRuntime(t, append(env, "DOWNLINK_STREAM=function-url")...), lambda.FunctionURL.Streamed()
	var got bytes.Buffer
	err := f.InvokeTo(t, s.Event(t, get("/files/a.bin")), &got)
	if err == nil || got.Len() < 1_000_000 || got.Len() > 1_600_000 {
		t.Errorf("streamed: %d bytes and %v; want half and an error", got.Len(), err)
	}
	logged(t, f, 0, "unexpected EOF")
}

// refuseTable is an answer of DynamoDB that is an error.
func refuseTable(status int, code string) server.Fault {
	text := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"fault of a test"}`, code)
	return func(_ int, x *server.Broken) bool {
		return x.Say(fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(text), text))
	}
}

// TestR3_DynamoDBFails: an item is 503 and a file of a store is not concerned; counts
// that cannot be stored are not lost and not doubled.
func TestR3_DynamoDBFails(t *testing.T) {
	s3, db := server.StartS3(t), server.StartDynamoDB(t)
	if err := s3.Put(t.Context(), "a.bin", random(1000)); err != nil {
		t.Fatal(err)
	}
	proxy := server.Before(t, db.Addr)
	x := newSite(t, s3, "", "", fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nregion = %q\nendpoint = \"http://%s\"\ntimeout = \"5s\"\n[tracking]\nwindow = \"off\"\n", db.Region, proxy.Addr))
	t.Setenv("AWS_ACCESS_KEY_ID", db.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", db.Secret)
	items := filepath.Join(t.TempDir(), "items.jsonl")
	if err := os.WriteFile(items, []byte(`{"slug":"a","store":"files","key":"a.bin"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf := strings.TrimPrefix(x.env[len(x.env)-1], "DOWNLINK_CONFIG=")
	server.Run(t, "import", items, "--config", conf, "--create-table")
	f := server.StartRuntime(t, x.env...)
	counted := 0
	download := func(path string, want int) {
		t.Helper()
		a := ask(t, lambda.HTTP, f, get(path))
		if a.Status != want || want == 503 && a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v, want %d", path, a.Status, a.Header, want)
		}
		if a.Status == 200 {
			counted++
		}
	}
	download("/d/a", 200)
	for _, row := range []struct {
		name  string
		fault server.Fault
		cause string
	}{
		{"throttled", refuseTable(400, "ProvisionedThroughputExceededException"), "DynamoDB asks for fewer requests"},
		{"slow", stay, "no answer of DynamoDB within 5s"},
		{"down", reset, "8 tries"},
		{"expired credentials", refuseTable(400, "ExpiredTokenException"), "expired"},
		{"clock skew", refuseTable(400, "InvalidSignatureException"), "clock"},
	} {
		t.Run(row.name, func(t *testing.T) {
			proxy.Set(row.fault)
			before := len(f.Log())
			download("/d/a", 503)
			logged(t, f, before, row.cause)
			download("/files/a.bin", 200) // which is counted too, and cannot be now
			proxy.Set(nil)
			download("/d/a", 200)
		})
	}
	s, err := dynamocat.New(dynamocat.Options{Table: "downlink", Region: db.Region, Endpoint: db.Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Counts(t.Context(), catalog.CountQuery{})
	if err != nil || len(all) != 1 || all[0].Downloads != int64(counted) {
		t.Errorf("counted %+v, %v; want %d downloads", all, err, counted)
	}
}
