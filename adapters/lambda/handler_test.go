package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

const (
	rest     = `{"resource":"/{proxy+}","httpMethod":%q,"path":%q,"multiValueHeaders":%s,"headers":{},"requestContext":{"stage":"prod","identity":{"sourceIp":"192.0.2.1"}}}`
	httpAPI  = `{"version":"2.0","rawPath":%[2]q,"headers":%[3]s,"requestContext":{"stage":"$default","domainName":"x.execute-api.eu-west-1.amazonaws.com","http":{"method":%[1]q,"sourceIp":"192.0.2.1"}}}`
	funcURL  = `{"version":"2.0","rawPath":%[2]q,"headers":%[3]s,"requestContext":{"stage":"$default","domainName":"x.lambda-url.eu-west-1.on.aws","http":{"method":%[1]q,"sourceIp":"192.0.2.1"}}}`
	balancer = `{"httpMethod":%q,"path":%q,"headers":%s,"requestContext":{"elb":{"targetGroupArn":"arn"}}}`
	multiALB = `{"httpMethod":%q,"path":%q,"multiValueHeaders":%s,"requestContext":{"elb":{"targetGroupArn":"arn"}}}`
)

// forms are the kinds of events, and whether their fields are lists.
var forms = []struct {
	name, form string
	multi      bool
	limit      int
}{
	{"rest", rest, true, 6291556}, {"http", httpAPI, false, 6291556}, {"function-url", funcURL, false, 6291556},
	{"alb", balancer, false, 1000000}, {"alb, multi-value", multiALB, true, 1000000},
}

// event is an event with fields, "Name: value" each.
func event(form string, multi bool, method, path string, fields ...string) json.RawMessage {
	single, many := map[string]string{}, map[string][]string{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		many[name] = append(many[name], value)
		if !multi {
			name = strings.ToLower(name)
			single[name] = strings.TrimPrefix(single[name]+","+value, ",")
		}
	}
	var h any = single
	if multi {
		h = many
	}
	text, _ := json.Marshal(h)
	return json.RawMessage(fmt.Sprintf(form, method, path, text))
}

// reply is an answer as the sender of the event reads it.
type reply struct {
	StatusCode        int
	Headers           map[string]string
	MultiValueHeaders map[string][]string
	Cookies           []string
	Body              string
	IsBase64Encoded   bool

	size int // of the whole
	body []byte
}

func (r *reply) field(name string) string {
	if lines := r.MultiValueHeaders[name]; len(lines) > 0 {
		return strings.Join(lines, "|")
	}
	return r.Headers[name]
}

