package sqlcat

import (
	"context"
	"fmt"

	"github.com/downlink-go/downlink/catalog"
)

// failed gives an error of the database its meaning: the context's own error if
// that has ended, else catalog.ErrUnavailable, be the file locked, damaged,
// full or out of reach.
func failed(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return fmt.Errorf("%w: %w", catalog.ErrUnavailable, err)
}
