package lambda

import (
	"encoding/json"
	"errors"
	"strings"
)

// event is what the four kinds of events have of a request, each under its own names.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// has both payload formats.
type event struct {
	Version         string              `json:"version"`
	HTTPMethod      string              `json:"httpMethod"`
	Path            string              `json:"path"`
	RawPath         string              `json:"rawPath"`
	RawQuery        string              `json:"rawQueryString"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Query           map[string]string   `json:"queryStringParameters"`
	MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
	Cookies         []string            `json:"cookies"`
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
	Context         struct {
		Stage      string `json:"stage"`
		DomainName string `json:"domainName"`
		HTTP       struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
		Identity struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
		ELB *struct{} `json:"elb"`
	} `json:"requestContext"`

	kind  Kind
	multi bool // fields are in MultiHeaders, and those of the answer have to be
}

var errNoRequest = errors.New("the event is no HTTP request: send one of API Gateway, of a function URL or of a load balancer")

// parse reads an event and finds out whose it is.
func parse(payload []byte) (*event, error) {
	e := &event{}
	if err := json.Unmarshal(payload, e); err != nil {
		return nil, errors.Join(errNoRequest, err)
	}
	e.multi = e.MultiHeaders != nil
	switch {
	case e.Context.ELB != nil:
		e.kind = ALB
	case e.Version == "2.0" && strings.Contains(e.Context.DomainName, ".lambda-url."):
		e.kind = FunctionURL
	case e.Version != "": // 1.0 of an HTTP API has it too, unlike that of a REST API
		e.kind = HTTP
	default:
		e.kind = REST
	}
	if e.method() == "" {
		return nil, errNoRequest
	}
	return e, nil
}

func (e *event) method() string {
	if e.Context.HTTP.Method != "" {
		return e.Context.HTTP.Method
	}
	return e.HTTPMethod
}
