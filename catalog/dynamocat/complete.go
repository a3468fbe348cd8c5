package dynamocat

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/catalog"
)

// Complete notes how awaited downloads ended. Some of them are one transaction, which
// takes their rows as ended and adds to the counts.
func (s *Store) Complete(ctx context.Context, ended []catalog.Ended) (noted int, err error) {
	awaited, err := s.awaited(ctx, ended)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(awaited, mostRows/2) {
		n, err := s.completeSome(ctx, some)
		if err != nil {
			return 0, err
		}
		noted += n
	}
	return noted, nil
}

// end is a download that was awaited, and what its end adds.
type end struct {
	id    string
	count catalog.Count
}

// awaited are those of ended that are awaited, each once.
func (s *Store) awaited(ctx context.Context, ended []catalog.Ended) (all []end, err error) {
	bytes := map[string]int64{}
	var keys []attributes
	for _, e := range ended {
		if _, twice := bytes[e.ID]; !twice {
			bytes[e.ID], keys = e.Bytes, append(keys, key("await#"+e.ID, awaitRow))
		}
	}
	rows, err := s.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if flagOf(row["ended"]) {
			continue
		}
		id := strings.TrimPrefix(textOf(row[partitionKey]), "await#")
		c := catalog.Count{Item: textOf(row[thingAttr]), Hour: numberOf(row["hour"]), Tally: catalog.Tally{Bytes: bytes[id]}}
		if !flagOf(row["bot"]) && bytes[id] >= numberOf(row["size"]) {
			c.Completed = 1
		}
		all = append(all, end{id, c})
	}
	return all, nil
}

// completeSome notes ends by one transaction, or by a few if others noted some of them
// meanwhile.
func (s *Store) completeSome(ctx context.Context, ends []end) (int, error) {
	for len(ends) > 0 {
		var ops []transactItem
		var counts []catalog.Count
		for _, e := range ends {
			ops, counts = append(ops, s.ending(e.id)), append(counts, e.count)
		}
		for _, a := range additions(counts, logWriter) {
			expression, names, values := a.update()
			ops = append(ops, transactItem{Update: &operation{
				TableName: s.opts.Table, Key: a.key, UpdateExpression: expression,
				ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			}})
		}
		err := s.transact(ctx, ops)
		r, ok := errors.AsType[*refusal](err)
		if !ok {
			return len(ends), err
		}
		var left []end
		for i, e := range ends {
			if !r.failed[i] {
				left = append(left, e)
			}
		}
		ends = left
	}
	return 0, nil
}

// ending takes an awaited download as ended, once.
func (s *Store) ending(id string) transactItem {
	return transactItem{Update: &operation{
		TableName: s.opts.Table, Key: key("await#"+id, awaitRow),
		UpdateExpression:          "SET ended = :ended",
		ConditionExpression:       "attribute_exists(pk) AND attribute_not_exists(ended)",
		ExpressionAttributeValues: attributes{":ended": flag(true)},
	}}
}

// keysAndAttributes are rows that BatchGetItem is asked for.
type keysAndAttributes struct {
	Keys           []attributes
	ConsistentRead bool
}

// getAll is the rows of keys that are there, in any order.
func (s *Store) getAll(ctx context.Context, keys []attributes) (rows []attributes, err error) {
	for some := range slices.Chunk(keys, mostRows) {
		err = s.within(ctx, func(ctx context.Context) error {
			ask := keysAndAttributes{Keys: some, ConsistentRead: true}
			for attempt := 1; ; attempt++ {
				var out struct {
					Responses       map[string][]attributes
					UnprocessedKeys map[string]keysAndAttributes
				}
				in := map[string]any{"RequestItems": map[string]any{s.opts.Table: ask}}
				if err := s.client.Call(ctx, "BatchGetItem", in, &out); err != nil {
					return err
				}
				rows = append(rows, out.Responses[s.opts.Table]...)
				if ask = out.UnprocessedKeys[s.opts.Table]; len(ask.Keys) == 0 {
					return nil
				}
				if err := sleep(ctx, attempt); err != nil { // what was throttled is asked for again
					return err
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}
