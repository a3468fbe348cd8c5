package dynamocat

import (
	"hash/fnv"
	"strconv"
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
//	admin#… attempt#…                  what the admin keeps: see record.go
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

func key(pk, sk string) attributes { return attributes{partitionKey: text(pk), sortKey: text(sk)} }

func itemKey(slug string) attributes { return key(itemPartition(spread(slug)), slug) }
