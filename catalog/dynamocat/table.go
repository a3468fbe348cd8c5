package dynamocat

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The attributes that the table itself knows.
const (
	partitionKey = "pk"
	sortKey      = "sk"
	// Expires is the attribute of the table's time to live, in seconds since 1970.
	// DynamoDB deletes what has expired within a few days; nothing here relies on when.
	Expires = "expires"
)

// Table is what makes the table: paid by request, nothing to plan. The time to live
// is switched on by a second request, as Expires says.
func Table(name string) *dynamodb.CreateTableInput {
	text := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	return &dynamodb.CreateTableInput{
		TableName:            aws.String(name),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{text(partitionKey), text(sortKey)},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
	}
}
