package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/worker"
)

// stressed is how many requests each concurrency gets: as many as the issue asks for if
// DOWNLINK_STRESS is set, else what a run of all tests has time for.
func stressed() int {
	if os.Getenv("DOWNLINK_STRESS") != "" {
		return 10_000
	}
	return 1_500
}

// flat is by how many bytes the module's memory may differ and still be called flat: a few
// pages of Wasm.
const flat = 256 << 10

// TestX3_MemoryIsFlat asks the module 100,000 times.
func TestX3_MemoryIsFlat(t *testing.T) {
	w := startDownloads(t, nil, nil)
	w.Put("a.txt", bytes.Repeat([]byte("x"), 100), nil)
	get(t, w, "GET", "/test/churn?n=20000")
	before := lookInto(t, w, "").Memory
	get(t, w, "GET", "/test/churn?n=100000")
	after := lookInto(t, w, "").Memory
	t.Logf("memory of the module: %d KiB, then %d", before>>10, after>>10)
	if after > before+flat || after > 8<<20 {
		t.Errorf("memory of the module: %d bytes after 100,000 requests, %d before; want no more, and 8 MiB at most", after, before)
	}
}

// kind is a request of the mix, and what its answer has to be.
type kind struct {
	name   string
	path   string
	fields []string
	status int
	check  func(body []byte) bool
	counts bool // of the item "mixed"
	abort  bool // the client goes away in the middle of the body
}

// model is what must have been counted.
type model struct{ mixed, mostAborted atomic.Int64 }

// TestX3_Stress mixes whole files, ranges, several ranges, 304s, items and aborted
// downloads, at three concurrencies.
func TestX3_Stress(t *testing.T) {
	w := startDownloads(t, nil, nil)
	content := bytes.Repeat([]byte("0123456789abcdef"), 64)
	w.Put("a.txt", content, nil)
	w.Put("big.bin", bytes.Repeat([]byte("x"), 8<<20), nil)
	w.Query("INSERT INTO items (slug, store, key) VALUES ('mixed', 'files', 'a.txt'), ('aborted', 'files', 'big.bin')")
	resp, _ := get(t, w, "HEAD", "/files/a.txt")
	kinds := mix(content, resp.Header.Get("ETag"))
	var m model
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}
	get(t, w, "GET", "/test/churn?n=10000") // warm
	stress(t, w, client, kinds, &m, 64, 500)
	memory, rss := lookInto(t, w, "").Memory, w.RSS(t)
	for _, concurrency := range []int{1, 8, 64} {
		began := time.Now()
		stress(t, w, client, kinds, &m, concurrency, stressed())
		t.Logf("%d requests, %d at a time: %v, workerd has %d MiB", stressed(), concurrency, time.Since(began).Round(time.Millisecond), w.RSS(t)>>20)
	}
	// Go's heap grows a step or two until it has seen every kind of request.
	if got := lookInto(t, w, "").Memory; got > memory+4*flat || got > 8<<20 {
		t.Errorf("memory of the module: %d bytes, and %d when it was warm; want 8 MiB at most", got, memory)
	}
	// The simulator of R2 is in the same process and keeps some 10 KiB of each request,
	// whichever Worker asks it: one in JavaScript makes it grow as fast.
	if got, most := w.RSS(t), rss+(64<<20)+3*int64(stressed())*(20<<10); got > most {
		t.Errorf("workerd has %d MiB, and %d when it was warm; want %d at most", got>>20, rss>>20, most>>20)
	}
	if log := w.Log(); strings.Contains(log, "different request") || strings.Contains(log, "hung") || strings.Contains(log, `"status":5`) {
		t.Errorf("the log has failures:\n%.4000s", log)
	}
	modelled(t, w, &m)
}