func handle(t *testing.T, h *lambda.Handler, payload json.RawMessage) *reply {
	t.Helper()
	out, err := h.Handle(lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"}), payload)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	r := &reply{size: len(b)}
	prelude, rest, streamed := bytes.Cut(b, make([]byte, 8))
	if err := json.Unmarshal(prelude, r); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
	r.body = []byte(r.Body)
	if streamed {
		r.body = rest
	} else if r.IsBase64Encoded {
		if r.body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.(io.Closer).Close(); err != nil {
		t.Fatal(err)
	}
	return r
}

// elsewhere presigns.
type elsewhere struct{}

func (elsewhere) Presign(_ context.Context, key string, _ storage.PresignOptions) (string, error) {
	return "https://bucket.example/" + key + "?X-Amz-Signature=secret", nil
}

func (elsewhere) Origin() string { return "https://bucket.example" }

var modified = time.Unix(1700000000, 0)

func bucket(files map[string][]byte) *storage.Store {
	m := memstore.New()
	for key, content := range files {
		m.Put(key, content, memstore.Options{Modified: modified})
	}
	return storage.New("files", m).WithElsewhere(storage.Elsewhere{Presigner: elsewhere{}, Delivery: storage.Auto, MinSize: 1 << 40})
}

func site(t *testing.T, files map[string][]byte, o lambda.Options) *lambda.Handler {
	t.Helper()
	s, err := download.New([]download.Route{{Pattern: "/f/{path...}", View: &download.StorageView{Store: bucket(files)}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := lambda.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// bytesOf is n bytes among which each value is.
func bytesOf(n int) []byte { return allBytes()[:n] }

var allBytes = sync.OnceValue(func() []byte {
	b := make([]byte, 5<<20)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
})

func TestR3_EveryKind(t *testing.T) {
	content := bytesOf(1000)
	for _, f := range forms {
		for _, streamed := range []bool{false, true} {
			o := lambda.Options{}
			if streamed {
				o.Streamed = []lambda.Kind{lambda.REST, lambda.FunctionURL}
			}
			h := site(t, map[string][]byte{"a b%.bin": content}, o)
			t.Run(fmt.Sprintf("%s, streamed %v", f.name, streamed), func(t *testing.T) {
				path := "/f/a%20b%25.bin"
				if f.form == httpAPI { // which decodes
					path = "/f/a b%.bin"
				}
				ask := func(method string, fields ...string) *reply {
					return handle(t, h, event(f.form, f.multi, method, path, fields...))
				}
				tag := ask("HEAD").field("ETag")
				if tag == "" {
					t.Fatal("no entity-tag")
				}
				for _, row := range []struct {
					name, method string
					fields       []string
					status       int
					body         []byte
				}{
					{"whole", "GET", nil, 200, content},
					{"head", "HEAD", nil, 200, nil},
					{"range", "GET", []string{"Range: bytes=200-455"}, 206, content[200:456]},
					{"condition in a list", "GET", []string{`If-None-Match: "x", W/"y", ` + tag}, 304, nil},
					{"condition in two lines", "GET", []string{`If-None-Match: "x"`, `If-None-Match: ` + tag}, 304, nil},
					{"date with a comma", "GET", []string{"If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"}, 304, nil},
					{"range if", "GET", []string{"Range: bytes=0-1", "If-Range: " + tag}, 206, content[:2]},
					{"post", "POST", nil, 405, []byte("This address only answers GET and HEAD.\n")},
				} {
					r := ask(row.method, row.fields...)
					if r.StatusCode != row.status || row.name != "post" && !bytes.Equal(r.body, row.body) {
						t.Errorf("%s: got %d and %d bytes, want %d and %d", row.name, r.StatusCode, len(r.body), row.status, len(row.body))
					}
					if r.field("X-Request-Id") != "request-1" || r.field("X-Content-Type-Options") != "nosniff" {
						t.Errorf("%s: fields %v %v", row.name, r.Headers, r.MultiValueHeaders)
					}
				}
				r := ask("GET", "Range: bytes=0-9,20-29")
				if r.StatusCode != 206 || !strings.HasPrefix(r.field("Content-Type"), "multipart/byteranges") || r.field("Content-Length") != fmt.Sprint(len(r.body)) {
					t.Errorf("parts: %d %v, %d bytes", r.StatusCode, r.field("Content-Type"), len(r.body))
				}
				if got := ask("GET").field("Content-Disposition"); got != `attachment; filename="a b%.bin"` {
					t.Errorf("name: %s", got)
				}
			})
		}
	}
}

// TestR3_LargestBody: a body fits to the byte, and what is a byte longer goes by a
// redirect. The fields of each file count.
func TestR3_LargestBody(t *testing.T) {
	for _, f := range forms {
		for _, name := range []string{"a.bin", "日本" + strings.Repeat("x", 100) + ".txt"} {
			path := "/f/" + name
			if f.form != httpAPI {
				path = "/f/" + string(core.AppendEscapedPath(nil, name))
			}
			ask := func(n int, fields ...string) *reply {
				return handle(t, site(t, map[string][]byte{name: bytesOf(n)}, lambda.Options{}), event(f.form, f.multi, "GET", path, fields...))
			}
			at := f.limit * 3 / 4
			small := ask(at - 3000)
			most := (f.limit - (small.size - len(small.Body))) / 4 * 3 // its Content-Length has as many digits
			for _, n := range []int{most - 1, most} {
				if r := ask(n); r.StatusCode != 200 || r.size > f.limit || !bytes.Equal(r.body, bytesOf(n)) {
					t.Errorf("%s, %s: %d bytes of %d: %d, answer of %d", f.name, name, n, most, r.StatusCode, r.size)
				}
			}
			r := ask(most + 1)
			if r.StatusCode != 302 || !strings.HasPrefix(r.field("Location"), "https://bucket.example/") || r.field("Cache-Control") != "private, no-store" || len(r.body) > 0 {
				t.Errorf("%s, %s: a byte more: %d %v", f.name, name, r.StatusCode, r.Headers)
			}
			if r := ask(most+1, "Range: bytes=1-"); r.StatusCode != 302 && r.StatusCode != 206 || r.size > f.limit {
				t.Errorf("%s, %s: all but a byte: %d of %d", f.name, name, r.StatusCode, r.size)
			}
			if r := ask(most+1, "Range: bytes=1000-"); r.StatusCode != 206 || len(r.body) != most+1-1000 {
				t.Errorf("%s, %s: a range that fits: %d with %d bytes", f.name, name, r.StatusCode, len(r.body))
			}
			head := handle(t, site(t, map[string][]byte{name: bytesOf(most + 1)}, lambda.Options{}), event(f.form, f.multi, "HEAD", path))
			if head.StatusCode != 200 || head.field("Content-Length") != fmt.Sprint(most+1) {
				t.Errorf("%s, %s: HEAD of it: %d, length %s", f.name, name, head.StatusCode, head.field("Content-Length"))
			}
		}
	}
}

func TestR3_Stage(t *testing.T) {
	h := site(t, map[string][]byte{"a": []byte("a")}, lambda.Options{})
	for path, want := range map[string]int{"/dev/f/a": 200, "/f/a": 200, "/development/f/a": 404, "/dev": 404} {
		payload := bytes.Replace(event(httpAPI, false, "GET", path), []byte("$default"), []byte("dev"), 1)
		if r := handle(t, h, payload); r.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, r.StatusCode, want)
		}
	}
	payload := bytes.Replace(event(httpAPI, false, "GET", "/dev/f/a"), []byte("$default"), []byte("dev"), 1)
	payload = bytes.Replace(payload, []byte("x.execute-api.eu-west-1.amazonaws.com"), []byte("downloads.example"), 1)
	if r := handle(t, h, payload); r.StatusCode != 404 {
		t.Errorf("at a domain of one's own: %d, want 404: no stage is in its paths", r.StatusCode)
	}
}

// TestPathsAreDecodedOnce: what a client encoded twice stays encoded once.
func TestPathsAreDecodedOnce(t *testing.T) {
	h := site(t, map[string][]byte{"%41": []byte("percent"), "A": []byte("letter"), "a?b#c": []byte("marks")}, lambda.Options{})
	for _, f := range forms {
		for path, want := range map[string]string{"/f/%2541": "percent", "/f/%41": "letter", "/f/a%3Fb%23c": "marks"} {
			if f.form == httpAPI {
				path = map[string]string{"/f/%2541": "/f/%41", "/f/%41": "/f/A", "/f/a%3Fb%23c": "/f/a?b#c"}[path]
			}
			if r := handle(t, h, event(f.form, f.multi, "GET", path)); string(r.body) != want {
				t.Errorf("%s %s: %d %q, want %q", f.name, path, r.StatusCode, r.body, want)
			}
		}
		for _, path := range []string{"/f/..%2fx", "/f/../x", "/f/%2e%2e/x", "f", "", "/f/%"} {
			if r := handle(t, h, event(f.form, f.multi, "GET", path)); r.StatusCode != 404 && r.StatusCode != 400 {
				t.Errorf("%s %q: %d", f.name, path, r.StatusCode)
			}
		}
	}
}

// pages are two pages, one of which sets cookies and says what it was asked.
func pages(t *testing.T) lambda.Options {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Expires: modified})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Add("Vary", "Cookie")
		w.Header().Add("Vary", "Accept")
		w.Header().Set("X-Quote", `"é\`)
		w.WriteHeader(201)
		fmt.Fprintf(w, "%s %s %q %s %q %x", r.Method, r.URL, r.Header["Accept"], r.Header.Get("Cookie"), r.Host, body)
	})
	return lambda.Options{Page: func(path string) http.Handler {
		switch path {
		case "/":
			return echo
		case "/panic":
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })
		case "/large":
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 6<<20)) })
		case "/binary":
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(bytesOf(512)) })
		}
		return nil
	}}
}

func TestPages(t *testing.T) {
	h := site(t, nil, pages(t))
	hosts := map[string]string{"http": "https://x.execute-api.eu-west-1.amazonaws.com", "function-url": "https://x.lambda-url.eu-west-1.on.aws"}
	const rest = `/?a=1&b=%26%3D ["text/html, */*"] x=1; y=2 "example.org" 00ff`
	cookies := []string{"a=1; Expires=Tue, 14 Nov 2023 22:13:20 GMT", "b=2"}
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			text := string(event(f.form, f.multi, "POST", "/", "Accept: text/html, */*", "Host: example.org", "Cookie: x=1; y=2"))
			add := `"body":"AP8=","isBase64Encoded":true,`
			switch f.name {
			case "http", "function-url":
				add += `"rawQueryString":"a=1&b=%26%3D","cookies":["x=1","y=2"],`
				text = strings.Replace(text, `"cookie":"x=1; y=2",`, "", 1)
			case "rest":
				add += `"multiValueQueryStringParameters":{"a":["1"],"b":["&="]},`
			case "alb":
				add += `"queryStringParameters":{"a":"1","b":"%26%3D"},`
			default:
				add += `"multiValueQueryStringParameters":{"a":["1"],"b":["%26%3D"]},`
			}
			r := handle(t, h, json.RawMessage("{"+add+text[1:]))
			want := "POST " + hosts[f.name] + rest
			if r.StatusCode != 201 || string(r.body) != want || r.field("Vary") != "Cookie, Accept" || r.field("X-Quote") != `"é\` {
				t.Errorf("got %d %s\nwant %s\n%v", r.StatusCode, r.body, want, r.Headers)
			}
			got := r.Cookies
			switch f.name {
			case "rest", "alb, multi-value":
				got = r.MultiValueHeaders["Set-Cookie"]
			case "alb": // by two spellings of the name
				got = nil
				for _, name := range []string{"set-cookie", "Set-cookie"} {
					got = append(got, r.Headers[name])
				}
			}
			if !reflect.DeepEqual(got, cookies) {
				t.Errorf("cookies %q, want %q", got, cookies)
			}
			if r := handle(t, h, event(f.form, f.multi, "GET", "/binary")); !bytes.Equal(r.body, bytesOf(512)) {
				t.Errorf("binary page: %d %x", r.StatusCode, r.body)
			}
			if r := handle(t, h, event(f.form, f.multi, "GET", "/large")); r.StatusCode != 503 || r.size > f.limit {
				t.Errorf("a page that does not fit: %d of %d", r.StatusCode, r.size)
			}
			if r := handle(t, h, event(f.form, f.multi, "GET", "/panic")); r.StatusCode != 500 || strings.Contains(string(r.body), "secret") {
				t.Errorf("a page that panics: %d %s", r.StatusCode, r.body)
			}
		})
	}
}

