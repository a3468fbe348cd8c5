package dynamocat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// The attributes of an item's row.
const (
	docAttr     = "doc"     // the item
	createdAttr = "created" // when it was first put, in milliseconds since 1970
	stagedAttr  = "staged"  // what it is to become when the put in "stager" is committed
	stagerAttr  = "stager"
)

// edit is an item that is put.
type edit struct {
	*catalog.Item
	was attributes // the document that its row must have; nil: any, or none
}

// Put puts the items as they are, whatever their rows have.
func (s *Store) Put(ctx context.Context, items []catalog.Item) error {
	items = lastOfEach(items)
	edits := make([]edit, len(items))
	for i := range items {
		edits[i].Item = &items[i]
	}
	return s.put(ctx, edits)
}

// put puts items in one transaction if they fit into it, and else as stage.go says.
// Categories that are missing are made before; they stay if the put fails. A transaction that was sent is waited for, whatever becomes of ctx, so that the
// answer says what happened. The error is a refusal if a row has another document than it must.
func (s *Store) put(ctx context.Context, edits []edit) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	chunks, err := chunked(edits)
	if err != nil || len(edits) == 0 {
		return err
	}
	if err := s.makeCategories(ctx, categoriesOf(edits)); err != nil {
		return err
	}
	if len(chunks) > 1 {
		return s.putMany(ctx, chunks)
	}
	return s.overwrite(ctx, func(dead []string) []transactItem {
		var ops []transactItem
		for _, e := range edits {
			ops = append(ops, s.update(e, "SET doc = :doc, created = if_not_exists(created, :created) REMOVE staged, stager", dead, ""))
		}
		return ops
	})
}

// ready says whether there is any use in asking DynamoDB.
func (s *Store) ready(ctx context.Context) error {
	return s.within(ctx, func(ctx context.Context) error { return ctx.Err() })
}

// lastOfEach is the items without those that a later one with the same slug replaces.
func lastOfEach(items []catalog.Item) []catalog.Item {
	last := make(map[string]int, len(items))
	for i := range items {
		last[items[i].Slug] = i
	}
	if len(last) == len(items) {
		return items
	}
	var kept []catalog.Item
	for i := range items {
		if last[items[i].Slug] == i {
			kept = append(kept, items[i])
		}
	}
	return kept
}

// chunked cuts edits into what one transaction takes.
func chunked(edits []edit) (chunks [][]edit, err error) {
	from, size := 0, 0
	for i, e := range edits {
		d := document(e.Item)
		if err := checkSize(e.Slug, d); err != nil {
			return nil, err
		}
		n := sizeOf(value{M: d}) + sizeOf(value{M: e.was})
		if i-from == mostRows || size+n > mostBytes {
			chunks, from, size = append(chunks, edits[from:i]), i, 0
		}
		size += n
	}
	return append(chunks, edits[from:]), nil
}

// update is an operation on an item's row: an expression over :doc, :created and, if
// self is given, :self. It asks that the row has the document it must have, and that no
// other put of many that lives has staged the row; those that are dead are named.
func (s *Store) update(e edit, expression string, dead []string, self string) transactItem {
	at := now()
	put := *e.Item
	put.Updated = at
	if put.Created.IsZero() {
		put.Created = at
	}
	values := attributes{
		":doc":     {M: document(&put)},
		":created": number(put.Created.UnixMilli()),
	}
	if self != "" {
		values[":self"] = text(self)
		dead = append(slices.Clip(dead), self)
	}
	condition := unstaged(values, dead)
	if e.was != nil {
		condition, values[":was"] = "("+condition+") AND doc = :was", value{M: e.was}
	}
	return transactItem{Update: &operation{
		TableName: s.opts.Table, Key: itemKey(e.Slug),
		UpdateExpression: expression, ConditionExpression: condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: allOld,
	}}
}

// unstaged is the condition that nobody has staged a row but those in dead. It adds
// to the values.
func unstaged(values attributes, dead []string) string {
	condition := "attribute_not_exists(stager)"
	var names []string
	for i, id := range dead {
		name := ":dead" + strconv.Itoa(i)
		values[name] = text(id)
		names = append(names, name)
	}
	if names != nil {
		condition += " OR stager IN (" + strings.Join(names, ", ") + ")"
	}
	return condition
}

// errBusy: a put of many that lives has staged a row.
var errBusy = fmt.Errorf("%w: a larger import that has the same items is under way: try again when it is done", catalog.ErrUnavailable)

// overwrite does operations on rows of items, all or none, as soon as no living put of
// many stands in their way. ops makes them, with the puts that do not count any more.
// The error may be a refusal that has another reason.
func (s *Store) overwrite(ctx context.Context, ops func(dead []string) []transactItem) error {
	var dead []string
	for attempt, end := 1, time.Now().Add(s.opts.Timeout); ; attempt++ {
		err := s.transact(context.WithoutCancel(ctx), ops(dead))
		r, ok := errors.AsType[*refusal](err)
		if !ok {
			return err
		}
		more, err := s.clear(ctx, r, dead)
		if err != nil && !errors.Is(err, errBusy) {
			return err
		}
		if err != nil && time.Now().After(end) {
			return err
		}
		if dead = append(dead, more...); err == nil {
			continue
		}
		if err := sleep(ctx, attempt); err != nil {
			return err
		}
	}
}
