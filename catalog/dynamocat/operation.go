package dynamocat

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/downlink-go/downlink/internal/awscall"
)

// operation is one on a row, alone or as a part of a transaction: the members of
// GetItem, PutItem, UpdateItem and DeleteItem
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html)
// that are used.
type operation struct {
	TableName                           string
	Key                                 attributes        `json:",omitzero"`
	Item                                attributes        `json:",omitzero"`
	UpdateExpression                    string            `json:",omitzero"`
	ConditionExpression                 string            `json:",omitzero"`
	ExpressionAttributeNames            map[string]string `json:",omitzero"`
	ExpressionAttributeValues           attributes        `json:",omitzero"`
	ReturnValuesOnConditionCheckFailure string            `json:",omitzero"`
	ConsistentRead                      bool              `json:",omitzero"`
}

// allOld has a condition that failed say what the row is.
const allOld = "ALL_OLD"

// transactItem is one operation of a transaction.
type transactItem struct {
	Put    *operation `json:",omitzero"`
	Update *operation `json:",omitzero"`
	Delete *operation `json:",omitzero"`
}

// write does one operation on a row: PutItem, UpdateItem or DeleteItem.
func (s *Store) write(ctx context.Context, name string, o *operation) error {
	o.TableName = s.opts.Table
	return s.ask(ctx, name, o, &struct{}{})
}

// query asks for the rows of a partition.
type query struct {
	TableName                 string
	ConsistentRead            bool
	KeyConditionExpression    string
	ExpressionAttributeValues attributes
	Limit                     int        `json:",omitzero"`
	ExclusiveStartKey         attributes `json:",omitzero"`
}

// queried is a page of them.
type queried struct {
	Items            []attributes
	LastEvaluatedKey attributes // nil at the end
}

func (s *Store) query(ctx context.Context, in *query) (out queried, err error) {
	in.TableName, in.ConsistentRead = s.opts.Table, true
	err = s.ask(ctx, "Query", in, &out)
	return out, err
}

// isRefusal reports whether DynamoDB refused by that code, and reads into said what it
// says beside it.
func isRefusal(err error, code string, said ...any) bool {
	refused, ok := errors.AsType[*awscall.Error](err)
	if !ok || refused.Code != code {
		return false
	}
	for _, s := range said {
		_ = json.Unmarshal(refused.Body, s) // what it does not say is not known
	}
	return true
}

// failedCondition reports whether an operation was refused for its condition, and what
// the row is if the operation asked for that.
func failedCondition(err error) (row attributes, ok bool) {
	var said struct{ Item attributes }
	ok = isRefusal(err, "ConditionalCheckFailedException", &said)
	return said.Item, ok
}
