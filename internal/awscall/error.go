package awscall

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Error is an answer other than 2xx.
type Error struct {
	Status    int
	Code      string // the service's name for it, such as "NoSuchKey"; "" if it gives none
	Message   string // what it says beside that, for people; it may quote the request
	RequestID string // for AWS's support; "" if it gives none
	Body      []byte // all that it says, in the form of its protocol
}

func (e *Error) Error() string {
	text := fmt.Sprintf("status %d", e.Status)
	for _, more := range [...]struct{ before, what string }{{" ", e.Code}, {": ", e.Message}, {", request ", e.RequestID}} {
		if more.what != "" {
			text += more.before + more.what
		}
	}
	return text
}

// ErrDamaged: an answer is not as it was sent. It is asked for again.
var ErrDamaged = errors.New("the answer was damaged on its way")

// passing are the codes of refusals that may pass: "asks for fewer requests" by the
// names of all services, and requests whose body took too long.
var passing = [...]string{
	"BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
	"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
	"RequestTimeout", "RequestTimeoutException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
	"TooManyRequestsException", "TransactionInProgressException",
}

func (e *Error) passes() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return slices.Contains(passing[:], e.Code)
}

// hopeless reports whether no connection can be made, however often one tries: there is
// no such host, or it is not who it says.
func hopeless(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return true
	}
	_, impostor := errors.AsType[*tls.CertificateVerificationError](err)
	return impostor
}

// broken reports whether another try may do better than one whose answer was of no use:
// it ended before it was whole, or is a refusal that may pass.
func broken(err error) bool {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.passes()
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrDamaged)
}

// mostSaid is the most of a refusal that is read, in bytes. A cancelled transaction of
// DynamoDB's has up to 100 rows in it.
const mostSaid = 64 << 20

// readError reads a refusal and closes it.
func readError(answer *http.Response) (*Error, error) {
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostSaid))
	if err != nil {
		return nil, err
	}
	return NewError(answer.StatusCode, answer.Header, text), nil
}

// NewError is a refusal in the words of a service: it reads what they say in XML as S3, or in JSON
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization).
func NewError(status int, h http.Header, text []byte) *Error {
	e := &Error{Status: status, RequestID: cmp.Or(h.Get("X-Amzn-Requestid"), h.Get("X-Amz-Request-Id")), Body: text}
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // some say "Message", which is the same here
	}
	if json.Unmarshal(text, &said) == nil { // else it may be XML, or say nothing
		e.Code, e.Message = plain(cmp.Or(h.Get("X-Amzn-Errortype"), said.Type, said.Code)), said.Message
	} else {
		e.Code, e.Message = element(text, "Code"), element(text, "Message")
	}
	return e
}

// plain is a code without its name space and what follows it.
func plain(code string) string {
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndexByte(code, '#')+1:]
}

// element is the text of the first element of that name: of a code, which needs no
// more of XML.
func element(text []byte, name string) string {
	_, rest, _ := strings.Cut(string(text), "<"+name+">")
	said, _, closed := strings.Cut(rest, "</"+name+">")
	if !closed {
		return ""
	}
	return said
}
