package lambda

import "fmt"

// Kind is who sends the event, and so what the event and its answer look like.
type Kind uint8

// The kinds.
const (
	REST        Kind = iota + 1 // API Gateway, REST API (payload format 1.0)
	HTTP                        // API Gateway, HTTP API (payload format 2.0, or 1.0)
	FunctionURL                 // the function's own URL (payload format 2.0)
	ALB                         // Application Load Balancer
)

var kindNames = [...]string{"", "rest", "http", "function-url", "alb"}

// String is the kind's name, as ParseKind reads it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind is the kind of that name: "rest", "http", "function-url" or "alb".
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if k > 0 && n == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("%q is no kind of event: write rest, http, function-url or alb", name)
}

// The largest answers in bytes.
const (
	// buffered is what Lambda takes as a whole answer, which is JSON: "6 MB" in its
	// quotas (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html),
	// by its own error message 6291556.
	buffered = 6<<20 + 100
	// balanced is what a load balancer takes: "1 MB"
	// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
	balanced = 1_000_000
	// streamed is how long a streamed body may be: "200 MB" in Lambda's quotas.
	streamed = 200 << 20
)

// limit is the most bytes that an answer to k has as JSON.
func (k Kind) limit() int {
	if k == ALB {
		return balanced
	}
	return buffered
}
