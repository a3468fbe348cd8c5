package sqlcat

import "context"

// Rows calls row for each row that the query finds, until it returns an error. It may
// ask for tables of infra/migrations that are not the catalogue's own, such as the
// admin's. Arguments stand at "?".
func (t *tables) Rows(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := t.on.query(ctx, query, args...)
	if err != nil {
		return failed(ctx, err)
	}
	defer rows.Close()
	scan := func(to ...any) error {
		if err := rows.Scan(to...); err != nil {
			return failed(ctx, err)
		}
		return nil
	}
	for rows.Next() {
		if err := row(scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return failed(ctx, err)
	}
	return nil
}

// number is the one number that a query finds, 0 if it finds none.
func (t *tables) number(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = t.Rows(ctx, query, args, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}
