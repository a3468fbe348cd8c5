package dynamocat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// creating is how long DynamoDB may take to make a table.
const creating = 2 * time.Minute

// CreateTable makes the table with its time to live, unless it is there, and waits until
// it can be used. The credentials need dynamodb:CreateTable, DescribeTable and
// UpdateTimeToLive.
func (s *Store) CreateTable(ctx context.Context) error {
	err := s.within(ctx, func(ctx context.Context) error {
		_, err := s.client.CreateTable(ctx, Table(s.opts.Table))
		return err
	})
	if _, there := errors.AsType[*types.ResourceInUseException](err); there {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create table %q: %w", s.opts.Table, err)
	}
	made := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = time.Second })
	if err := made.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &s.opts.Table}, creating); err != nil {
		return fmt.Errorf("wait for table %q: %w", s.opts.Table, err)
	}
	err = s.within(ctx, func(ctx context.Context) error {
		_, err := s.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName:               &s.opts.Table,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(Expires), Enabled: aws.Bool(true)},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("switch on the time to live of table %q: %w", s.opts.Table, err)
	}
	return nil
}
