//go:build !js

package sqlcat

import (
	"context"
	"database/sql"

	"github.com/downlink-go/downlink/catalog"
)

// Put puts the items in one transaction. Calls in this process queue for as
// long as their contexts allow; another process is waited for as lockWait says.
func (s *Store) Put(ctx context.Context, items []catalog.Item) error {
	return s.write(ctx, func() error { return s.put(ctx, items) })
}

func (s *Store) put(ctx context.Context, items []catalog.Item) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	prepared := map[string]*sql.Stmt{}
	for _, text := range [...]string{upsert, deleteFiles, insertFile} {
		if prepared[text], err = tx.PrepareContext(ctx, text); err != nil {
			return err
		}
	}
	for i := range items {
		for _, st := range puts(&items[i]) {
			// The context rolls tx back when it ends; watching it in every
			// statement too would double their cost.
			if _, err := prepared[st.text].Exec(st.args...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
