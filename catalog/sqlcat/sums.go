package sqlcat

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/catalog"
)

// grouping is how a sum is made: what it groups by, an SQL expression, and the order.
type grouping struct{ by, from, order string }

const mostFirst = " ORDER BY downloads DESC, g"

var groupings = map[catalog.By]grouping{
	catalog.InAll:  {by: "''", from: "counts"},
	catalog.ByItem: {by: "counts.slug", from: "counts", order: mostFirst},
	catalog.ByCategory: {
		by: "COALESCE(items.category, '')", from: "counts LEFT JOIN items ON items.slug = counts.slug", order: mostFirst,
	},
	catalog.ByDay:       {by: "counts.hour / 24", from: "counts", order: " ORDER BY g"},
	catalog.ByHourOfDay: {by: "counts.hour % 24", from: "counts", order: " ORDER BY g"},
}

// tally is the columns of a Tally. What PostgreSQL sums is no BIGINT any more.
const tally = "CAST(COALESCE(SUM(counts.n), 0) AS BIGINT) AS downloads, CAST(COALESCE(SUM(counts.bots), 0) AS BIGINT) AS bots," +
	" CAST(COALESCE(SUM(counts.completed), 0) AS BIGINT), CAST(COALESCE(SUM(counts.bytes), 0) AS BIGINT)"

// maxParams is how many items one statement names: D1 takes 100 arguments.
const maxParams = 90

// Counts sums what was counted. Items are asked for in as many statements as they need,
// and put together.
func (t *tables) Counts(ctx context.Context, q catalog.CountQuery) ([]catalog.Sum, error) {
	if q.Items == nil {
		return t.sumsOf(ctx, &q, nil)
	}
	whole := q
	whole.Limit = 0
	var all []catalog.Sum
	if q.By == catalog.InAll {
		all = make([]catalog.Sum, 1)
	}
	for items := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(q.Items))), maxParams) {
		some, err := t.sumsOf(ctx, &whole, items)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return limited(together(all, q.By), q.Limit), nil
}

func (t *tables) sumsOf(ctx context.Context, q *catalog.CountQuery, items []string) (all []catalog.Sum, err error) {
	text, args := sumQuery(q, items)
	err = t.Rows(ctx, text, args, func(scan func(...any) error) error {
		var s catalog.Sum
		err := scan(&s.Group, &s.Downloads, &s.Bots, &s.Completed, &s.Bytes)
		s.Group = groupName(q.By, s.Group)
		all = append(all, s)
		return err
	})
	return all, err
}

func sumQuery(q *catalog.CountQuery, items []string) (string, []any) {
	g := groupings[q.By]
	from, before := q.Hours()
	args := []any{from, before}
	var b strings.Builder
	b.WriteString("SELECT " + g.by + " AS g, " + tally + " FROM " + g.from + " WHERE counts.hour >= ? AND counts.hour < ?")
	if q.Items != nil {
		b.WriteString(" AND counts.slug IN (" + strings.TrimSuffix(strings.Repeat("?, ", len(items)), ", ") + ")")
		for _, item := range items {
			args = append(args, item)
		}
	}
	if q.By != catalog.InAll {
		b.WriteString(" GROUP BY g" + g.order)
	}
	if q.Limit > 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.Limit))
	}
	return b.String(), args
}

// groupName is the Group for what the database calls it: a number, for days and hours.
func groupName(by catalog.By, text string) string {
	if by != catalog.ByDay && by != catalog.ByHourOfDay {
		return text
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return text
	case by == catalog.ByDay:
		return catalog.DayName(n)
	}
	return catalog.HourName(n)
}

// together adds the sums of equal groups, in the order of the query.
func together(all []catalog.Sum, by catalog.By) []catalog.Sum {
	slices.SortFunc(all, func(a, b catalog.Sum) int { return cmp.Compare(a.Group, b.Group) })
	merged := all[:0]
	for _, s := range all {
		if n := len(merged); n > 0 && merged[n-1].Group == s.Group {
			merged[n-1].Tally = merged[n-1].Plus(s.Tally)
			continue
		}
		merged = append(merged, s)
	}
	if by == catalog.ByItem || by == catalog.ByCategory {
		slices.SortStableFunc(merged, func(a, b catalog.Sum) int {
			return cmp.Compare(b.Downloads, a.Downloads)
		})
	}
	return merged
}

func limited(all []catalog.Sum, n int) []catalog.Sum {
	if n > 0 && n < len(all) {
		return all[:n]
	}
	return all
}
