//go:build !js

package sqlcat

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/downlink-go/downlink/infra/migrations"
	"github.com/pressly/goose/v3"
)

// prepare brings the tables up to date on the first call. A failure is not kept: the
// next call tries again.
func (p *postgres) prepare(ctx context.Context) error {
	if p.ready.Load() {
		return nil
	}
	select {
	case p.opening <- struct{}{}:
		defer func() { <-p.opening }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.ready.Load() {
		return nil
	}
	if err := p.db.PingContext(ctx); err != nil { // closed, too
		return err
	}
	if err := p.bringUpToDate(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	p.ready.Store(true)
	return nil
}

// bringUpToDate applies the steps that are missing. Of processes that come at the same
// time one does it; the others wait.
func (p *postgres) bringUpToDate(ctx context.Context) error {
	latest, err := migrations.Latest()
	if err != nil {
		return err
	}
	var version sql.NullInt64
	err = p.migrator.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&version)
	if err == nil && version.Int64 >= int64(latest) {
		return nil
	}
	conn, err := p.migrator.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // and with it the lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock("+strconv.Itoa(migrating)+")"); err != nil {
		return err
	}
	steps, err := goose.NewProvider(goose.DialectPostgres, p.migrator, translated{migrations.Files}, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = steps.Up(ctx)
	return err
}

// translated are files of SQL in PostgreSQL's words: BYTEA is its BLOB, and text is
// compared by bytes, as SQLite does, whatever the language of the database.
type translated struct{ fs.FS }

func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	text, err := io.ReadAll(f)
	text = bytes.ReplaceAll(text, []byte("BLOB"), []byte("BYTEA"))
	text = bytes.ReplaceAll(text, []byte("TEXT"), []byte(`TEXT COLLATE "C"`))
	return &translatedFile{f, bytes.NewReader(text)}, err
}

type translatedFile struct {
	fs.File
	text *bytes.Reader
}

func (f *translatedFile) Read(b []byte) (int, error) { return f.text.Read(b) }
