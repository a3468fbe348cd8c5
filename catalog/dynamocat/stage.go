package dynamocat

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// A put of more items than one transaction takes has a row of its own, and three steps.
// Each item is staged beside what its row has: readers pass it over. Then the put's row
// is changed from pending to committed, which is the one moment in which all items
// change: who reads a row with something staged asks for the put's row. Last, the rows
// are settled: what was staged takes its place. A put that fails is aborted in the same
// way, and what it staged is taken away. Whatever is left undone by a process that ends
// in the middle is done by who puts one of these items next; the answer to readers is
// the same before and after.
const (
	phaseAttr = "phase"
	leaseAttr = "lease" // of a pending put, in milliseconds since 1970: later it is dead

	pending   = "pending"
	committed = "committed"
	aborted   = "aborted" // as is a put without a row

	leaseLife = time.Minute
	keepPut   = 7 * 24 * time.Hour // one that is not committed, for who finds what it staged
	keepDone  = 24 * time.Hour     // one that is settled, for who has read a row before
	lingering = 5 * time.Second    // to settle what is decided though the context has ended
	atOnce    = 8                  // transactions
)

// states are the phases of puts, as far as they are known.
type states map[string]string

// current is what a row says now; nil if it has no item.
func (s *Store) current(ctx context.Context, row attributes, known states) (attributes, error) {
	id := textOf(row[stagerAttr])
	if id == "" {
		return row[docAttr].M, nil
	}
	if known[id] == "" {
		p, err := s.get(ctx, key(putsKey, id))
		if err != nil {
			return nil, err
		}
		known[id] = phaseOf(p)
	}
	if known[id] == committed {
		return row[stagedAttr].M, nil
	}
	return row[docAttr].M, nil
}

func phaseOf(put attributes) string {
	if phase := textOf(put[phaseAttr]); phase != "" {
		return phase
	}
	return aborted
}

// bulk is a put of many items.
type bulk struct {
	store *Store
	id    string

	mu    sync.Mutex
	lease time.Time
}

func (s *Store) putMany(ctx context.Context, chunks [][]edit) error {
	b := &bulk{store: s, id: rand.Text()}
	if err := b.begin(ctx); err != nil {
		return err
	}
	err := each(ctx, len(chunks), atOnce, func(ctx context.Context, i int) error { return b.stage(ctx, chunks[i]) })
	phase, decideErr := b.decide(ctx, err)
	if decideErr != nil {
		return fmt.Errorf("%w: whether the items were put is not known, but all were or none: %w", catalog.ErrUnavailable, decideErr)
	}
	var slugs []string
	for _, chunk := range chunks {
		for _, e := range chunk {
			slugs = append(slugs, e.Slug)
		}
	}
	ctx, cancel := linger(ctx)
	defer cancel()
	if s.settle(ctx, b.id, slugs, phase) == nil {
		_ = s.forgetPut(ctx, b.id) // else it stays
	}
	if phase == committed {
		return nil
	}
	return err
}

// linger is a context that ends somewhat later than ctx.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lingering, cancel) })
	return longer, func() { stop(); cancel() }
}

func (b *bulk) begin(ctx context.Context) error {
	b.lease = time.Now().Add(leaseLife)
	row := key(putsKey, b.id)
	row[phaseAttr], row[leaseAttr] = text(pending), number(b.lease.UnixMilli())
	row[Expires] = number(time.Now().Add(keepPut).Unix())
	return b.store.write(ctx, "PutItem", &operation{Item: row})
}

// stage stages some items, and shows that the put lives.
func (b *bulk) stage(ctx context.Context, edits []edit) error {
	if err := b.renew(ctx); err != nil {
		return err
	}
	return b.store.overwrite(ctx, func(dead []string) []transactItem {
		var ops []transactItem
		for _, e := range edits {
			ops = append(ops, b.store.update(e, "SET staged = :doc, stager = :self, created = if_not_exists(created, :created)", dead, b.id))
		}
		return ops
	})
}

// errOvertaken: another put took this one for dead.
var errOvertaken = fmt.Errorf("%w: another writer took this import for dead, because it had stood still or a clock is wrong: nothing was put, start it again", catalog.ErrUnavailable)

func (b *bulk) renew(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Until(b.lease) > leaseLife/2 {
		return nil
	}
	lease := time.Now().Add(leaseLife)
	phase, err := b.store.change(ctx, b.id, "SET lease = :lease", attributes{":lease": number(lease.UnixMilli())}, pending)
	if err == nil && phase != pending {
		return errOvertaken
	}
	b.lease = lease
	return err
}

// decide commits the put, or aborts it if it failed or the commit does. What became of
// it is found out whatever becomes of ctx.
func (b *bulk) decide(ctx context.Context, failed error) (phase string, err error) {
	ctx = context.WithoutCancel(ctx)
	if failed == nil {
		if phase, err = b.store.change(ctx, b.id, "SET phase = :to REMOVE expires", attributes{":to": text(committed)}, committed); err == nil {
			return phase, nil
		}
	}
	return b.store.abort(ctx, b.id)
}

// abort ends a pending put, and says what it is now.
func (s *Store) abort(ctx context.Context, id string) (phase string, err error) {
	return s.change(ctx, id, "SET phase = :to", attributes{":to": text(aborted)}, aborted)
}

// change changes the row of a pending put. It returns the put's phase then: to, or
// what it was instead of pending.
func (s *Store) change(ctx context.Context, id, expression string, values attributes, to string) (phase string, err error) {
	values[":pending"] = text(pending)
	err = s.write(ctx, "UpdateItem", &operation{
		Key: key(putsKey, id), UpdateExpression: expression, ConditionExpression: "phase = :pending",
		ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: allOld,
	})
	if was, ok := failedCondition(err); ok {
		return phaseOf(was), nil
	}
	return to, err
}

// forgetPut has DynamoDB delete the row of a put that is settled.
func (s *Store) forgetPut(ctx context.Context, id string) error {
	return s.write(ctx, "UpdateItem", &operation{
		Key: key(putsKey, id), UpdateExpression: "SET expires = :expires",
		ExpressionAttributeValues: attributes{":expires": number(time.Now().Add(keepDone).Unix())},
	})
}
