package dynamocat

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/internal/awscall"
	"github.com/downlink-go/downlink/internal/awskeys"
)

// hints say what to do about an error, by the code that DynamoDB gives it
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
var hints = map[string]string{
	"AccessDeniedException":                  "the credentials may not do this: allow what the guide of DynamoDB lists, on this table",
	"ExpiredToken":                           "the credentials have expired: renew them",
	"ExpiredTokenException":                  "the credentials have expired: renew them",
	"IncompleteSignatureException":           "the credentials are not complete: correct them",
	"InvalidSignatureException":              "the secret key does not belong to the access key, or the clock of this machine is wrong: correct the credentials, set the clock by NTP",
	"MissingAuthenticationTokenException":    "the credentials are not complete: correct them",
	"ProvisionedThroughputExceededException": "DynamoDB asks for fewer requests, and kept asking",
	"RequestLimitExceeded":                   "DynamoDB asks for fewer requests, and kept asking",
	"ResourceNotFoundException":              "there is no such table: correct table, region or endpoint, or make it with `downlink import --create-table`",
	"ThrottlingException":                    "DynamoDB asks for fewer requests, and kept asking",
	"UnrecognizedClientException":            "there is no such access key, or its session token is of no use: correct the credentials",
}

// failure translates what became of a request made under limited, which
// ends with ctx or by a time limit of ours.
func (s *Store) failure(ctx, limited context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*refusal](err); ok || errors.Is(err, catalog.ErrUnavailable) {
		return err
	}
	if _, ok := failedCondition(err); ok {
		return err
	}
	if errors.Is(err, awskeys.ErrNone) {
		return fmt.Errorf("%w: %w", catalog.ErrUnavailable, err)
	}
	if hint := hint(err); hint != "" {
		return fmt.Errorf("%w: %s (%w)", catalog.ErrUnavailable, hint, err)
	}
	if limited.Err() != nil {
		return fmt.Errorf("%w: no answer of DynamoDB within %v: is it reachable? (%w)", catalog.ErrUnavailable, s.opts.Timeout, err)
	}
	return fmt.Errorf("%w: %w", catalog.ErrUnavailable, err)
}

func hint(err error) string {
	refused, ok := errors.AsType[*awscall.Error](err)
	if !ok {
		return ""
	}
	return hints[refused.Code]
}
