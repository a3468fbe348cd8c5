package awscall

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// mostAnswered is the most of an answer in JSON that is read, in bytes: DynamoDB's have
// up to 16 MB of rows, which JSON makes longer.
const mostAnswered = 64 << 20

// JSON is a service's operations in AWS's JSON protocol
// (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
type JSON struct {
	*Client
	// At is where the service is; see Endpoint.
	At *url.URL
	// Version is that of the protocol: "1.0" or "1.1".
	Version string
	// Target precedes the names of operations, such as "DynamoDB_20120810.".
	Target string
}

// Call asks for an operation. in and out are as encoding/json takes them; out is only
// written once the whole answer is there.
func (j *JSON) Call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r := &Request{Method: http.MethodPost, URL: j.At, Body: body, Header: http.Header{
		"Content-Type": {"application/x-amz-json-" + j.Version}, "X-Amz-Target": {j.Target + operation},
	}}
	var text []byte
	err = j.Send(ctx, r, func(answer *http.Response) (err error) {
		text, err = readJSON(answer)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return json.Unmarshal(text, out)
}

// readJSON reads an answer whole. DynamoDB's have a checksum.
func readJSON(answer *http.Response) ([]byte, error) {
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswered))
	if err != nil {
		return nil, err
	}
	if field := answer.Header.Get("X-Amz-Crc32"); field != "" {
		if sum, err := strconv.ParseUint(field, 10, 32); err != nil || uint32(sum) != crc32.ChecksumIEEE(text) {
			return nil, fmt.Errorf("%w: its checksum is not %q", ErrDamaged, field)
		}
	}
	return text, nil
}
