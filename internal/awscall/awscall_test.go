package awscall

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// service answers the n-th request, from 1, and keeps what it was asked.
type service struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*http.Request
	said  []string // the bodies
}

func serve(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		s.asked, s.said = append(s.asked, r), append(s.said, string(body))
		n := len(s.asked)
		s.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// requests is how many there were.
func (s *service) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *service) client(t *testing.T, provider aws.CredentialsProvider) *JSON {
	t.Helper()
	at, err := Endpoint("dynamodb", "eu-central-1", s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if provider == nil {
		provider = credentials.NewStaticCredentialsProvider("AKID", "secret", "token")
	}
	c := New(Options{Service: "dynamodb", Region: "eu-central-1", Credentials: provider, Timeout: 10 * time.Second, Tries: 3, Pause: time.Millisecond})
	t.Cleanup(c.Close)
	return &JSON{Client: c, At: at, Version: "1.0", Target: "T."}
}

func say(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // to a client that may be gone
}

// hangUp breaks the connection off after a part of an answer.
func hangUp(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"A":`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// TestTries: what may pass is tried again, with the same body and id and a signature of
// its own; what does not pass is not.
func TestTries(t *testing.T) {
	type answer = func(w http.ResponseWriter)
	refuse := func(status int, text string) answer { return func(w http.ResponseWriter) { say(w, status, text) } }
	damaged := func(w http.ResponseWriter) {
		w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE([]byte("other"))))
		say(w, 200, `{"A":"wrong"}`)
	}
	for _, row := range []struct {
		name  string
		first answer
		tries int
		want  string // in the error, if it stays so
	}{
		{"throttled", refuse(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}`), 3, "3 tries: status 400 ThrottlingException: slow"},
		{"throttled in XML", refuse(503, "<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>slow</Message></Error>"), 3, "status 503 SlowDown: slow"},
		{"throttled by status", refuse(429, ""), 3, "status 429"},
		{"internal error", refuse(500, "oh"), 3, "status 500"},
		{"bad gateway", refuse(502, "<html>"), 3, "status 502"},
		{"not whole", hangUp, 3, "unexpected EOF"},
		{"not whole, of a refusal", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(400)
			hangUp(w)
		}, 3, "unexpected EOF"},
		{"broken off", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 3, "EOF"},
		{"damaged", damaged, 3, "damaged"},
		{"forbidden", refuse(400, `{"__type":"AccessDeniedException","Message":"you may not"}`), 1, "status 400 AccessDeniedException: you may not"},
		{"code in a field", func(w http.ResponseWriter) {
			w.Header().Set("X-Amzn-Errortype", "ParameterNotFound:http://internal.amazon.com/")
			w.Header().Set("X-Amzn-Requestid", "R1")
			say(w, 400, "{}")
		}, 1, "status 400 ParameterNotFound, request R1"},
		{"elsewhere", func(w http.ResponseWriter) { w.Header().Set("Location", "/other"); say(w, 307, "") }, 1, "status 307"},
		{"no JSON", refuse(200, "<html>"), 1, "invalid character"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { row.first(w) })
			var out struct{ A string }
			err := s.client(t, nil).Call(t.Context(), "Op", map[string]string{"B": "b"}, &out)
			if err == nil || !strings.Contains(err.Error(), row.want) || s.requests() != row.tries || out.A != "" {
				t.Errorf("got %v and %q after %d tries; want %q after %d", err, out.A, s.requests(), row.want, row.tries)
			}
			if row.tries == 1 {
				return
			}
			s = serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				if n < row.tries {
					row.first(w)
					return
				}
				w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE([]byte(`{"A":"a"}`))))
				say(w, 200, `{"A":"a"}`)
			})
			if err := s.client(t, nil).Call(t.Context(), "Op", map[string]string{"B": "b"}, &out); err != nil || out.A != "a" || s.requests() != row.tries {
				t.Errorf("all but the last try fail: %q, %v after %d tries", out.A, err, s.requests())
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for i, r := range s.asked {
				if s.said[i] != `{"B":"b"}` || r.Header.Get("Amz-Sdk-Invocation-Id") != s.asked[0].Header.Get("Amz-Sdk-Invocation-Id") || r.Header.Get("X-Amz-Target") != "T.Op" ||
					!strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/") || r.Header.Get("X-Amz-Security-Token") != "token" {
					t.Errorf("try %d: %v %q", i+1, r.Header, s.said[i])
				}
			}
		})
	}
}

// dated is the form of X-Amz-Date.
const dated = "20060102T150405Z"

