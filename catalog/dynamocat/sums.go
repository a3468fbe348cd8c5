package dynamocat

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Counts sums the rows of the days that are asked for. What has no bounds reads all days
// that there are.
func (s *Store) Counts(ctx context.Context, q catalog.CountQuery) ([]catalog.Sum, error) {
	group, err := s.grouping(ctx, q.By)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	parts := map[int]bool{}
	for _, item := range q.Items {
		wanted[item], parts[spread(item)] = true, true
	}
	for n := 0; q.Items == nil && n < partitions; n++ {
		parts[n] = true
	}
	sums := map[string]catalog.Tally{}
	if q.By == catalog.InAll {
		sums[""] = catalog.Tally{}
	}
	err = s.counted(ctx, &q, slices.Sorted(maps.Keys(parts)), func(thing string, hour int64, t catalog.Tally) {
		if q.Items == nil || wanted[thing] {
			g := group(thing, hour)
			sums[g] = sums[g].Plus(t)
		}
	})
	if err != nil {
		return nil, err
	}
	return ordered(sums, &q), s.ready(ctx)
}

// grouping is the Group of what was counted.
func (s *Store) grouping(ctx context.Context, by catalog.By) (func(thing string, hour int64) string, error) {
	switch by {
	case catalog.ByItem:
		return func(thing string, _ int64) string { return thing }, nil
	case catalog.ByDay:
		return func(_ string, hour int64) string { return catalog.DayName(dayOf(hour)) }, nil
	case catalog.ByHourOfDay:
		return func(_ string, hour int64) string { return catalog.HourName(hour - 24*dayOf(hour)) }, nil
	case catalog.ByCategory:
		categories := map[string]string{}
		err := s.List(ctx, "", func(it catalog.Item) bool { categories[it.Slug] = it.Category; return true })
		return func(thing string, _ int64) string { return categories[thing] }, err
	}
	return func(string, int64) string { return "" }, nil
}

// counted calls add for each hour that was counted, in no order.
func (s *Store) counted(ctx context.Context, q *catalog.CountQuery, parts []int, add func(thing string, hour int64, t catalog.Tally)) error {
	from, before := q.Hours()
	if from >= before {
		return nil
	}
	rows := make([][]attributes, len(parts))
	err := each(ctx, len(parts), partitions, func(ctx context.Context, i int) (err error) {
		rows[i], err = s.days(ctx, countPartition(parts[i]), from, before)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range slices.Concat(rows...) {
		day, err := time.Parse(time.DateOnly, textOf(row[sortKey])[:len(time.DateOnly)])
		if err != nil {
			return err
		}
		first := catalog.HourOf(day)
		for name, n := range row {
			if hour, t := tally(name, numberOf(n)); hour >= 0 && first+hour >= from && first+hour < before {
				add(textOf(row[thingAttr]), first+hour, t)
			}
		}
	}
	return nil
}

// tally is what an attribute of a row counts and in which hour of the day; the hour is
// negative if it counts nothing.
func tally(name string, n int64) (hour int64, t catalog.Tally) {
	hour, err := strconv.ParseInt(name[1:], 10, 64)
	if err != nil || len(name) != 3 {
		return -1, t
	}
	switch name[0] {
	case 'n':
		t.Downloads = n
	case 'b':
		t.Bots = n
	case 'c':
		t.Completed = n
	case 'y':
		t.Bytes = n
	default:
		return -1, t
	}
	return hour, t
}

// days is the rows of a partition with hours from and up to before.
func (s *Store) days(ctx context.Context, pk string, from, before int64) (rows []attributes, err error) {
	const last = 2_932_896 // 9999-12-31
	in := &query{
		KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
		ExpressionAttributeValues: attributes{
			":pk":   text(pk),
			":from": text(catalog.DayName(min(max(dayOf(from), 0), last))),
			":to":   text(catalog.DayName(min(max(dayOf(before-1), 0), last)) + "~"),
		},
	}
	for {
		out, err := s.query(ctx, in)
		if err != nil {
			return nil, err
		}
		rows = append(rows, out.Items...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return rows, nil
		}
	}
}

// ordered is the sums in the order of the query.
func ordered(sums map[string]catalog.Tally, q *catalog.CountQuery) []catalog.Sum {
	var all []catalog.Sum
	for _, group := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, catalog.Sum{Group: group, Tally: sums[group]})
	}
	if q.By == catalog.ByItem || q.By == catalog.ByCategory {
		slices.SortStableFunc(all, func(a, b catalog.Sum) int { return cmp.Compare(b.Downloads, a.Downloads) })
	}
	if q.Limit > 0 && q.Limit < len(all) {
		all = all[:q.Limit]
	}
	return all
}
