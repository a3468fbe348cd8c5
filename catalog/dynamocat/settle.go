package dynamocat

import (
	"context"
	"errors"
	"slices"
	"time"
)

// clear settles what stands in the way of an operation on rows that other puts have
// staged. It returns the puts that are dead, or errBusy beside them if one is not; or
// the refusal if that has another reason, as it must have if the puts are known to be
// dead.
func (s *Store) clear(ctx context.Context, r *refusal, known []string) (dead []string, err error) {
	slugs := map[string][]string{}
	for i, row := range r.rows {
		if !r.failed[i] {
			continue
		}
		id := textOf(row[stagerAttr])
		if id == "" || slices.Contains(known, id) {
			return nil, r
		}
		slugs[id] = append(slugs[id], textOf(row[sortKey]))
	}
	var busy error
	for id, rows := range slugs {
		phase, err := s.phaseToday(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case phase == aborted:
			dead = append(dead, id)
		case phase == pending:
			busy = errBusy
		default:
			if err := s.settle(ctx, id, rows, phase); err != nil {
				return nil, err
			}
		}
	}
	return dead, busy
}

// phaseToday is the phase of a put, which is aborted if it has stood still for long.
func (s *Store) phaseToday(ctx context.Context, id string) (string, error) {
	row, err := s.get(ctx, key(putsKey, id))
	if err != nil {
		return "", err
	}
	if phaseOf(row) == pending && time.Now().UnixMilli() > numberOf(row[leaseAttr]) {
		return s.abort(ctx, id)
	}
	return phaseOf(row), nil
}

// settle has what a put staged take its place in rows, or takes it away.
func (s *Store) settle(ctx context.Context, id string, slugs []string, phase string) error {
	chunks := slices.Collect(slices.Chunk(slugs, mostRows))
	return each(ctx, len(chunks), atOnce, func(ctx context.Context, i int) error {
		return s.settleSome(ctx, id, chunks[i], phase)
	})
}

// settleSome settles rows by one transaction, or by a few if some were settled already
// or, of an aborted put, have nothing else.
func (s *Store) settleSome(ctx context.Context, id string, slugs []string, phase string) error {
	empty := map[string]bool{}
	for {
		var ops []transactItem
		for _, slug := range slugs {
			ops = append(ops, s.settling(id, slug, phase, empty[slug]))
		}
		err := s.transact(ctx, ops)
		r, ok := errors.AsType[*refusal](err)
		if !ok {
			return err
		}
		var left []string
		for i, slug := range slugs {
			if r.failed[i] && textOf(r.rows[i][stagerAttr]) != id {
				continue
			}
			if r.failed[i] {
				empty[slug] = !empty[slug]
			}
			left = append(left, slug)
		}
		if slugs = left; len(slugs) == 0 {
			return nil
		}
	}
}

// settling is the operation that settles a row. Only an aborted put has empty ones: they
// go.
func (s *Store) settling(id, slug, phase string, empty bool) transactItem {
	values := attributes{":id": text(id)}
	if empty {
		return transactItem{Delete: &operation{
			TableName: s.opts.Table, Key: itemKey(slug), ExpressionAttributeValues: values,
			ConditionExpression:                 "stager = :id AND attribute_not_exists(doc)",
			ReturnValuesOnConditionCheckFailure: allOld,
		}}
	}
	expression, condition := "SET doc = staged REMOVE staged, stager", "stager = :id"
	if phase != committed {
		expression, condition = "REMOVE staged, stager", "stager = :id AND attribute_exists(doc)"
	}
	return transactItem{Update: &operation{
		TableName: s.opts.Table, Key: itemKey(slug), ExpressionAttributeValues: values,
		UpdateExpression: expression, ConditionExpression: condition,
		ReturnValuesOnConditionCheckFailure: allOld,
	}}
}