// TestClock: a service whose clock is an hour ahead is asked by its own time after its
// first refusal, and by ours again once the two agree.
func TestClock(t *testing.T) {
	ahead := time.Hour
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		there := time.Now().Add(ahead)
		w.Header().Set("Date", there.UTC().Format(http.TimeFormat))
		at, err := time.Parse(dated, r.Header.Get("X-Amz-Date"))
		if err != nil || there.Sub(at).Abs() > 5*time.Minute {
			say(w, 403, "") // as to HEAD, without a cause
			return
		}
		say(w, 200, "{}")
	})
	c := s.client(t, nil)
	for i, want := range []int{2, 3, 5, 6} { // requests until then
		if i == 2 {
			ahead = 0
		}
		if err := c.Call(t.Context(), "Op", nil, &struct{}{}); err != nil || s.requests() != want {
			t.Errorf("call %d: %v after %d requests, want %d", i+1, err, s.requests(), want)
		}
	}
	c.clock.ahead.Store(int64(time.Hour))
	signed, err := c.Presign(t.Context(), http.MethodGet, &url.URL{Scheme: "https", Host: "h", Path: "/x", RawQuery: "X-Amz-Expires=60"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(dated, u.Query().Get("X-Amz-Date"))
	if off := time.Until(at) - time.Hour; err != nil || off.Abs() > time.Minute || u.Query().Get("X-Amz-Signature") == "" {
		t.Errorf("presigned %s, %v", signed, err)
	}
}

// TestWithoutKeys: nobody is asked without them.
func TestWithoutKeys(t *testing.T) {
	s := serve(t, func(int, http.ResponseWriter, *http.Request) {})
	none := errors.New("none there")
	c := s.client(t, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, none }))
	if err := c.Call(t.Context(), "Op", nil, &struct{}{}); !errors.Is(err, none) || s.requests() > 0 {
		t.Errorf("got %v after %d requests", err, s.requests())
	}
}

// TestGivenUp: a context that ends while there is a pause ends the tries, with what was
// last said.
func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		say(w, 503, "")
		time.AfterFunc(50*time.Millisecond, cancel)
	})
	c := s.client(t, nil)
	c.opts.Pause, c.opts.Tries = time.Hour, 1000 // pauses of up to a second each
	err := c.Call(ctx, "Op", nil, &struct{}{})
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Status != 503 || s.requests() > 900 {
		t.Errorf("got %v after %d tries", err, s.requests())
	}
}

func TestUnreachable(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	for at, want := range map[string]string{
		"http://127.0.0.1:1": "3 tries", "http://no.such.host.invalid": "no.such.host.invalid", secure.URL: "certificate",
	} {
		c := (&service{Server: &httptest.Server{URL: at}}).client(t, nil)
		err := c.Call(t.Context(), "Op", nil, &struct{}{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "tries") != (want == "3 tries") {
			t.Errorf("%s: %v, want %q", at, err, want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for _, row := range []struct{ region, endpoint, want string }{
		{"eu-central-1", "", "https://dynamodb.eu-central-1.amazonaws.com/"},
		{"us-gov-west-1", "", "https://dynamodb.us-gov-west-1.amazonaws.com/"},
		{"cn-north-1", "", "https://dynamodb.cn-north-1.amazonaws.com.cn/"},
		{"eusc-de-east-1", "", "https://dynamodb.eusc-de-east-1.amazonaws.eu/"},
		{"us-iso-east-1", "", "https://dynamodb.us-iso-east-1.c2s.ic.gov/"},
		{"us-isob-east-1", "", "https://dynamodb.us-isob-east-1.sc2s.sgov.gov/"},
		{"", "http://127.0.0.1:8000", "http://127.0.0.1:8000/"},
		{"auto", "https://a.example/x/", "https://a.example/x/"},
		{"", "", "error"}, {"eu central", "", "error"}, {"x.evil.example/", "", "error"},
		{"eu-central-1", "127.0.0.1:8000", "error"}, {"eu-central-1", "ftp://a", "error"}, {"eu-central-1", "http://", "error"},
	} {
		got, err := Endpoint("dynamodb", row.region, row.endpoint)
		if row.want == "error" && err == nil || row.want != "error" && (err != nil || got.String() != row.want) {
			t.Errorf("%q, %q: got %v, %v; want %s", row.region, row.endpoint, got, err, row.want)
		}
	}
}

// TestBudget: while nothing succeeds, further tries come to an end; what succeeds earns
// them again.
func TestBudget(t *testing.T) {
	down := true
	s := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		if down {
			say(w, 503, "")
			return
		}
		say(w, 200, "{}")
	})
	c := s.client(t, nil)
	c.budget.most = 3 * tryCosts
	ask := func(calls int) (requests int) {
		t.Helper()
		before := s.requests()
		for range calls {
			if err := c.Call(t.Context(), "Op", nil, &struct{}{}); (err != nil) != down {
				t.Error(err)
			}
		}
		return s.requests() - before
	}
	if got := ask(10); got != 10+3 {
		t.Errorf("%d requests for 10 calls, want 13", got)
	}
	down = false
	if got := ask(tryCosts); got != tryCosts {
		t.Errorf("%d requests for %d calls", got, tryCosts)
	}
	down = true
	if got := ask(10); got != 10+1 {
		t.Errorf("%d requests for 10 calls after %d good ones, want 11", got, tryCosts)
	}
}

// FuzzError: whatever a service says is an error with its status, and never panics.
func FuzzError(f *testing.F) {
	for _, text := range []string{"", "{}", `{"__type":"a#b:c"}`, `{"__type":1}`, "<Code>", "</Code><Code>x</Code>", "<Code>x", "null", "[]"} {
		f.Add(400, text)
	}
	f.Fuzz(func(t *testing.T, status int, text string) {
		e := NewError(status, http.Header{}, []byte(text))
		if !strings.HasPrefix(e.Error(), fmt.Sprintf("status %d", status)) || strings.ContainsAny(e.Code, "#:") && strings.HasPrefix(text, "{") {
			t.Errorf("%q: %v", text, e)
		}
	})
}
