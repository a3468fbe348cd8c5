package dynamocat

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

// most is how many rows a transaction may have, and how many bytes of documents.
const (
	mostRows  = 100
	mostBytes = 3 << 20 // of 4 MiB, which are for all that is sent
)

// refusal says which operations of a transaction found another row than they ask for.
type refusal struct {
	failed []bool
	rows   []attributes // as they are, of those that failed
}

func (r *refusal) Error() string { return "the row is not as asked for" }

// transact does all operations or none. Each call has a token: one that is sent again because its answer was lost is not done twice. Two that meet at a row are
// tried again, one after the other. The error may be a refusal.
func (s *Store) transact(ctx context.Context, ops []transactItem) error {
	return s.transactUnless(ctx, ops, func(context.Context) error { return nil })
}

// transactUnless is transact, and asks before another try whether there is any use in
// it: an error ends them.
func (s *Store) transactUnless(ctx context.Context, ops []transactItem, useless func(context.Context) error) error {
	return s.within(ctx, func(ctx context.Context) error {
		var nothing struct{}
		for attempt := 1; ; attempt++ {
			err := s.client.Call(ctx, "TransactWriteItems", map[string]any{"TransactItems": ops, "ClientRequestToken": rand.Text()}, &nothing)
			r, passing := cancellation(err)
			switch {
			case r != nil:
				return r
			case !passing && (err == nil || attempt == 1 || ctx.Err() == nil):
				return err
			}
			if err := useless(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			if sleep(ctx, attempt) != nil {
				return fmt.Errorf("%w: others kept writing the same rows, or DynamoDB asking for fewer requests: %w", catalog.ErrUnavailable, err)
			}
		}
	})
}

// cancellation says why a transaction was not done: for a refusal, or for reasons that
// pass.
func cancellation(err error) (r *refusal, passing bool) {
	var canceled struct {
		CancellationReasons []struct {
			Code string
			Item attributes
		}
	}
	if !isRefusal(err, "TransactionCanceledException", &canceled) {
		return nil, false
	}
	passing = true
	for i, reason := range canceled.CancellationReasons {
		switch reason.Code {
		case "ConditionalCheckFailed":
			if n := len(canceled.CancellationReasons); r == nil {
				r = &refusal{make([]bool, n), make([]attributes, n)}
			}
			r.failed[i], r.rows[i] = true, reason.Item
		case "", "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		default:
			passing = false
		}
	}
	return r, passing
}
