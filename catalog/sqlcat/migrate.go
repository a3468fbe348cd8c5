//go:build !js

package sqlcat

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/infra/migrations"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// migrate applies the steps that are missing, all in one transaction. It holds
// the write lock from before goose looks which those are, so that no step is
// applied twice by two processes; goose has no lock for SQLite. The number of
// the last step is kept in user_version too, where later starts find it without
// goose.
func migrate(ctx context.Context, db *sql.DB, dsn string, latest int) error {
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return fmt.Errorf("change to WAL mode: %w", err)
	}
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	tx := sql.OpenDB(&single{conn: savepoints{conn}, driver: connector.Driver()})
	defer tx.Close() // rolls back what is not committed
	tx.SetMaxOpenConns(1)
	if _, err := tx.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("lock for migration: %w", err)
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, tx, migrations.Files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", latest)); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "COMMIT")
	return err
}

// single connects once: a second connection would be outside the transaction.
type single struct {
	conn   driver.Conn
	driver driver.Driver
}

func (s *single) Connect(context.Context) (driver.Conn, error) {
	if s.conn == nil {
		return nil, errors.New("the connection of the migration was lost")
	}
	conn := s.conn
	s.conn = nil
	return conn, nil
}

func (s *single) Driver() driver.Driver { return s.driver }

// savepoints is a connection in a transaction: those begun on it are savepoints.
type savepoints struct{ driver.Conn }

func (c savepoints) Begin() (driver.Tx, error) { return c, c.run("SAVEPOINT step") }

func (c savepoints) Commit() error { return c.run("RELEASE step") }

func (c savepoints) Rollback() error { return c.run("ROLLBACK TO step", "RELEASE step") }

func (c savepoints) run(statements ...string) error {
	for _, statement := range statements {
		if _, err := c.Conn.(driver.ExecerContext).ExecContext(context.Background(), statement, nil); err != nil {
			return err
		}
	}
	return nil
}
