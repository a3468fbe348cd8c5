package dynamocat

import (
	"context"
	"errors"

	"github.com/downlink-go/downlink/catalog"
)

var _ catalog.Deleter = (*Store)(nil)

// Delete removes an item by one conditional transaction.
func (s *Store) Delete(ctx context.Context, slug string) error {
	if slug == "" { // DynamoDB has no empty keys
		return catalog.ErrNotFound
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	err := s.overwrite(ctx, func(dead []string) []transactItem {
		values := attributes{}
		condition := "attribute_exists(doc) AND (" + unstaged(values, dead) + ")"
		if len(values) == 0 {
			values = nil // DynamoDB has no empty maps of values
		}
		return []transactItem{{Delete: &operation{
			TableName: s.opts.Table, Key: itemKey(slug), ConditionExpression: condition, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: allOld,
		}}}
	})
	if _, ok := errors.AsType[*refusal](err); ok {
		return catalog.ErrNotFound
	}
	return err
}
