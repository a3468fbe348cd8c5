package dynamocat

import (
	"context"
	"fmt"
	"time"
)

// The attributes that the table itself knows.
const (
	partitionKey = "pk"
	sortKey      = "sk"
	// Expires is the attribute of the table's time to live, in seconds since 1970.
	// DynamoDB deletes what has expired within a few days; nothing here relies on when.
	Expires = "expires"
)

// Definition is a table, by the names of CreateTable
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html).
type Definition struct {
	TableName, BillingMode string
	AttributeDefinitions   []Attribute
	KeySchema              []Key
}

// Attribute is one that the table knows the type of.
type Attribute struct{ AttributeName, AttributeType string }

// Key is a part of the table's key.
type Key struct{ AttributeName, KeyType string }

// Table is what makes the table: paid by request, nothing to plan. The time to live
// is switched on by a second request, as Expires says.
func Table(name string) Definition {
	return Definition{
		TableName: name, BillingMode: "PAY_PER_REQUEST",
		AttributeDefinitions: []Attribute{{partitionKey, "S"}, {sortKey, "S"}},
		KeySchema:            []Key{{partitionKey, "HASH"}, {sortKey, "RANGE"}},
	}
}

// creating is how long DynamoDB may take to make a table.
const creating = 2 * time.Minute

// CreateTable makes the table with its time to live, unless it is there, and waits until
// it can be used. The credentials need dynamodb:CreateTable, DescribeTable and
// UpdateTimeToLive.
func (s *Store) CreateTable(ctx context.Context) error {
	err := s.ask(ctx, "CreateTable", Table(s.opts.Table), &struct{}{})
	if isRefusal(err, "ResourceInUseException") {
		return nil // it is there
	}
	if err != nil {
		return fmt.Errorf("create table %q: %w", s.opts.Table, err)
	}
	if err := s.awaitTable(ctx); err != nil {
		return fmt.Errorf("wait for table %q: %w", s.opts.Table, err)
	}
	err = s.ask(ctx, "UpdateTimeToLive", map[string]any{
		"TableName": s.opts.Table, "TimeToLiveSpecification": map[string]any{"AttributeName": Expires, "Enabled": true},
	}, &struct{}{})
	if err != nil {
		return fmt.Errorf("switch on the time to live of table %q: %w", s.opts.Table, err)
	}
	return nil
}

// awaitTable waits until the table can be used.
func (s *Store) awaitTable(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, creating)
	defer cancel()
	for {
		var is struct{ Table struct{ TableStatus string } }
		err := s.ask(limited, "DescribeTable", map[string]any{"TableName": s.opts.Table}, &is)
		switch {
		case is.Table.TableStatus == "ACTIVE":
			return nil
		case err != nil && !isRefusal(err, "ResourceNotFoundException"): // for a moment it may be that, too
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-limited.Done():
			return limited.Err()
		}
	}
}
