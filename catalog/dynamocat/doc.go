// Package dynamocat keeps the catalogue in one table of Amazon DynamoDB.
//
// The table has a partition key "pk" and a sort key "sk", both strings, no index,
// and the attribute "expires" (seconds since 1970) as its time to live:
// infra/dynamodb/table.json, and [Table] for a program. What a role needs on it:
// dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem and
// DeleteItem.
package dynamocat
