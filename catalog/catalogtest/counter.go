package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// RunCounter plays the suite of drivers that count downloads. Each call of open
// returns a driver, which is a catalog.Counter, over a catalogue of its own without
// items and counts; RunCounter closes it.
func RunCounter(t *testing.T, open func(t *testing.T) catalog.Driver) {
	for name, test := range map[string]func(*testing.T, counting){
		"sums equal a model":                 sumsEqualModel,
		"nothing was counted":                nothingCounted,
		"sums of more items than fit":        sumsOfManyItems,
		"the most downloaded come first":     mostDownloadedFirst,
		"categories are those of now":        categoriesOfNow,
		"a batch sent again":                 batchAgain,
		"a batch sent by many at once":       batchByMany,
		"many writers at once":               manyWriters,
		"totals equal the sums":              totalsEqualSums,
		"the largest batch":                  largestBatch,
		"awaited downloads end once":         awaitedEndOnce,
		"one end is told by many at once":    endByMany,
		"nobody awaits it":                   nobodyAwaits,
		"counting when the context ended":    countContextEnded,
		"counting when the driver is closed": countClosed,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			t.Cleanup(func() { d.Close() })
			c, ok := d.(catalog.Counter)
			if !ok {
				t.Fatalf("%T is no catalog.Counter", d)
			}
			test(t, counting{d, c})
		})
	}
}

// counting is a driver that counts.
type counting struct {
	catalog.Driver
	catalog.Counter
}

// firstHour is that of the suite's counts: 2026-11-21T22:00:00Z.
var firstHour = catalog.HourOf(time.Date(2026, 11, 21, 22, 30, 0, 0, time.UTC))

func hour(n int64) time.Time { return time.Unix((firstHour+n)*3600, 0) }

func downloads(item string, n, people int64) catalog.Count {
	return catalog.Count{Item: item, Hour: firstHour + n, Tally: catalog.Tally{Downloads: people, Bots: 1, Bytes: 10 * people}}
}

func batch(writer string, number int64, counts ...catalog.Count) catalog.Batch {
	return catalog.Batch{Writer: writer, Number: number, Time: time.Now(), Counts: counts}
}

func (c counting) count(t *testing.T, b catalog.Batch) {
	t.Helper()
	if err := c.Count(context.Background(), b); err != nil {
		t.Errorf("count batch %d of %s: %v", b.Number, b.Writer, err)
	}
}

func (c counting) want(t *testing.T, q catalog.CountQuery, want ...catalog.Sum) {
	t.Helper()
	got, err := c.Counts(context.Background(), q)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v:\ngot  %+v, %v\nwant %+v", q, got, err, want)
	}
}

// wantAll checks the sum of everything.
func (c counting) wantAll(t *testing.T, want catalog.Tally) {
	t.Helper()
	c.want(t, catalog.CountQuery{}, catalog.Sum{Tally: want})
}

func tally(people, bots, completed, bytes int64) catalog.Tally {
	return catalog.Tally{Downloads: people, Bots: bots, Completed: completed, Bytes: bytes}
}

// The names that things are counted under.
var countedItems = []string{"a", "B", "manual-1.0_x", "a/thumbnail", "/files/ü b.txt", "/{path...}", "/" + strings.Repeat("x", 1023)}

func sumsEqualModel(t *testing.T, c counting) {
	r := rand.New(rand.NewPCG(1, 2))
	var model []catalog.Count
	for number := range int64(40) {
		b := batch("w", number+1)
		for i := range int64(3) {
			n := r.Int64N(60)
			b.Counts = append(b.Counts, catalog.Count{
				Item: countedItems[r.IntN(len(countedItems))], Hour: firstHour + 3*n + i, // each once
				Tally: tally(r.Int64N(1000), r.Int64N(9), r.Int64N(5), r.Int64N(1<<40)),
			})
		}
		model = append(model, b.Counts...)
		c.count(t, b)
	}
	bounds := []time.Time{{}, hour(-1), hour(0).Add(59 * time.Minute), hour(1), hour(30), hour(90), hour(1000)}
	for _, by := range []catalog.By{catalog.InAll, catalog.ByItem, catalog.ByCategory, catalog.ByDay, catalog.ByHourOfDay} {
		for _, items := range [][]string{nil, {}, {"a"}, {"a", "/files/ü b.txt", "nobody"}, {"A", "b"}} {
			for _, from := range bounds {
				q := catalog.CountQuery{By: by, Items: items, From: from, To: bounds[r.IntN(len(bounds))]}
				got, err := c.Counts(context.Background(), q)
				if want := modelOf(model, q); err != nil || !slices.Equal(sorted(got), sorted(want)) {
					t.Errorf("%+v:\ngot  %+v, %v\nwant %+v", q, got, err, want)
				}
				if !inOrder(by, got) {
					t.Errorf("%+v: not in order: %+v", q, got)
				}
			}
		}
	}
}