func TestLog(t *testing.T) {
	var log bytes.Buffer
	o := pages(t)
	o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	h := site(t, nil, o)
	handle(t, h, event(rest, true, "GET", "/f/none"))
	if log.Len() > 0 {
		t.Errorf("a 404 is logged: %s", &log)
	}
	handle(t, h, event(rest, true, "GET", "/panic"))
	for _, want := range []string{`"msg":"panic","id":"request-1","cause":"secret"`, `"stack":`, `"msg":"request","id":"request-1","method":"GET","path":"/panic","status":500`, `"event":"rest"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, &log)
		}
	}
	log.Reset()
	o.AccessLog = true
	handle(t, site(t, map[string][]byte{"a.bin": make([]byte, 6<<20)}, o), event(rest, true, "GET", "/f/a.bin"))
	if got := log.String(); !strings.Contains(got, `"redirect":"https://bucket.example/a.bin"`) || strings.Contains(got, "secret") || !strings.Contains(got, `"remote":"192.0.2.1"`) {
		t.Errorf("log of a redirect: %s", got)
	}
}

// TestFlush: it is called when the answer is out, and its error is logged.
func TestFlush(t *testing.T) {
	for _, kinds := range [][]lambda.Kind{nil, {lambda.REST}} {
		var log bytes.Buffer
		flushed := 0
		h := site(t, map[string][]byte{"a": []byte("a")}, lambda.Options{
			Streamed: kinds, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Flush: func(context.Context) error { flushed++; return errors.New("no table") },
		})
		out, err := h.Handle(t.Context(), event(rest, true, "GET", "/f/a"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(out); err != nil || flushed != 0 {
			t.Errorf("flushed %d times before the end, %v", flushed, err)
		}
		if err := out.(io.Closer).Close(); err != nil || flushed != 1 || !strings.Contains(log.String(), "no table") {
			t.Errorf("flushed %d times, %v; log %s", flushed, err, &log)
		}
	}
}

func TestNoRequest(t *testing.T) {
	h := site(t, nil, lambda.Options{})
	for _, payload := range []string{`{}`, `{"Records":[]}`, `[]`, `null`, `"x"`, `{"version":"2.0","requestContext":{"http":1}}`} {
		if _, err := h.Handle(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), "no HTTP request") {
			t.Errorf("%s: %v", payload, err)
		}
	}
	if _, err := lambda.New(nil, lambda.Options{Streamed: []lambda.Kind{lambda.ALB}}); err == nil {
		t.Error("answers to a load balancer are to be streamed")
	}
}

// recorder notes what it is told.
type recorder struct{ told []string }

func (r *recorder) Requested(d download.Download) {
	r.told = append(r.told, fmt.Sprintf("%s requested %s", d.ID, d.Delivery))
}

func (r *recorder) Ended(d download.Download, n int64, all bool) {
	r.told = append(r.told, fmt.Sprintf("%s ended %d %v %s", d.ID, n, all, d.UserAgent))
}

func TestRecorder(t *testing.T) {
	for _, kinds := range [][]lambda.Kind{nil, {lambda.FunctionURL}} {
		rec := &recorder{}
		s, err := download.New([]download.Route{{Pattern: "/f/{path...}", View: &download.StorageView{Store: bucket(map[string][]byte{"a": bytesOf(9), "large": make([]byte, 5<<20)})}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.SetRecorder(rec)
		h, err := lambda.New(s, lambda.Options{Streamed: kinds})
		if err != nil {
			t.Fatal(err)
		}
		handle(t, h, event(funcURL, false, "GET", "/f/a", "User-Agent: x"))
		handle(t, h, event(httpAPI, false, "GET", "/f/large"))
		handle(t, h, event(funcURL, false, "HEAD", "/f/a"))
		handle(t, h, event(funcURL, false, "GET", "/f/none"))
		want := []string{"request-1 requested stream", "request-1 ended 9 true x", "request-1 requested redirect"}
		if !reflect.DeepEqual(rec.told, want) {
			t.Errorf("streamed %v: told %q, want %q", kinds, rec.told, want)
		}
	}
}
