//go:build unix

package dynamocat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

func refuse(status int, code string, members ...string) server.Fault {
	return func(_ int, x *server.Broken) bool { return x.RefuseTable(status, code, members...) }
}

// behind is a store over a new table, and the proxy between them.
func behind(t *testing.T, d *server.DynamoDB) (*dynamocat.Store, *server.Faulty) {
	t.Helper()
	proxy := server.Before(t, d.Addr)
	o := options(t, d)
	o.Endpoint = "http://" + proxy.Addr
	return open(t, o), proxy
}

func item(slug string) catalog.Item { return catalog.Item{Slug: slug, Store: "files", Key: slug} }

func items(n int, title string) (all []catalog.Item) {
	for i := range n {
		it := item(fmt.Sprintf("i%03d", i))
		it.Title = title
		all = append(all, it)
	}
	return all
}

func put(t *testing.T, s *dynamocat.Store, all ...catalog.Item) {
	t.Helper()
	if err := s.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

func TestFaults(t *testing.T) {
	d := server.StartDynamoDB(t)
	for name, test := range map[string]func(*testing.T, *server.DynamoDB){
		"tries": tries, "no answer": noAnswer, "nobody is there": nobody, "skewed clock": skewedClock,
		"lost answers": lostAnswers, "conflicts pass": conflictsPass, "always conflicts": alwaysConflicts,
		"put that stands still": standsStill, "put that lives": lives, "committed and not settled": notSettled,
		"edited while moved": editedWhileMoved, "edited all the time while moved": editedAllTheTime,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, d) })
	}
}

// tries: what may pass is tried again, with pauses; what does not pass is not.
func tries(t *testing.T, d *server.DynamoDB) {
	const again = 8
	for _, row := range []struct {
		name  string
		fault server.Fault
		tries int
		hint  string
	}{
		{"throttled", refuse(400, "ThrottlingException"), again, "fewer requests"},
		{"throttled by plan", refuse(400, "ProvisionedThroughputExceededException"), again, "fewer requests"},
		{"account throttled", refuse(400, "RequestLimitExceeded"), again, "fewer requests"},
		{"internal error", refuse(500, "InternalServerError"), again, "InternalServerError"},
		{"unavailable without words", refuse(503, ""), again, "503"},
		{"reset", func(_ int, x *server.Broken) bool { return x.Reset() }, again, "8 tries"},
		{"closed", func(int, *server.Broken) bool { return true }, again, "8 tries"},
		{"expired credentials", refuse(400, "ExpiredTokenException"), 1, "renew them"},
		{"unknown key", refuse(400, "UnrecognizedClientException"), 1, "no such access key"},
		{"wrong secret", refuse(400, "InvalidSignatureException"), 1, "secret key"},
		{"forbidden", refuse(400, "AccessDeniedException"), 1, "may not do this"},
		{"no table", refuse(400, "ResourceNotFoundException"), 1, "--create-table"},
		{"mistake of ours", refuse(400, "ValidationException"), 1, "ValidationException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, proxy := behind(t, d)
			put(t, s, item("a"))
			proxy.Set(row.fault)
			begun := time.Now()
			_, err := s.Item(t.Context(), "a")
			if !errors.Is(err, catalog.ErrUnavailable) || errors.Is(err, catalog.ErrNotFound) || !strings.Contains(err.Error(), row.hint) {
				t.Errorf("got %v; want ErrUnavailable with %q", err, row.hint)
			}
			if got := len(proxy.Asked()); got != row.tries {
				t.Errorf("%d tries in %v, want %d", got, time.Since(begun), row.tries)
			}
			proxy.Set(func(n int, x *server.Broken) bool { return n < row.tries && row.fault(n, x) })
			if it, err := s.Item(t.Context(), "a"); err != nil || it.Key != "a" {
				t.Errorf("all but the last try fail: %+v, %v", it, err)
			}
		})
	}
}