// modelOf is the sums of a query, in any order, by adding what fits it.
func modelOf(counts []catalog.Count, q catalog.CountQuery) []catalog.Sum {
	groups := map[string]catalog.Tally{}
	if q.By == catalog.InAll {
		groups[""] = catalog.Tally{}
	}
	for _, c := range counts {
		at := time.Unix(c.Hour*3600, 0).UTC()
		if q.Items != nil && !slices.Contains(q.Items, c.Item) ||
			!q.From.IsZero() && at.Before(q.From.Truncate(time.Hour)) || !q.To.IsZero() && !at.Before(q.To.Truncate(time.Hour)) {
			continue
		}
		group := map[catalog.By]string{catalog.ByItem: c.Item, catalog.ByDay: at.Format("2006-01-02"), catalog.ByHourOfDay: at.Format("15")}[q.By]
		groups[group] = groups[group].Plus(c.Tally)
	}
	var all []catalog.Sum
	for group, sum := range groups {
		all = append(all, catalog.Sum{Group: group, Tally: sum})
	}
	return all
}

func sorted(all []catalog.Sum) []catalog.Sum {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b catalog.Sum) int { return strings.Compare(a.Group, b.Group) })
	return all
}

func inOrder(by catalog.By, all []catalog.Sum) bool {
	return slices.IsSortedFunc(all, func(a, b catalog.Sum) int {
		if by == catalog.ByItem || by == catalog.ByCategory {
			return int(b.Downloads - a.Downloads)
		}
		return strings.Compare(a.Group, b.Group)
	})
}

func nothingCounted(t *testing.T, c counting) {
	c.wantAll(t, catalog.Tally{})
	c.want(t, catalog.CountQuery{Items: []string{"a"}}, catalog.Sum{})
	for _, by := range []catalog.By{catalog.ByItem, catalog.ByCategory, catalog.ByDay, catalog.ByHourOfDay} {
		c.want(t, catalog.CountQuery{By: by})
	}
}

func sumsOfManyItems(t *testing.T, c counting) {
	var items []string
	for n := range int64(250) {
		items = append(items, fmt.Sprintf("item-%03d", n))
		c.count(t, batch("w", n+1, downloads(items[n], n%50, 1000-n)))
	}
	c.want(t, catalog.CountQuery{By: catalog.ByItem, Items: append(items, items...), Limit: 2},
		catalog.Sum{Group: "item-000", Tally: tally(1000, 1, 0, 10000)}, catalog.Sum{Group: "item-001", Tally: tally(999, 1, 0, 9990)})
	c.want(t, catalog.CountQuery{Items: items[:200]}, catalog.Sum{Tally: tally(180100, 200, 0, 1801000)})
	c.want(t, catalog.CountQuery{By: catalog.ByDay, Items: items[:200], Limit: 1},
		catalog.Sum{Group: "2026-11-21", Tally: tally(7396, 8, 0, 73960)}) // of the hours 22 and 23: items 0, 1, 50, 51…
}

func mostDownloadedFirst(t *testing.T, c counting) {
	c.count(t, batch("w", 1, downloads("few", 0, 2), downloads("many", 0, 5), downloads("many", 1, 4), downloads("some", 1, 7)))
	c.want(t, catalog.CountQuery{By: catalog.ByItem, Limit: 2},
		catalog.Sum{Group: "many", Tally: tally(9, 2, 0, 90)}, catalog.Sum{Group: "some", Tally: tally(7, 1, 0, 70)})
}

