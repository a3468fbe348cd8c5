package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// receive is what a client gets: as much of the body as comes, and how it ends.
func receive(t *testing.T, url string, fields ...string) (resp *http.Response, body []byte, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true // or the transport would try a second time by itself
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err = http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp, body, err
}

// TestR6_S3FailsBeforeTheFirstByte: a client gets 503 with Retry-After, the operator a
// word on what to do, and nothing stays broken.
func TestR6_S3FailsBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	content := pattern(100_000)
	b := newBucket(t, map[string][]byte{"a.bin": content}, "timeout = \"4s\"", "")
	refuse := func(status int, code string) server.Fault {
		return func(_ int, x *server.Broken) bool { return x.Refuse(status, code) }
	}
	for _, test := range []struct {
		name  string
		fault server.Fault
		hint  string
	}{
		{"SlowDown", refuse(503, "SlowDown"), "S3 asks for fewer requests"},
		{"internal error", refuse(500, "InternalError"), "InternalError"},
		{"no answer", func(_ int, x *server.Broken) bool { return x.Stay() }, "did not answer in time"},
		{"reset", func(_ int, x *server.Broken) bool { return x.Reset() }, "connection reset"},
		{"garbage", func(_ int, x *server.Broken) bool { return x.Say("\x16\x03\x01 no HTTP at all\r\n\r\n") }, "malformed HTTP"},
		{"half a head", func(_ int, x *server.Broken) bool { return x.Say("HTTP/1.1 206 Partial Content\r\nETag: \"x") }, "unexpected EOF"},
		{"forbidden", refuse(403, "AccessDenied"), "s3:GetObject"},
		{"expired credentials", refuse(400, "ExpiredToken"), "the credentials have expired: renew them"},
		{"wrong clock", refuse(403, "RequestTimeTooSkewed"), "the clock of this machine is wrong"},
		{"unknown key", refuse(403, "InvalidAccessKeyId"), "there is no such access key"},
		{"no bucket", refuse(404, "NoSuchBucket"), "there is no such bucket"},
		{"wrong length", func(_ int, x *server.Broken) bool {
			return x.Change(func(h http.Header) { h.Set("Content-Length", "99999") })
		}, "wrong answer"},
		{"another range", func(_ int, x *server.Broken) bool {
			return x.Change(func(h http.Header) { h.Set("Content-Range", "bytes 5-99999/100000") })
		}, "wrong answer"},
		{"somebody else's page", func(_ int, x *server.Broken) bool {
			return x.Say("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n<login>")
		}, "no entity-tag"},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := [][]string{nil, {"Range", "bytes=0-9,50-59"}, {"If-None-Match", `"x"`}}
			if test.name == "no answer" {
				requests = requests[:1] // each takes all the time there is
			}
			for _, fields := range requests {
				b.Set(test.fault)
				start := time.Now()
				resp, body, err := receive(t, b.url+"a.bin", fields...)
				if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Cache-Control") != "no-store" || len(body) > 300 {
					t.Errorf("%q: got %v, %d bytes, %v; want 503 with Retry-After", fields, resp, len(body), err)
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("%q: answered after %v", fields, took)
				}
				if n := len(b.Asked()); n > 4 {
					t.Errorf("%q: S3 was asked %d times", fields, n)
				}
			}
			b.logged(t, test.hint)
			b.Set(func(n int, x *server.Broken) bool { // once only
				return n == 1 && strings.Contains("SlowDown internal error reset", test.name) && test.fault(n, x)
			})
			if resp, body, err := receive(t, b.url+"a.bin"); err != nil || resp.StatusCode != 200 || !bytes.Equal(body, content) {
				t.Errorf("after it: %v, %d bytes, %v", resp, len(body), err)
			}
		})
	}
}