// noAnswer: a server that says nothing is given up in time, and asked twice before.
func noAnswer(t *testing.T, d *server.DynamoDB) {
	proxy := server.Before(t, d.Addr)
	o := options(t, d)
	o.Endpoint, o.Timeout = "http://"+proxy.Addr, time.Second
	s := open(t, o)
	proxy.Set(func(_ int, x *server.Broken) bool { return x.Stay() })
	_, itemErr := s.Item(t.Context(), "a")
	for name, err := range map[string]error{
		"item": itemErr, "put": s.Put(t.Context(), []catalog.Item{item("a")}), "delete": s.Delete(t.Context(), "a"),
		"count": s.Count(t.Context(), catalog.Batch{Writer: "w", Number: 1, Counts: []catalog.Count{{Item: "a"}}}),
	} {
		if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "within 1s") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func nobody(t *testing.T, d *server.DynamoDB) {
	o := options(t, d)
	o.Endpoint = "http://" + server.FreePort(t)
	_, err := open(t, o).Item(t.Context(), "a")
	if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

// skewedClock: DynamoDB's clock is an hour ahead, and it refuses what is dated
// otherwise.
func skewedClock(t *testing.T, d *server.DynamoDB) {
	s, proxy := behind(t, d)
	put(t, s, item("a"))
	const dated = "20060102T150405Z"
	var refused atomic.Int64
	proxy.Set(func(_ int, x *server.Broken) bool {
		there := time.Now().Add(time.Hour)
		at, err := time.Parse(dated, x.Request.Header.Get("X-Amz-Date"))
		if err == nil && there.Sub(at).Abs() < 5*time.Minute {
			return x.Change(func(h http.Header) { h.Set("Date", there.UTC().Format(http.TimeFormat)) })
		}
		refused.Add(1)
		text := `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature expired"}`
		return x.Say(fmt.Sprintf("HTTP/1.1 400 X\r\nContent-Length: %d\r\nDate: %s\r\nConnection: close\r\n\r\n%s", len(text), there.UTC().Format(http.TimeFormat), text))
	})
	for range 3 {
		if _, err := s.Item(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	if refused.Load() == 0 {
		t.Error("no request was dated by this machine's clock")
	}
}

// lostAnswers: the first answer to each request is lost after DynamoDB did what it was
// asked. What is done twice is done once.
func lostAnswers(t *testing.T, d *server.DynamoDB) {
	s, proxy := behind(t, d)
	proxy.Set(server.LoseFirst())
	ctx := t.Context()
	put(t, s, item("a"))
	put(t, s, items(40, "few")...)
	u := catalog.Use{Link: "l", Max: 1, Expires: time.Now().Add(time.Hour), Client: "ann", Now: time.Now(), Until: time.Now().Add(time.Hour)}
	ok, err := s.Use(ctx, u)
	if n, usesErr := s.Uses(ctx, "l"); !ok || err != nil || n != 1 || usesErr != nil {
		t.Errorf("use: %v, %v; %d uses, %v", ok, err, n, usesErr)
	}
	b := catalog.Batch{Writer: "w", Number: 1, Time: time.Now(), Counts: []catalog.Count{
		{Item: "a", Hour: 1, Tally: catalog.Tally{Downloads: 2, Bytes: 20}}, {Item: "b", Hour: 2, Tally: catalog.Tally{Bots: 1}},
	}, Awaited: []catalog.Awaited{{ID: "request-1", Item: "a", Hour: 1, Size: 10, Until: time.Now().Add(time.Hour)}}}
	if err := s.Count(ctx, b); err != nil {
		t.Error(err)
	}
	if n, err := s.Complete(ctx, []catalog.Ended{{ID: "request-1", Bytes: 10}}); n != 1 || err != nil {
		t.Errorf("complete: %d, %v", n, err)
	}
	sums, err := s.Counts(ctx, catalog.CountQuery{})
	if want := (catalog.Tally{Downloads: 2, Bots: 1, Completed: 1, Bytes: 30}); err != nil || sums[0].Tally != want {
		t.Errorf("counts: %+v, %v; want %+v", sums, err, want)
	}
	if err := s.Delete(ctx, "a"); err != nil {
		t.Errorf("delete: %v", err)
	}
	put(t, s, items(250, "many")...)
	if got := titles(t, s); len(got) != 1 || got["many"] != 250 {
		t.Errorf("titles %v, want 250 of many", got)
	}
}

func titles(t *testing.T, s *dynamocat.Store) map[string]int {
	t.Helper()
	all := map[string]int{}
	err := s.List(t.Context(), "", func(it catalog.Item) bool { all[it.Title]++; return true })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func conflict() server.Fault {
	return refuse(400, "TransactionCanceledException", `,"CancellationReasons":[{"Code":"TransactionConflict","Message":"x"}]`)
}

func conflictsPass(t *testing.T, d *server.DynamoDB) {
	s, proxy := behind(t, d)
	proxy.Set(func(n int, x *server.Broken) bool { return n < 5 && conflict()(n, x) })
	put(t, s, item("a"))
	if got := len(proxy.Asked()); got != 5 {
		t.Errorf("%d tries, want 5", got)
	}
}

func alwaysConflicts(t *testing.T, d *server.DynamoDB) {
	proxy := server.Before(t, d.Addr)
	o := options(t, d)
	o.Endpoint, o.Timeout = "http://"+proxy.Addr, time.Second
	proxy.Set(conflict())
	err := open(t, o).Put(t.Context(), []catalog.Item{item("a")})
	if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "same rows") {
		t.Errorf("got %v", err)
	}
}

// of reports whether a request is for an operation of DynamoDB.
func of(x *server.Broken, operation string) bool {
	return strings.HasSuffix(x.Request.Header.Get("X-Amz-Target"), "."+operation)
}

// halfway has a put of many items over old ones end as if its process did: staged, and
// neither committed nor aborted.
func halfway(t *testing.T, d *server.DynamoDB) *dynamocat.Store {
	t.Helper()
	s, proxy := behind(t, d)
	put(t, s, items(150, "old")...)
	put(t, s, catalog.Item{Slug: "z", Title: "old", Store: "files", Key: "z"})
	gone := refuse(400, "AccessDeniedException")
	proxy.Set(func(n int, x *server.Broken) bool { return of(x, "UpdateItem") && gone(n, x) })
	err := s.Put(t.Context(), items(200, "new")) // 50 of them are not there yet
	if !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "not known") {
		t.Fatalf("got %v", err)
	}
	proxy.Set(nil)
	if got := titles(t, s); len(got) != 1 || got["old"] != 151 {
		t.Fatalf("titles %v, want 151 old ones", got)
	}
	return s
}

// standsStill: who puts next takes a put for dead that has stood still.
func standsStill(t *testing.T, d *server.DynamoDB) {
	s := halfway(t, d)
	standStill(t, d.Client(), s.Options().Table)
	if err := s.Delete(t.Context(), "i199"); !errors.Is(err, catalog.ErrNotFound) { // staged only
		t.Errorf("delete: %v", err)
	}
	one := item("i000")
	one.Title = "one"
	put(t, s, one)
	if got := titles(t, s); got["one"] != 1 || got["old"] != 150 || got["new"] != 0 {
		t.Errorf("titles %v", got)
	}
	put(t, s, items(200, "again")...)
	if got := titles(t, s); got["again"] != 200 || got["old"] != 1 || len(got) != 2 {
		t.Errorf("titles %v", got)
	}
}

// standStill has the puts of many items that are pending be a minute older.
func standStill(t *testing.T, client *dynamodb.Client, table string) {
	t.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	puts, err := client.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :puts"), FilterExpression: aws.String("phase = :pending"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":puts": text("puts"), ":pending": text("pending")},
	})
	if err != nil || len(puts.Items) != 1 {
		t.Fatalf("%d puts are pending, %v; want 1", len(puts.Items), err)
	}
	for _, put := range puts.Items {
		_, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: &table, Key: map[string]types.AttributeValue{"pk": text("puts"), "sk": put["sk"]},
			UpdateExpression:          aws.String("SET lease = lease - :minute"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":minute": &types.AttributeValueMemberN{Value: "60000"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lives: a put that may still be at work is waited for, and not taken for dead.
func lives(t *testing.T, d *server.DynamoDB) {
	proxied := halfway(t, d)
	o := proxied.Options()
	o.Timeout = time.Second
	s := open(t, o)
	if err := s.Put(t.Context(), []catalog.Item{item("i000")}); !errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), "larger import") {
		t.Errorf("got %v", err)
	}
	put(t, s, item("z"))
}

// notSettled: a put that ends after it was committed has happened.
func notSettled(t *testing.T, d *server.DynamoDB) {
	s, proxy := behind(t, d)
	put(t, s, items(150, "old")...)
	gone := refuse(400, "AccessDeniedException")
	var committed atomic.Bool
	proxy.Set(func(n int, x *server.Broken) bool {
		if of(x, "UpdateItem") {
			committed.Store(true)
			return false
		}
		return committed.Load() && gone(n, x)
	})
	put(t, s, items(200, "new")...)
	proxy.Set(nil)
	if got := titles(t, s); got["new"] != 200 || len(got) != 1 {
		t.Errorf("titles %v, want 200 new ones", got)
	}
	if it, err := s.Item(t.Context(), "i199"); err != nil || it.Title != "new" {
		t.Errorf("got %+v, %v", it, err)
	}
	if err := s.Delete(t.Context(), "i199"); err != nil {
		t.Errorf("delete: %v", err)
	}
	one := item("i000")
	one.Title = "one"
	put(t, s, one)
	put(t, s, items(120, "again")...)
	if got := titles(t, s); got["new"] != 79 || got["again"] != 120 || len(got) != 2 {
		t.Errorf("titles %v", got)
	}
}
