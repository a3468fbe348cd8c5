package dynamocat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"
)

// What the admin keeps, such as accounts and sessions, is in rows of its own:
//
//	pk              sk               row
//	admin#KIND      key              text; expires if it does
//	attempt#HASH    window           n: how many there were within it
//
// DynamoDB deletes what has expired some days later, so every question asks for the
// time.
const textAttr = "text"

func recordKey(kind, name string) attributes { return key("admin#"+kind, name) }

// good reports whether a row is there and has not expired.
func good(row attributes) bool {
	_, expires := row[Expires]
	return row != nil && (!expires || numberOf(row[Expires]) >= time.Now().Unix())
}

// Record is the text under a key, by one strongly consistent read.
func (s *Store) Record(ctx context.Context, kind, name string) (text string, ok bool, err error) {
	if name == "" { // DynamoDB has no empty keys
		return "", false, nil
	}
	row, err := s.get(ctx, recordKey(kind, name))
	if err != nil || !good(row) {
		return "", false, err
	}
	return string(row[textAttr].B), true, nil
}

// PutRecord puts a text, of any bytes, until it expires; never if that is zero.
func (s *Store) PutRecord(ctx context.Context, kind, name, text string, expires time.Time) error {
	row := recordKey(kind, name)
	row[textAttr] = value{B: []byte(text)}
	if !expires.IsZero() {
		row[Expires] = number(expires.Unix())
	}
	return s.write(ctx, "PutItem", &operation{Item: row})
}

// TakeRecord removes what is under a key, and reports whether it was there and had not
// expired. It is a transaction, whose token has a try whose answer was lost tell what it
// did.
func (s *Store) TakeRecord(ctx context.Context, kind, name string) (ok bool, err error) {
	if name == "" {
		return false, nil
	}
	err = s.transact(ctx, []transactItem{{Delete: &operation{
		TableName: s.opts.Table, Key: recordKey(kind, name),
		ConditionExpression:       "attribute_exists(pk) AND (attribute_not_exists(expires) OR expires >= :now)",
		ExpressionAttributeValues: attributes{":now": number(time.Now().Unix())},
	}}})
	if _, refused := errors.AsType[*refusal](err); refused {
		return false, nil
	}
	return err == nil, err
}

// EachRecord calls yield for all of a kind that have not expired, by their keys.
func (s *Store) EachRecord(ctx context.Context, kind string, yield func(name, text string) bool) error {
	in := &query{KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: attributes{":pk": text("admin#" + kind)}}
	for {
		out, err := s.query(ctx, in)
		if err != nil {
			return err
		}
		for _, row := range out.Items {
			if good(row) && !yield(textOf(row[sortKey]), string(row[textAttr].B)) {
				return nil
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return nil
		}
	}
}

// Attempt counts an attempt, and reports whether it is one of the first most with this
// key in the part of time, within long, that it falls into. One that is sent again
// because its answer was lost may count twice, and so allow fewer.
func (s *Store) Attempt(ctx context.Context, name string, most int64, within time.Duration) (ok bool, err error) {
	hash := sha256.Sum256([]byte(name))
	window := time.Now().Truncate(within)
	err = s.write(ctx, "UpdateItem", &operation{
		Key:                 key("attempt#"+hex.EncodeToString(hash[:]), strconv.FormatInt(window.Unix(), 10)),
		UpdateExpression:    "SET expires = :expires ADD n :one",
		ConditionExpression: "attribute_not_exists(n) OR n < :most",
		ExpressionAttributeValues: attributes{
			":expires": number(window.Add(2 * within).Unix()), ":one": number(1), ":most": number(most),
		},
	})
	if _, refused := failedCondition(err); refused {
		return false, nil
	}
	return err == nil, err
}
