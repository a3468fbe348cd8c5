package dynamocat

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/catalog"
)

// What one thing was downloaded on one day is in a few rows, each of them for some of the
// writers, so that no row is written by all:
//
//	pk                   sk                        row
//	count#0 … count#7    2026-11-21#HASH#0 … #7    thing, and of hour 13: n13 b13 c13 y13; w-WRITER
//	await#ID             await                     a download of which another server tells the end
//
// n is Downloads, b Bots, c Completed, y Bytes. w-WRITER is the number of the writer's
// last batch that is in the row: a batch is added to each of its rows by a condition on
// that, and so once however often it is sent, without a transaction.
const (
	thingAttr  = "thing"
	writerAttr = "w-"
	awaitRow   = "await"
	logWriter  = "log" // whose row has what Complete noted
)

var _ catalog.Counter = (*Store)(nil)

func countPartition(n int) string { return "count#" + strconv.Itoa(n) }

// countKey is the row of a thing on the day of an hour, for some writers.
func countKey(thing string, hour int64, writers string) attributes {
	hash := sha256.Sum256([]byte(thing))
	return key(countPartition(spread(thing)), fmt.Sprintf("%s#%x#%s", catalog.DayName(dayOf(hour)), hash[:12], writers))
}

// dayOf is the day of an hour, both since 1970.
func dayOf(hour int64) int64 {
	if hour < 0 {
		return (hour+1)/24 - 1
	}
	return hour / 24
}

// addition adds to one row.
type addition struct {
	key   attributes
	thing string
	adds  map[string]int64 // by attribute
}

// additions are what counts come to, row by row.
func additions(counts []catalog.Count, writers string) (all []*addition) {
	rows := map[string]*addition{}
	for _, c := range counts {
		k := countKey(c.Item, c.Hour, writers)
		sk := textOf(k[sortKey])
		a := rows[sk]
		if a == nil {
			a = &addition{key: k, thing: c.Item, adds: map[string]int64{}}
			rows[sk], all = a, append(all, a)
		}
		hour := catalog.HourName(c.Hour - 24*dayOf(c.Hour))
		for name, n := range map[string]int64{"n": c.Downloads, "b": c.Bots, "c": c.Completed, "y": c.Bytes} {
			if n != 0 {
				a.adds[name+hour] += n
			}
		}
	}
	return all
}

// update is the expression that adds, with the names and values that it uses.
func (a *addition) update() (expression string, names map[string]string, values attributes) {
	names, values = map[string]string{"#thing": thingAttr}, attributes{":thing": text(a.thing)}
	var adds []string
	for name, n := range a.adds {
		names["#"+name], values[":"+name] = name, number(n)
		adds = append(adds, "#"+name+" :"+name)
	}
	expression = "SET #thing = :thing"
	if adds != nil {
		expression += " ADD " + strings.Join(adds, ", ")
	}
	return expression, names, values
}

// Count adds a batch, row by row.
func (s *Store) Count(ctx context.Context, b catalog.Batch) error {
	rows := additions(b.Counts, strconv.Itoa(spread(b.Writer)))
	err := each(ctx, len(rows), atOnce, func(ctx context.Context, i int) error { return s.add(ctx, rows[i], b) })
	if err != nil {
		return err
	}
	err = each(ctx, len(b.Awaited), atOnce, func(ctx context.Context, i int) error { return s.await(ctx, &b.Awaited[i]) })
	if err != nil {
		return err
	}
	return s.ready(ctx)
}

// add adds what a batch has for one row, unless that has it.
func (s *Store) add(ctx context.Context, a *addition, b catalog.Batch) error {
	expression, names, values := a.update()
	names["#w"], values[":w"] = writerAttr+b.Writer, number(b.Number)
	return unless(s.write(ctx, "UpdateItem", &operation{
		Key: a.key, UpdateExpression: strings.Replace(expression, "SET ", "SET #w = :w, ", 1),
		ConditionExpression:      "attribute_not_exists(#w) OR #w < :w",
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}))
}

// unless is err, or nil if a condition failed.
func unless(err error) error {
	if _, ok := failedCondition(err); ok {
		return nil
	}
	return err
}

// await notes a download that is awaited, unless it was. Its row stays until DynamoDB
// deletes it, so that a batch that is sent again does not bring it back.
func (s *Store) await(ctx context.Context, a *catalog.Awaited) error {
	row := key("await#"+a.ID, awaitRow)
	row[thingAttr], row["hour"], row["size"] = text(a.Item), number(a.Hour), number(a.Size)
	row["bot"], row[Expires] = flag(a.Bot), number(a.Until.Unix())
	return unless(s.write(ctx, "PutItem", &operation{Item: row, ConditionExpression: "attribute_not_exists(pk)"}))
}