func mix(content []byte, etag string) []kind {
	is := func(want []byte) func([]byte) bool {
		return func(body []byte) bool { return bytes.Equal(body, want) }
	}
	none := func(body []byte) bool { return len(body) == 0 }
	return []kind{
		{name: "whole", path: "/files/a.txt", status: 200, check: is(content)},
		{name: "item", path: "/d/mixed", status: 200, check: is(content), counts: true},
		{name: "item, one range", path: "/d/mixed", fields: []string{"Range", "bytes=0-99"}, status: 206, check: is(content[:100]), counts: true},
		{name: "item, middle", path: "/d/mixed", fields: []string{"Range", "bytes=10-99"}, status: 206, check: is(content[10:100])},
		{name: "one range", path: "/files/a.txt", fields: []string{"Range", "bytes=16-"}, status: 206, check: is(content[16:])},
		{name: "several ranges", path: "/files/a.txt", fields: []string{"Range", "bytes=0-1,5-8"}, status: 206,
			check: func(body []byte) bool {
				return bytes.Contains(body, []byte("\r\n\r\n01\r\n")) && bytes.Contains(body, []byte("\r\n\r\n5678\r\n"))
			}},
		{name: "not modified", path: "/d/mixed", fields: []string{"If-None-Match", etag}, status: 304, check: none},
		{name: "unsatisfiable", path: "/files/a.txt", fields: []string{"Range", "bytes=5000-"}, status: 416, check: func([]byte) bool { return true }},
		{name: "missing", path: "/d/none", status: 404, check: func([]byte) bool { return true }},
		{name: "aborted", path: "/d/aborted", status: 200, abort: true},
	}
}

// stress sends n requests, concurrency at a time, a tenth of each kind.
func stress(t *testing.T, w *worker.Worker, client *http.Client, kinds []kind, m *model, concurrency, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	order := make(chan kind)
	var senders sync.WaitGroup
	for range concurrency {
		senders.Go(func() {
			for k := range order {
				if err := k.send(ctx, client, w.Addr, m); err != nil {
					t.Errorf("%s: %v", k.name, err)
				}
			}
		})
	}
	for i := range n {
		if t.Failed() {
			break
		}
		order <- kinds[i%len(kinds)]
	}
	close(order)
	senders.Wait()
}

func (k kind) send(ctx context.Context, client *http.Client, addr string, m *model) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+k.path, nil)
	if err != nil {
		return err
	}
	for i := 0; i < len(k.fields); i += 2 {
		r.Header.Add(k.fields[i], k.fields[i+1])
	}
	if k.abort {
		m.mostAborted.Add(1)
		if rand.IntN(2) == 0 { // before the answer, wherever it is by then
			time.AfterFunc(time.Duration(rand.IntN(4000))*time.Microsecond, cancel)
		}
	}
	resp, err := client.Do(r)
	if k.abort && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != k.status {
		return fmt.Errorf("status %d, want %d", resp.StatusCode, k.status)
	}
	if k.abort {
		_, err := io.CopyN(io.Discard, resp.Body, 100_000)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !k.check(body) {
		return fmt.Errorf("a body of %d bytes: %.100q", len(body), body)
	}
	if k.counts {
		m.mixed.Add(1)
	}
	return nil
}

// modelled compares the counts in D1 with the model: what was sent whole exactly, what
// was aborted at most.
func modelled(t *testing.T, w *worker.Worker, m *model) {
	t.Helper()
	count := func(slug string) int64 {
		rows := w.Query("SELECT coalesce(sum(n), 0) AS n FROM counts WHERE slug = ?", slug)
		n, _ := rows[0]["n"].(float64)
		return int64(n)
	}
	want := m.mixed.Load()
	for deadline := time.Now().Add(time.Minute); count("mixed") < want && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond) // counts are stored after the answer
	}
	if got := count("mixed"); got != want {
		t.Errorf("%d downloads are counted, want %d", got, want)
	}
	got, most := count("aborted"), m.mostAborted.Load()
	t.Logf("%d downloads counted; of %d aborted ones %d", want, most, got)
	if got > most || got < most/3 {
		t.Errorf("%d aborted downloads are counted, want %d to %d", got, most/3, most)
	}
}
