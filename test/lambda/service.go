// Package lambda stands for the services that send events to a function: it makes events
// of requests as API Gateway, a function URL and a load balancer document it, and
// answers of what the function returns.
package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
)

// Service is one of them, set up in one way.
type Service struct {
	Name   string // by which rows of the table know it
	Stream bool   // the function is told to stream
	event  func(r *request) map[string]any
	multi  bool // the answer's fields are lists
}

// The services. Rest and Function URL stream if they are set up to.
var (
	REST        = Service{Name: "lambda/rest", event: restEvent}
	HTTP        = Service{Name: "lambda/http", event: httpEvent}
	FunctionURL = Service{Name: "lambda/url", event: urlEvent}
	ALB         = Service{Name: "lambda/alb", event: albEvent}
	MultiALB    = Service{Name: "lambda/alb-multi", event: multiEvent, multi: true}
)

// Streamed is the service with the answers streamed.
func (s Service) Streamed() Service {
	s.Name += "-streamed"
	s.Stream = true
	return s
}

// request is what a service has read of a request.
type request struct {
	method, path, query string
	lines               []line
}

type line struct{ name, value string }

func read(r conformance.Request) *request {
	q := &request{method: r.Method}
	q.path, q.query, _ = strings.Cut(r.Path, "?")
	for _, text := range append([]string{"Host: conformance.example"}, r.Fields...) {
		name, value, _ := strings.Cut(text, ":")
		q.lines = append(q.lines, line{name, strings.Trim(value, " \t")})
	}
	return q
}

// last is the last value of each field, under the name that to makes of it.
func (r *request) last(to func(string) string) map[string]string {
	h := map[string]string{}
	for _, l := range r.lines {
		h[to(l.name)] = l.value
	}
	return h
}

// all is every value of each field, likewise.
func (r *request) all(to func(string) string) map[string][]string {
	h := map[string][]string{}
	for _, l := range r.lines {
		h[to(l.name)] = append(h[to(l.name)], l.value)
	}
	return h
}

// joined is each field's values with a comma between, in lower case, and the cookies
// apart: payload format 2.0.
func (r *request) joined() (h map[string]string, cookies []string) {
	h = map[string]string{}
	for name, values := range r.all(strings.ToLower) {
		if name == "cookie" {
			for _, v := range values {
				cookies = append(cookies, strings.Split(v, "; ")...)
			}
			continue
		}
		h[name] = strings.Join(values, ",")
	}
	return h, cookies
}

func asSent(name string) string { return name }

const source = "192.0.2.7"

// restEvent is of a REST API: the path as it was sent, the query's parts decoded.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func restEvent(r *request) map[string]any {
	query, _ := url.ParseQuery(r.query)
	return map[string]any{
		"resource": "/{proxy+}", "path": r.path, "httpMethod": r.method, "headers": r.last(asSent), "multiValueHeaders": r.all(asSent),
		"queryStringParameters": firsts(query), "multiValueQueryStringParameters": query, "pathParameters": map[string]string{"proxy": strings.TrimPrefix(r.path, "/")},
		"requestContext": map[string]any{"stage": "prod", "path": "/prod" + r.path, "requestId": "r", "identity": map[string]any{"sourceIp": source}},
		"body":           nil, "isBase64Encoded": false,
	}
}

// httpEvent is of an HTTP API: the path decoded, and cut at a "?" that was encoded.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// does not say so; https://github.com/middleapi/standard-server/pull/93 reports what
// was seen there, and of the others that they do not decode.
func httpEvent(r *request) map[string]any {
	e := urlEvent(r)
	path, err := url.PathUnescape(r.path)
	if err != nil {
		path = r.path
	}
	path, _, _ = strings.Cut(path, "?")
	e["rawPath"], e["routeKey"] = path, "$default"
	context := e["requestContext"].(map[string]any)
	context["domainName"] = "abc.execute-api.eu-west-1.amazonaws.com"
	context["http"] = map[string]any{"method": r.method, "path": path, "sourceIp": source}
	return e
}

