//go:build !js

package sqlcat

import "context"

// Exec runs a statement on tables of infra/migrations that are not the catalogue's
// own, such as the admin's, and returns how many rows it changed. Arguments stand at
// "?". It takes its turn among the writers of this process.
func (t *tables) Exec(ctx context.Context, statement string, args ...any) (changed int64, err error) {
	err = t.note(ctx, func(tx transaction) error {
		changed, err = tx.run(statement, args...)
		return err
	})
	return changed, err
}