// TestR6_S3FailsInTheMiddle: a client sees that the download broke off, whatever came
// of it is right, and it can resume.
func TestR6_S3FailsInTheMiddle(t *testing.T) {
	t.Parallel()
	const size = 1_000_000
	content := pattern(size)
	b := newBucket(t, map[string][]byte{"a.bin": content}, "timeout = \"20s\"\nread_timeout = \"200ms\"", "")
	ways := map[string]func(*server.Broken) bool{
		"reset":  func(x *server.Broken) bool { return x.Reset() },
		"closed": func(*server.Broken) bool { return true },
		"silent": func(x *server.Broken) bool { return x.Stay() },
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			for percent := 0; percent < 100; percent += 10 {
				b.Set(func(n int, x *server.Broken) bool { return x.Part(int64(percent)*size/100) && end(x) })
				resp, body, err := receive(t, b.url+"a.bin")
				switch {
				case resp == nil: // cut off before anything arrived
				case resp.StatusCode == 503 && resp.Header.Get("Retry-After") != "": // the reset overtook the head
				case resp.StatusCode != 200 || err == nil || !bytes.HasPrefix(content, body) || len(body) > percent*size/100:
					t.Errorf("at %d %%: %d, %d bytes, %v; want the start and an error", percent, resp.StatusCode, len(body), err)
				}
				if resp == nil {
					continue
				}
				b.Set(nil)
				_, rest := fetch(t, b.url+"a.bin", "Range", "bytes="+itoa(len(body))+"-", "If-Range", resp.Header.Get("ETag"))
				if got := append(body, rest...); resp.StatusCode == 200 && !bytes.Equal(got, content) {
					t.Errorf("at %d %%: resumed to %d bytes that are not the file", percent, len(got))
				}
			}
		})
	}
	b.logged(t, "stopped sending")
}

// TestR6_ObjectChanges replaces the object between two requests for it: nobody gets
// some of each version.
func TestR6_ObjectChanges(t *testing.T) {
	content, other := pattern(400_000), bytes.Repeat([]byte("other"), 80_000) // of equal length
	b := newBucket(t, map[string][]byte{"a.bin": content}, "timeout = \"20s\"", "")
	replaceAt := func(n int) server.Fault {
		return func(asked int, _ *server.Broken) bool {
			if asked == n {
				if err := b.s3.Put(t.Context(), "a.bin", other); err != nil {
					t.Error(err)
				}
			}
			return false
		}
	}
	for _, test := range []struct {
		name   string
		at     int // which request finds another version
		fields []string
		status int
	}{
		{"after HEAD", 2, []string{"If-None-Match", `"x"`}, 503},
		{"after HEAD, for the last bytes", 2, []string{"Range", "bytes=-10"}, 503},
		{"after HEAD, before the first part", 2, []string{"Range", "bytes=0-9,200000-200009"}, 503},
		{"between the parts", 3, []string{"Range", "bytes=0-99999,200000-299999"}, 206},
		{"between a range and everything", 2, []string{"Range", "bytes=10-19", "If-Range", `"x"`}, 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := b.s3.Put(t.Context(), "a.bin", content); err != nil {
				t.Fatal(err)
			}
			b.Set(replaceAt(test.at))
			resp, body, err := receive(t, b.url+"a.bin", test.fields...)
			if resp == nil || resp.StatusCode != test.status {
				t.Fatalf("got %v, %v, want %d", resp, err, test.status)
			}
			if test.status == 206 && (err == nil || bytes.Contains(body, other[:10])) {
				t.Errorf("%d bytes, %v; want the first part and an error", len(body), err)
			}
			if test.status == 503 && resp.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			b.Set(nil)
			if _, body := fetch(t, b.url+"a.bin"); body != string(other) {
				t.Error("afterwards it is not the new version")
			}
		})
	}
}

// TestR6_ResumeAfterChange: a client that resumes gets the rest of its version, or all
// of the new one.
func TestR6_ResumeAfterChange(t *testing.T) {
	content, other := pattern(100_000), bytes.Repeat([]byte("other"), 20_000)
	b := newBucket(t, map[string][]byte{"a.bin": content}, "", "")
	resp, _ := fetch(t, b.url+"a.bin")
	etag := resp.Header.Get("ETag")
	if err := b.s3.Put(t.Context(), "a.bin", other); err != nil {
		t.Fatal(err)
	}
	resp, body := fetch(t, b.url+"a.bin", "Range", "bytes=50000-", "If-Range", etag)
	if resp.StatusCode != 200 || body != string(other) {
		t.Errorf("If-Range of the old version: %d, %d bytes; want all of the new one", resp.StatusCode, len(body))
	}
	resp, _ = fetch(t, b.url+"a.bin", "Range", "bytes=50000-", "If-Match", etag)
	if resp.StatusCode != 412 {
		t.Errorf("If-Match of the old version: %d, want 412", resp.StatusCode)
	}
}