// urlEvent is of a function URL: the path as it was sent.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
func urlEvent(r *request) map[string]any {
	h, cookies := r.joined()
	return map[string]any{
		"version": "2.0", "rawPath": r.path, "rawQueryString": r.query, "headers": h, "cookies": cookies,
		"requestContext": map[string]any{
			"stage": "$default", "domainName": "abc.lambda-url.eu-west-1.on.aws", "requestId": "r",
			"http": map[string]any{"method": r.method, "path": r.path, "sourceIp": source},
		},
		"isBase64Encoded": false,
	}
}

// albEvent is of a load balancer: of what was sent twice it has the last, and nothing
// is decoded.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
func albEvent(r *request) map[string]any {
	query := map[string]string{}
	for name, values := range rawQuery(r.query) {
		query[name] = values[len(values)-1]
	}
	h := r.last(strings.ToLower)
	h["x-forwarded-for"] = source
	return map[string]any{
		"httpMethod": r.method, "path": r.path, "headers": h, "queryStringParameters": query, "body": "", "isBase64Encoded": false,
		"requestContext": map[string]any{"elb": map[string]any{"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/y"}},
	}
}

// multiEvent is of a load balancer with multi-value headers.
func multiEvent(r *request) map[string]any {
	e := albEvent(r)
	delete(e, "headers")
	delete(e, "queryStringParameters")
	h := r.all(strings.ToLower)
	h["x-forwarded-for"] = []string{source}
	e["multiValueHeaders"], e["multiValueQueryStringParameters"] = h, rawQuery(r.query)
	return e
}

func rawQuery(query string) map[string][]string {
	all := map[string][]string{}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name != "" {
			all[name] = append(all[name], value)
		}
	}
	return all
}

func firsts(v url.Values) map[string]string {
	all := map[string]string{}
	for name := range v {
		all[name] = v.Get(name)
	}
	return all
}

// Event is the event of a request, as JSON.
func (s Service) Event(t testing.TB, r conformance.Request) []byte {
	t.Helper()
	e, err := json.Marshal(s.event(read(r)))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// answer is what a function returns, by the names of all services.
type answer struct {
	StatusCode        int                 `json:"statusCode"`
	StatusDescription string              `json:"statusDescription"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// separator is between the head and the body of a streamed answer.
var separator = make([]byte, 8)

// Response is what the client of the service gets of what the function returned. A
// service that is answered in another form than it knows has no answer.
func (s Service) Response(t testing.TB, method string, returned []byte) conformance.Response {
	t.Helper()
	head, body, streamed := bytes.Cut(returned, separator)
	if streamed != s.Stream {
		t.Fatalf("streamed %v, want %v: %.300q", streamed, s.Stream, returned)
	}
	var a answer
	d := json.NewDecoder(bytes.NewReader(head))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%v in %.300q", err, head)
	}
	if !streamed {
		body = []byte(a.Body)
		if a.IsBase64Encoded {
			var err error
			if body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if method == http.MethodHead {
		body = nil
	}
	return conformance.Response{Status: a.StatusCode, Header: s.fields(t, &a), Body: body}
}

// fields are those of the answer that the service looks at.
func (s Service) fields(t testing.TB, a *answer) http.Header {
	t.Helper()
	h := http.Header{}
	if s.multi && a.Headers != nil || !s.multi && strings.HasPrefix(s.Name, "lambda/alb") && a.MultiValueHeaders != nil {
		t.Errorf("the load balancer looks at no %v %v", slices.Collect(maps.Keys(a.Headers)), a.MultiValueHeaders)
	}
	for name, value := range a.Headers {
		h.Add(name, value)
	}
	for name, values := range a.MultiValueHeaders {
		for _, v := range values {
			h.Add(name, v)
		}
	}
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	for name := range h {
		if strings.ContainsAny(fmt.Sprint(h[name]), "\r\n\x00") {
			t.Errorf("%s: %q would break the answer", name, h[name])
		}
	}
	return h
}