func categoriesOfNow(t *testing.T, c counting) {
	in := func(slug, category string) catalog.Item {
		it := item(slug)
		it.Category = category
		return it
	}
	put(t, c.Driver, in("a", "Old"), in("b", "A/B"), in("c", ""))
	c.count(t, batch("w", 1, downloads("a", 0, 5), downloads("b", 0, 4), downloads("b", 30, 4), downloads("c", 0, 1), downloads("gone", 0, 1), downloads("/x", 0, 1)))
	put(t, c.Driver, in("a", "A/B"))
	c.want(t, catalog.CountQuery{By: catalog.ByCategory},
		catalog.Sum{Group: "A/B", Tally: tally(13, 3, 0, 130)}, catalog.Sum{Group: "", Tally: tally(3, 3, 0, 30)})
}

func batchAgain(t *testing.T, c counting) {
	first, second := batch("w", 1, downloads("a", 0, 1)), batch("w", 2, downloads("a", 0, 10))
	for _, b := range []catalog.Batch{first, first, second, first, second, batch("other", 1, downloads("a", 0, 100)), first} {
		c.count(t, b)
	}
	c.wantAll(t, tally(111, 3, 0, 1110))
}

func batchByMany(t *testing.T, c counting) {
	b := batch("w", 1, downloads("a", 0, 1), downloads("b", 0, 2))
	together(8, func(int) { _ = c.Count(context.Background(), b) })
	c.count(t, b)
	c.wantAll(t, tally(3, 2, 0, 30))
}

// manyWriters count the same items, some of them at one hour more and the other way round.
func manyWriters(t *testing.T, c counting) {
	together(8, func(n int) {
		for number := range int64(10) {
			counts := []catalog.Count{downloads("a", 0, 1), downloads("b", 0, 2), downloads("c", number, 3)}
			if n%2 == 0 {
				slices.Reverse(counts)
				counts[2].Downloads, counts[2].Bots, counts[2].Bytes = 0, 0, 0
				counts = append(counts, downloads("a", -1, 1))
			}
			c.count(t, batch(fmt.Sprint("writer-", n), number+1, counts...))
		}
	})
	c.wantAll(t, tally(480, 240, 0, 4800))
}

// totalsEqualSums: whatever becomes of items while they are downloaded, lists say how
// often each was.
func totalsEqualSums(t *testing.T, c counting) {
	slugs := []string{"a", "b", "c", "d"}
	put(t, c.Driver, in("b", "A/B"), in("a", "A"))
	together(6, func(n int) {
		r := rand.New(rand.NewPCG(uint64(n), 7))
		for number := range int64(15) {
			if n < 3 {
				c.count(t, batch(fmt.Sprint("writer-", n), number+1, downloads(slugs[r.IntN(4)], number, 1+r.Int64N(9)), downloads(slugs[r.IntN(4)]+"/image", 0, 1),
					downloads(slugs[r.IntN(4)], -1, 1)))
				continue
			}
			c.disturb(t, r, slugs)
		}
	})
	put(t, c.Driver, in("d", "A"), in("c", "B"), in("b", ""), in("a", "A/B"))
	sums, err := c.Counts(context.Background(), catalog.CountQuery{By: catalog.ByItem, Items: slugs})
	if err != nil || len(sums) == 0 {
		t.Fatal(sums, err)
	}
	want := map[string]int64{}
	for _, s := range sums {
		want[s.Group] = s.Downloads
	}
	last := int64(1 << 40)
	for _, it := range page(t, c.Driver, catalog.Query{Order: catalog.ByDownloads}).Items {
		if it.Downloads != want[it.Slug] || it.Downloads > last {
			t.Errorf("%s was downloaded %d times, the list says %d, after one of %d", it.Slug, want[it.Slug], it.Downloads, last)
		}
		last = it.Downloads
	}
}

// disturb puts, moves or deletes items.
func (c counting) disturb(t *testing.T, r *rand.Rand, slugs []string) {
	ctx, slug := context.Background(), slugs[r.IntN(len(slugs))]
	var err error
	switch r.IntN(3) {
	case 0:
		err = c.Put(ctx, []catalog.Item{in(slug, "A/B"), in(slugs[r.IntN(len(slugs))], "B")})
	case 1:
		err = c.Driver.(catalog.Categorizer).MoveCategory(ctx, "A", "C")
	default:
		err = c.Driver.(catalog.Deleter).Delete(ctx, slug)
	}
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		t.Error(err)
	}
}

