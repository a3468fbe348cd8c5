//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
)

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

// Rows calls row for each row that the query finds on such tables, until it returns
// an error.
func (t *tables) Rows(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := t.on.query(ctx, query, args...)
	if err != nil {
		return failed(ctx, err)
	}
	defer rows.Close()
	return each(ctx, rows, row)
}

func each(ctx context.Context, rows *sql.Rows, row func(scan func(...any) error) error) error {
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return failed(ctx, err)
	}
	return nil
}
