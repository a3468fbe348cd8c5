package dynamocat

import (
	"hash/fnv"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The rows of the table. Items are spread over a few partitions by their slugs, so that
// one that is asked for knows its place and a list asks all of them for what follows a
// slug. A partition takes 3,000 reads and 1,000 writes a second, before DynamoDB
// splits it.
//
//	pk                  sk             row
//	item#0 … item#7     slug           an item
//	puts                id             a put of many items: see stage.go
//	link#ID             uses           how often a link was redeemed
//	link#ID             client#ADDR    who may go on with a download by it
const (
	partitions = 8
	putsKey    = "puts"
)

// spread is the partition of a name, which never changes.
func spread(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % partitions)
}

func itemPartition(n int) string { return "item#" + strconv.Itoa(n) }

// attributes are those of a row, or of a map in one.
type attributes = map[string]types.AttributeValue

func key(pk, sk string) attributes { return attributes{partitionKey: text(pk), sortKey: text(sk)} }

func itemKey(slug string) attributes { return key(itemPartition(spread(slug)), slug) }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// textOf is a text, "" if the attribute is not there or something else.
func textOf(v types.AttributeValue) string {
	s, _ := v.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// numberOf is a number, 0 if the attribute is not there or something else.
func numberOf(v types.AttributeValue) int64 {
	n, _ := v.(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	i, _ := strconv.ParseInt(n.Value, 10, 64)
	return i
}

// mapOf is a map, nil if the attribute is not there or something else.
func mapOf(v types.AttributeValue) attributes {
	m, _ := v.(*types.AttributeValueMemberM)
	if m == nil {
		return nil
	}
	return m.Value
}
