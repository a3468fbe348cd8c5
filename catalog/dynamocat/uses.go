package dynamocat

import (
	"context"
	"errors"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// usesLife is how long the rows of a link are kept after it expired: longer than
// clocks differ.
const usesLife = 24 * time.Hour

func linkKey(link, row string) attributes { return key("link#"+link, row) }

func clientRow(client string) string { return "client#" + client }

// Use counts a download by a link, unless it had u.Max already, and reports whether it
// did. Until u.Until Begun is true for the client. Both are one transaction with a
// token, so that a try whose answer was lost is not counted again.
func (s *Store) Use(ctx context.Context, u catalog.Use) (counted bool, err error) {
	ops := []transactItem{{Update: &operation{
		TableName: s.opts.Table, Key: linkKey(u.Link, "uses"),
		UpdateExpression:    "SET expires = :expires ADD uses :one",
		ConditionExpression: "attribute_not_exists(uses) OR uses < :max",
		ExpressionAttributeValues: attributes{
			":expires": number(u.Expires.Add(usesLife).Unix()), ":one": number(1), ":max": number(u.Max),
		},
	}}}
	if u.Client != "" {
		row := linkKey(u.Link, clientRow(u.Client))
		row["end"], row[Expires] = number(u.Until.Unix()), number(u.Until.Add(usesLife).Unix())
		ops = append(ops, transactItem{Put: &operation{TableName: s.opts.Table, Item: row}})
	}
	err = s.transactUnless(ctx, ops, func(ctx context.Context) error { // who comes too late waits for nobody
		if n, err := s.Uses(ctx, u.Link); err != nil || n < u.Max {
			return err
		}
		return &refusal{}
	})
	if _, ok := errors.AsType[*refusal](err); ok {
		return false, nil
	}
	return err == nil, err
}

// Begun reports whether Use counted a download by the link and client that may still
// be gone on with at u.Now. An unknown client has begun none.
func (s *Store) Begun(ctx context.Context, u catalog.Use) (bool, error) {
	if u.Client == "" {
		return false, nil
	}
	row, err := s.get(ctx, linkKey(u.Link, clientRow(u.Client)))
	return u.Now.Unix() < numberOf(row["end"]), err
}

// Uses is how many downloads of the link were counted.
func (s *Store) Uses(ctx context.Context, link string) (int64, error) {
	row, err := s.get(ctx, linkKey(link, "uses"))
	return numberOf(row["uses"]), err
}

// ForgetUses has nothing to do: DynamoDB deletes the uses of links that have expired.
func (s *Store) ForgetUses(context.Context, time.Time) error { return nil }
