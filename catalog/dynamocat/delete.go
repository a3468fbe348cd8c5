package dynamocat

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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
	err := s.overwrite(ctx, func(dead []string) []types.TransactWriteItem {
		values := attributes{}
		condition := "attribute_exists(doc) AND (" + unstaged(values, dead) + ")"
		if len(values) == 0 {
			values = nil // DynamoDB has no empty maps of values
		}
		return []types.TransactWriteItem{{Delete: &types.Delete{
			TableName: &s.opts.Table, Key: itemKey(slug), ConditionExpression: aws.String(condition), ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}}}
	})
	if _, ok := errors.AsType[*refusal](err); ok {
		return catalog.ErrNotFound
	}
	return err
}
