package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// shared is a catalogue in DynamoDB, behind a proxy that breaks answers, and servers that
// share it.
type shared struct {
	*server.Faulty
	conf  string
	sites []*server.Process
	table *dynamocat.Store // reached without the proxy
}

// newShared runs n servers with 20 files, which are items too, and /private/ for signed
// links.
func newShared(t *testing.T, n int, more string) *shared {
	t.Helper()
	d := server.StartDynamoDB(t)
	s := &shared{Faulty: server.Before(t, d.Addr), conf: filepath.Join(t.TempDir(), "downlink.toml")}
	files, key := t.TempDir(), filepath.Join(t.TempDir(), "key")
	var items strings.Builder
	for i := range 20 {
		write(t, filepath.Join(files, fmt.Sprint("f", i)), "hello")
		fmt.Fprintf(&items, `{"slug":"i%[1]d","key":"f%[1]d"}`+"\n", i)
	}
	write(t, key, fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", d.Access, d.Secret))
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOWNLINK_TEST_KEY", "0123456789abcdefghijklmnopqrstuvwxyz")
	write(t, s.conf, fmt.Sprintf(`[server]
listen = "127.0.0.1:0"
[stores.files]
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
link = "required"
[[links.keys]]
id = "k"
secret_env = "DOWNLINK_TEST_KEY"
[catalog]
driver = "dynamodb"
table = "downlink"
region = %q
endpoint = "http://%s"
credentials_file = %q
%s`, files, d.Region, s.Addr, key, more))
	list := filepath.Join(t.TempDir(), "items.jsonl")
	write(t, list, items.String())
	server.Run(t, "import", list, "--config", s.conf, "--create-table")
	for range n {
		s.sites = append(s.sites, server.Downlink(t, []string{"--config", s.conf}))
	}
	var err error
	s.table, err = dynamocat.New(dynamocat.Options{
		Table: "downlink", Region: d.Region, Endpoint: d.Endpoint, Credentials: credentials.NewStaticCredentialsProvider(d.Access, d.Secret, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.table.Close() })
	return s
}

// counted waits until so many downloads were counted, and a moment longer.
func (s *shared) counted(t *testing.T, want int64) {
	t.Helper()
	sum := func() int64 {
		sums, err := s.table.Counts(t.Context(), catalog.CountQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return sums[0].Downloads
	}
	for end := time.Now().Add(30 * time.Second); sum() < want && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	for _, p := range s.sites { // what is still in memory is stored when a server stops
		stop(t, p)
	}
	if got := sum(); got != want {
		t.Errorf("%d downloads were counted, want %d", got, want)
	}
}

// TestR6_ManyServersShareDynamoDB: an item is what it is everywhere, a link for three
// downloads gives three of all servers together, and each download is counted once.
func TestR6_ManyServersShareDynamoDB(t *testing.T) {
	s := newShared(t, 2, "[tracking]\nwindow = \"off\"\n")
	for i := range 20 {
		if resp, body := fetch(t, fmt.Sprintf("http://%s/d/i%d", s.sites[i%2].Addr, i)); resp.StatusCode != 200 || body != "hello" {
			t.Errorf("item %d: %d %q", i, resp.StatusCode, body)
		}
	}
	signed := strings.TrimSpace(server.Run(t, "sign", "http://"+s.sites[0].Addr+"/private/f0", "--uses", "3", "--config", s.conf))
	var given atomic.Int64
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			resp, err := http.Get(strings.Replace(signed, s.sites[0].Addr, s.sites[i%2].Addr, 1))
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			switch resp.StatusCode {
			case 200:
				given.Add(1)
			case 403:
			default:
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	all.Wait()
	if got := given.Load(); got != 3 {
		t.Errorf("a link for 3 downloads gave %d", got)
	}
	s.counted(t, 20+3)
}

// TestR6_DynamoDBFaults: a client gets 503 with Retry-After, the operator a word on what
// to do, and nothing stays broken.
func TestR6_DynamoDBFaults(t *testing.T) {
	s := newShared(t, 1, "timeout = \"3s\"\n")
	refuse := func(status int, code string) server.Fault {
		return func(_ int, x *server.Broken) bool { return x.RefuseTable(status, code) }
	}
	for _, row := range []struct {
		name  string
		fault server.Fault
		hint  string
	}{
		{"throttled", refuse(400, "ThrottlingException"), "DynamoDB asks for fewer requests"},
		{"slow", func(_ int, x *server.Broken) bool { return x.Stay() }, "no answer of DynamoDB within 3s"},
		{"down", func(_ int, x *server.Broken) bool { return x.Reset() }, "8 tries"},
		{"broken", refuse(500, "InternalServerError"), "InternalServerError"},
		{"expired credentials", refuse(400, "ExpiredTokenException"), "the credentials have expired: renew them"},
		{"wrong clock or secret", refuse(400, "InvalidSignatureException"), "set the clock by NTP"},
		{"forbidden", refuse(400, "AccessDeniedException"), "the credentials may not do this"},
		{"no table", refuse(400, "ResourceNotFoundException"), "there is no such table"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.Set(row.fault)
			begun := time.Now()
			resp, body, err := receive(t, "http://"+s.sites[0].Addr+"/d/i0")
			if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Cache-Control") != "no-store" || len(body) > 300 {
				t.Errorf("got %v, %q, %v; want 503 with Retry-After", resp, body, err)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("answered after %v", took)
			}
			if resp, body := fetch(t, "http://"+s.sites[0].Addr+"/files/f0"); resp.StatusCode != 200 || body != "hello" {
				t.Errorf("a file that is no item: %d %q", resp.StatusCode, body)
			}
			waitForLog(t, s.sites[0], row.hint)
			s.Set(nil)
			if resp, body := fetch(t, "http://"+s.sites[0].Addr+"/d/i0"); resp.StatusCode != 200 || body != "hello" {
				t.Errorf("after it: %d %q", resp.StatusCode, body)
			}
		})
	}
}

func waitForLog(t *testing.T, p *server.Process, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.Log(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log does not say %q", text)
		}
	}
}

// TestR6_CountsOutliveDynamoDBFaults: what is downloaded while DynamoDB is throttled or
// down is counted when it is back, and once though every answer is lost once.
func TestR6_CountsOutliveDynamoDBFaults(t *testing.T) {
	s := newShared(t, 1, "timeout = \"1s\"\n")
	faults := []server.Fault{
		func(_ int, x *server.Broken) bool { return x.RefuseTable(400, "ThrottlingException") },
		func(_ int, x *server.Broken) bool { return x.Reset() },
		server.LoseFirst(),
	}
	for i := range 20 {
		if i%7 == 0 {
			s.Set(faults[i/7])
		}
		if resp, body := fetch(t, fmt.Sprintf("http://%s/files/f%d", s.sites[0].Addr, i)); resp.StatusCode != 200 || body != "hello" {
			t.Errorf("file %d: %d %q", i, resp.StatusCode, body)
		}
		time.Sleep(100 * time.Millisecond) // several batches
	}
	s.counted(t, 20)
}

// stop stops a server as its operator does.
func stop(t *testing.T, p *server.Process) {
	t.Helper()
	if err := syscall.Kill(p.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Exit:
	case <-time.After(40 * time.Second):
		t.Fatal("the server does not stop")
	}
}
