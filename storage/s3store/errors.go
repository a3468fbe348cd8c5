package s3store

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/internal/awscall"
	"github.com/downlink-go/downlink/internal/awskeys"
	"github.com/downlink-go/downlink/storage"
)

// hints say what to do about an error, by the code that S3 gives it
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var hints = map[string]string{
	"AccessDenied":                       "the credentials may not do this: allow s3:GetObject, and s3:ListBucket too, without which S3 calls a missing object forbidden; to save files s3:PutObject and s3:DeleteObject",
	"AllAccessDisabled":                  "the bucket was closed by its provider",
	"AuthorizationHeaderMalformed":       "the bucket is in another region: correct region",
	"ExpiredToken":                       "the credentials have expired: renew them",
	"IllegalLocationConstraintException": "the bucket is in another region: correct region",
	"InvalidAccessKeyId":                 "there is no such access key: correct the credentials, or the endpoint they are for",
	"InvalidObjectState":                 "the object is archived: restore it first",
	"InvalidToken":                       "the session token is of no use here: renew the credentials",
	"NoSuchBucket":                       "there is no such bucket: correct bucket, region or endpoint",
	"PermanentRedirect":                  "the bucket is at another endpoint: correct region or endpoint",
	"RequestTimeTooSkewed":               "the clock of this machine is wrong: set it, best by NTP",
	"SignatureDoesNotMatch":              "the secret key does not belong to the access key: correct the credentials",
	"SlowDown":                           "S3 asks for fewer requests, and kept asking",
	"XAdminUserNotFound":                 "there is no such access key: correct the credentials", // in versitygw
	"TokenRefreshRequired":               "the credentials have expired: renew them",
}

// statusHints say what to do about an answer without a code that is known.
var statusHints = map[int]string{
	301: hints["PermanentRedirect"],
	403: hints["AccessDenied"],
	503: hints["SlowDown"],
}

// failure translates what became of a request made under open, which ends
// with ctx or by a time limit of ours.
func (s *Store) failure(ctx, open context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, awskeys.ErrNone) {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
	}
	if context.Cause(open) == errNoAnswer {
		return fmt.Errorf("%w: %w within %v: is %s reachable?", storage.ErrUnavailable, errNoAnswer, s.opts.Timeout, s.base.Host)
	}
	code, status := "", 0
	if refused, ok := errors.AsType[*awscall.Error](err); ok {
		code, status = refused.Code, refused.Status
	}
	hint, known := hints[code]
	if !known {
		hint = statusHints[status]
	}
	switch {
	case code == "NoSuchKey" || code == "KeyTooLongError" || status == 404 && (code == "" || code == "NotFound"):
		return storage.ErrNotFound
	case status == 412 || code == "PreconditionFailed":
		return storage.ErrChanged
	case status == 416 || code == "InvalidRange":
		return errRange
	case hint != "":
		return fmt.Errorf("%w: %s (%w)", storage.ErrUnavailable, hint, err)
	}
	return fmt.Errorf("%w: %w", storage.ErrUnavailable, err)
}

// silent reports whether err is a refusal that may have another cause than its status
// says, which an answer to HEAD has no body to tell: 404 is also of a bucket that is
// not there, and that is nothing to tell clients.
func silent(err error) bool {
	refused, ok := errors.AsType[*awscall.Error](err)
	if !ok {
		return false
	}
	switch refused.Status {
	case 301, 400, 403, 404:
		return true
	}
	return false
}