func largestBatch(t *testing.T, c counting) {
	b := batch("w", 1)
	for n := range int64(catalog.MaxBatch / 2) {
		b.Counts = append(b.Counts, downloads(fmt.Sprint("/", strings.Repeat("ü", 500), n), n, 1))
		b.Awaited = append(b.Awaited, awaited(fmt.Sprint("request-", n), "a", 7))
	}
	c.count(t, b)
	c.count(t, b)
	c.wantAll(t, tally(catalog.MaxBatch/2, catalog.MaxBatch/2, 0, 10*catalog.MaxBatch/2))
	var all []catalog.Ended
	for n := range catalog.MaxBatch {
		all = append(all, catalog.Ended{ID: fmt.Sprint("request-", n), Bytes: 7})
	}
	c.end(t, catalog.MaxBatch/2, all...)
}

func awaited(id, item string, size int64) catalog.Awaited {
	return catalog.Awaited{ID: id, Item: item, Hour: firstHour, Size: size, Until: time.Now().Add(time.Hour)}
}

// end tells how downloads ended, and how many of them should be noted.
func (c counting) end(t *testing.T, want int, all ...catalog.Ended) {
	t.Helper()
	if got, err := c.Complete(context.Background(), all); err != nil || got != want {
		t.Errorf("complete: got %d, %v; want %d", got, err, want)
	}
}

func awaitedEndOnce(t *testing.T, c counting) {
	b := batch("w", 1, downloads("a", 0, 2), downloads("b", 0, 1))
	bot := awaited("id-of-a-bot", "b", 100)
	bot.Bot = true
	b.Awaited = []catalog.Awaited{awaited("id-whole", "a", 100), awaited("id-part", "a", 100), awaited("id-empty", "b", 0), bot}
	c.count(t, b)
	for range 2 {
		c.count(t, b) // which does not make anything awaited that was
		want := 0
		if sum, err := c.Counts(context.Background(), catalog.CountQuery{}); err == nil && sum[0].Completed == 0 {
			want = 4
		}
		c.end(t, want, catalog.Ended{ID: "id-whole", Bytes: 100}, catalog.Ended{ID: "id-part", Bytes: 99}, catalog.Ended{ID: "id-empty"},
			catalog.Ended{ID: "id-of-a-bot", Bytes: 1000}, catalog.Ended{ID: "id-unknown", Bytes: 5})
	}
	c.want(t, catalog.CountQuery{By: catalog.ByItem},
		catalog.Sum{Group: "a", Tally: tally(2, 1, 1, 20+199)}, catalog.Sum{Group: "b", Tally: tally(1, 1, 1, 10+1000)})
}

func endByMany(t *testing.T, c counting) {
	b := batch("w", 1)
	b.Awaited = []catalog.Awaited{awaited("id-of-one", "a", 1)}
	c.count(t, b)
	together(8, func(int) { _, _ = c.Complete(context.Background(), []catalog.Ended{{ID: "id-of-one", Bytes: 3}}) })
	_, _ = c.Complete(context.Background(), []catalog.Ended{{ID: "id-of-one", Bytes: 3}})
	c.wantAll(t, tally(0, 0, 1, 3))
}

func nobodyAwaits(t *testing.T, c counting) {
	c.end(t, 0)
	c.end(t, 0, catalog.Ended{ID: "id-unknown", Bytes: 5})
	c.wantAll(t, catalog.Tally{})
}

func countContextEnded(t *testing.T, c counting) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, sumErr := c.Counts(ended, catalog.CountQuery{})
	_, endErr := c.Complete(ended, []catalog.Ended{{ID: "id-unknown"}})
	for name, err := range map[string]error{"count": c.Count(ended, batch("w", 1, downloads("a", 0, 1))), "counts": sumErr, "complete": endErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want the context's error", name, err)
		}
	}
	c.wantAll(t, catalog.Tally{})
}

func countClosed(t *testing.T, c counting) {
	c.count(t, batch("w", 1, downloads("a", 0, 1)))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_, sumErr := c.Counts(context.Background(), catalog.CountQuery{})
	_, endErr := c.Complete(context.Background(), []catalog.Ended{{ID: "id-unknown"}})
	for name, err := range map[string]error{
		"count": c.Count(context.Background(), batch("w", 2, downloads("a", 0, 1))), "counts": sumErr, "complete": endErr,
	} {
		if !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}

// together calls f n times at once.
func together(n int, f func(n int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
