package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
)

// items is the database of a catalogue, which counts downloads and the uses of links
// too.
type items interface {
	catalog.Driver
	catalog.Counter
	download.Uses
	// Uses is how many downloads by a link were counted.
	Uses(ctx context.Context, link string) (int64, error)
	// ForgetUses forgets what was counted of links that had expired by then.
	ForgetUses(ctx context.Context, then time.Time) error
}

// openItems opens the database of the configuration's catalogue. place is where it is,
// in a sentence.
func (s *settings) openItems(c *config.Config) (db items, place string, err error) {
	if c.Catalog.Driver == config.DriverDynamoDB {
		table, err := openTable(c)
		if err != nil {
			return nil, "", err
		}
		return table, "table " + table.Name() + " of DynamoDB", nil
	}
	return s.openSQL(c)
}

// openSQL opens a catalogue's database that speaks SQL. It is not asked anything yet.
func (s *settings) openSQL(c *config.Config) (db *sqlcat.Store, place string, err error) {
	if c.Catalog.Driver == config.DriverPostgres {
		return openPostgres(c)
	}
	path, err := s.catalogPath(c)
	if err != nil {
		return nil, "", err
	}
	file, err := sqlcat.Open(path)
	return file, path, err
}

func openPostgres(c *config.Config) (db *sqlcat.Store, place string, err error) {
	at, err := c.ResolveCatalog(os.LookupEnv)
	if err != nil {
		return nil, "", err
	}
	db, err = sqlcat.OpenPostgres(at.URL, sqlcat.PostgresOptions{
		MaxConnections: at.MaxConnections, LockWait: at.LockWait, StatementWait: at.StatementWait,
	})
	if err != nil {
		return nil, "", err
	}
	u, err := url.Parse(at.URL)
	if err != nil {
		return nil, "", errors.New("[catalog] url is no URL")
	}
	return db, fmt.Sprintf("database %s of PostgreSQL", strings.TrimPrefix(u.Path, "/")), nil
}

// openTable opens a catalogue in DynamoDB, which is not asked anything yet.
func openTable(c *config.Config) (*dynamocat.Store, error) {
	at, err := c.ResolveCatalog(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	o := dynamocat.Options{Table: at.Table, Region: at.Region, Endpoint: at.Endpoint, Timeout: at.Timeout}
	if at.CredentialsFile != "" {
		o.Credentials = dynamocat.FromFile(at.CredentialsFile)
	}
	return dynamocat.New(o)
}

// createTable makes the table of the configuration's catalogue.
func (s *settings) createTable(ctx context.Context, dir string) error {
	c, err := s.loadForCatalog(dir)
	if err != nil {
		return err
	}
	if c.Catalog.Driver != config.DriverDynamoDB {
		return fmt.Errorf("the catalogue is in no table of DynamoDB: leave --create-table out, or write driver = %q below [catalog]", config.DriverDynamoDB)
	}
	table, err := openTable(c)
	if err != nil {
		return err
	}
	return errors.Join(table.CreateTable(ctx), table.Close())
}

var (
	_ admin.Database = (*sqlcat.Store)(nil)
	_ admin.Records  = (*dynamocat.Store)(nil)
	_ admin.Limiter  = (*dynamocat.Store)(nil)
)

// adminRecords keep the admin's accounts and sessions: in the catalogue's database or
// table.
func (s *site) adminRecords() admin.Records {
	if db, ok := s.items.(admin.Database); ok {
		return admin.SQL(db)
	}
	return s.items.(admin.Records)
}
