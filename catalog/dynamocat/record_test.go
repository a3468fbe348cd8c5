//go:build unix

package dynamocat_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// TestRecords: what one process writes another reads at once, until it expires.
func TestRecords(t *testing.T) {
	o := options(t, server.StartDynamoDB(t))
	a, b := open(t, o), open(t, o)
	put := func(kind, key, text string, expires time.Time) {
		t.Helper()
		if err := a.PutRecord(t.Context(), kind, key, text, expires); err != nil {
			t.Fatal(err)
		}
	}
	want := func(kind, key, text string, ok bool) {
		t.Helper()
		if got, found, err := b.Record(t.Context(), kind, key); got != text || found != ok || err != nil {
			t.Errorf("%s %q: %q, %v, %v; want %q, %v", kind, key, got, found, err, text, ok)
		}
	}
	const odd = "\x00\xff any bytes"
	past, soon := time.Now().Add(-2*time.Second), time.Now().Add(time.Hour)
	put("users", "anna", odd, time.Time{})
	put("users", "bert", "", soon)
	put("users", "carl", "gone", past)
	put("links", "anna", "of another kind", soon)
	want("users", "anna", odd, true)
	want("users", "bert", "", true)
	want("users", "carl", "", false)
	want("users", "none", "", false)
	want("users", "", "", false)
	put("users", "anna", "another", time.Time{})
	want("users", "anna", "another", true)
	all := func() (names []string) {
		if err := b.EachRecord(t.Context(), "users", func(name, text string) bool { names = append(names, name+"="+text); return true }); err != nil {
			t.Fatal(err)
		}
		return names
	}
	if got := fmt.Sprint(all()); got != "[anna=another bert=]" {
		t.Errorf("all: %s", got)
	}
	for name, want := range map[string]bool{"anna": true, "carl": false, "none": false, "": false} {
		if ok, err := b.TakeRecord(t.Context(), "users", name); ok != want || err != nil {
			t.Errorf("taking %q: %v, %v; want %v", name, ok, err, want)
		}
	}
	want("users", "anna", "", false)
	want("links", "anna", "of another kind", true)
}

func TestManyRecords(t *testing.T) {
	s := open(t, options(t, server.StartDynamoDB(t)))
	large := strings.Repeat("x", 300_000) // a page of DynamoDB ends at 1 MB
	for i := range 5 {
		if err := s.PutRecord(t.Context(), "sessions", fmt.Sprint(i), large, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	for most, want := range map[int]int{9: 5, 2: 2} {
		n := 0
		err := s.EachRecord(t.Context(), "sessions", func(string, string) bool { n++; return n < most })
		if err != nil || n != want {
			t.Errorf("%d records, %v; want %d", n, err, want)
		}
	}
}

// TestARecordIsTakenOnce by one of many, also if answers are lost.
func TestARecordIsTakenOnce(t *testing.T) {
	o := options(t, server.StartDynamoDB(t))
	way := server.Before(t, strings.TrimPrefix(o.Endpoint, "http://"))
	direct := open(t, o)
	o.Endpoint = "http://" + way.Addr
	if err := direct.PutRecord(t.Context(), "links", "one", "x", time.Time{}); err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		s := open(t, o)
		group.Go(func() {
			ok, err := s.TakeRecord(t.Context(), "links", "one")
			if err != nil {
				t.Error(err)
			}
			if ok {
				taken.Add(1)
			}
		})
	}
	group.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
	if err := direct.PutRecord(t.Context(), "links", "two", "x", time.Time{}); err != nil {
		t.Fatal(err)
	}
	way.Set(func(n int, x *server.Broken) bool { return n == 1 && x.Lose() })
	if ok, err := open(t, o).TakeRecord(t.Context(), "links", "two"); !ok || err != nil {
		t.Errorf("with its answer lost: %v, %v", ok, err)
	}
}

// TestAttempts: they are counted for all processes together, each key for itself.
func TestAttempts(t *testing.T) {
	o := options(t, server.StartDynamoDB(t))
	stores := []*dynamocat.Store{open(t, o), open(t, o)}
	const hour = time.Hour // within which this test is, or nearly always
	begun := time.Now().Truncate(hour)
	allowed := 0
	for i := range 10 {
		ok, err := stores[i%2].Attempt(t.Context(), "account anna", 3, hour)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			allowed++
		}
	}
	if ok, err := stores[0].Attempt(t.Context(), "account bert", 3, hour); !ok || err != nil {
		t.Errorf("another key: %v, %v", ok, err)
	}
	if time.Now().Truncate(hour).Equal(begun) && allowed != 3 {
		t.Errorf("%d were allowed, want 3", allowed)
	}
	for range 2 { // each within a part of its own
		if ok, err := stores[0].Attempt(t.Context(), "account carl", 1, time.Nanosecond); !ok || err != nil {
			t.Errorf("later: %v, %v", ok, err)
		}
		time.Sleep(1100 * time.Millisecond)
	}
}
