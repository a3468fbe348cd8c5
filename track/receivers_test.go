package track_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/test/output"
	"github.com/downlink-go/downlink/track"
)

// notes is a receiver that notes what it is told, after do.
type notes struct {
	do func(n int) error // n is 1 for the first call

	mu    sync.Mutex
	calls int
	ids   []string
}

func (n *notes) Name() string { return "notes" }

func (n *notes) Receive(_ context.Context, events []track.Event) error {
	n.mu.Lock()
	n.calls++
	calls := n.calls
	n.mu.Unlock()
	if n.do != nil {
		if err := n.do(calls); err != nil {
			return err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range events {
		n.ids = append(n.ids, e.ID)
	}
	return nil
}

func (n *notes) got() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ids
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestC6_BadReceiversChangeNothing: one panics, one fails, one hangs for ever; another
// is told everything, and every download is counted.
func TestC6_BadReceiversChangeNothing(t *testing.T) {
	s := newStore(t)
	good := &notes{}
	forEver := make(chan struct{})
	defer close(forEver)
	x := track.New(track.Options{
		Counter: s, Flush: time.Millisecond, Log: discard(),
		Receivers: []track.Receiver{
			&notes{do: func(int) error { panic("receiver") }},
			&notes{do: func(int) error { return errors.New("broken pipe") }},
			&notes{do: func(int) error { <-forEver; return nil }},
			track.Call("call", nil, func(context.Context, catalog.Item, track.Event) error { panic("call") }),
			good,
		},
	})
	for n := range 1000 {
		x.Requested(nth(n, "a"))
	}
	for settled := false; !settled; time.Sleep(time.Millisecond) {
		r := x.Stats().Receivers
		settled = r[0].Lost+r[1].Lost+r[3].Lost+r[4].Told == 4000
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := x.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not told to notes") {
		t.Errorf("close: got %v, want a word about the one that hangs", err)
	}
	wantCounted(t, s, 1000)
	ids := good.got()
	if len(ids) != 1000 || ids[0] != "request-000000" || ids[999] != "request-000999" {
		t.Errorf("%d events reached the good one", len(ids))
	}
	stats := x.Stats().Receivers
	if stats[0].Lost != 1000 || stats[1].Lost != 1000 || stats[2].Waiting != 1000 || stats[3].Lost != 1000 || stats[4].Told != 1000 {
		t.Errorf("got %+v", stats)
	}
}

func TestEventsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{do: func(n int) error {
			if n < 5 {
				return fmt.Errorf("%w: 503", track.ErrTryAgain)
			}
			return nil
		}}
		x := track.New(track.Options{Receivers: []track.Receiver{n}})
		x.Requested(nth(1, "a"))
		begun := time.Now()
		for len(n.got()) == 0 {
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); took < 7*time.Second || took > 20*time.Second { // 1 + 2 + 4 + 8 s, each by half at most
			t.Errorf("the fifth try was after %v", took)
		}
		closeIt(t, x)
	})
}

func TestEventsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{do: func(int) error { return track.ErrTryAgain }}
		x := track.New(track.Options{Receivers: []track.Receiver{n}, Log: discard()})
		x.Requested(nth(1, "a"))
		time.Sleep(time.Hour)
		if stats := x.Stats().Receivers[0]; n.calls != 10 || stats.Lost != 1 || stats.Waiting != 0 {
			t.Errorf("%d calls, %+v", n.calls, stats)
		}
		closeIt(t, x)
	})
}

func TestEventsForASlowReceiverAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log output.Buffer
		release := make(chan struct{})
		n := &notes{do: func(int) error { <-release; return nil }}
		x := track.New(track.Options{Receivers: []track.Receiver{n}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		for round := range 3 {
			for i := range 6000 {
				x.Requested(nth(6000*round+i, "a"))
			}
			time.Sleep(time.Second)
		}
		if stats := x.Stats().Receivers[0]; stats.Waiting != 10_000 || stats.Lost != 8000 || !strings.Contains(log.String(), "too slow") {
			t.Errorf("%+v, and the log says %q", stats, log.String())
		}
		close(release)
		closeIt(t, x)
		if len(n.got()) != 10_000 {
			t.Errorf("%d were told", len(n.got()))
		}
	})
}

// Flush does not wait for the pause before the next try.
func TestFlushHurriesReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{do: func(n int) error {
			if n == 1 {
				return track.ErrTryAgain
			}
			return nil
		}}
		x := track.New(track.Options{Receivers: []track.Receiver{n}, Flush: time.Millisecond})
		x.Requested(nth(1, "a"))
		time.Sleep(2 * time.Millisecond)
		begun := time.Now()
		flush(t, x)
		if len(n.got()) != 1 || time.Since(begun) > 100*time.Millisecond {
			t.Errorf("%d events after %v", len(n.got()), time.Since(begun))
		}
		closeIt(t, x)
	})
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// hook is an application's end of a webhook: it checks signatures, as
// docs/tracking.md says, and answers with the statuses in turn, the last for ever.
type hook struct {
	statuses []int
	mu       sync.Mutex
	ids      []string
	events   []map[string]any
	faults   []string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, secret)
	io.WriteString(mac, id+"."+at+".")
	mac.Write(body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
		h.faults = append(h.faults, "signature "+r.Header.Get("webhook-signature"))
	}
	if r.Method != "POST" || r.Header.Get("content-type") != "application/json" || at != "1800000000" {
		h.faults = append(h.faults, r.Method+" "+r.Header.Get("content-type")+" "+at)
	}
	h.ids = append(h.ids, id)
	status := h.statuses[0]
	if len(h.statuses) > 1 {
		h.statuses = h.statuses[1:]
	}
	if status == 200 {
		var m struct {
			Type string
			Data struct{ Events []map[string]any }
		}
		if err := json.Unmarshal(body, &m); err != nil || m.Type != "download.requested" {
			h.faults = append(h.faults, string(body))
		}
		h.events = append(h.events, m.Data.Events...)
	}
	http.Redirect(w, r, "/elsewhere", status)
}

func TestC6_Webhook(t *testing.T) {
	events := []track.Event{
		{ID: "request-1", Event: "requested", Time: time.Unix(1_800_000_000, 0).UTC(), Name: "a", Item: "a", Route: "/d/{slug}", Status: 200, Delivery: "stream", Client: "human", Size: 5},
		{ID: "request-2", Event: "requested", Name: "b"},
	}
	for _, row := range []struct {
		name   string
		status int
		again  bool
		fails  bool
	}{
		{"taken", 200, false, false}, {"taken without a word", 204, false, false}, {"down", 503, true, true}, {"fails", 500, true, true},
		{"too many", 429, true, true}, {"too early", 425, true, true}, {"too slow", 408, true, true}, {"gone", 410, false, true},
		{"refused", 401, false, true}, {"moved", 302, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := &hook{statuses: []int{row.status}}
			server := httptest.NewServer(h)
			defer server.Close()
			w := track.Webhook(server.URL+"/path-with-a-secret", track.WebhookOptions{Secret: secret, Now: func() time.Time { return time.Unix(1_800_000_000, 0) }})
			for range 2 {
				err := w.Receive(t.Context(), events)
				if errors.Is(err, track.ErrTryAgain) != row.again || (err != nil) != row.fails {
					t.Errorf("got %v", err)
				}
			}
			if len(h.faults) > 0 || len(h.ids) != 2 || h.ids[0] != h.ids[1] || len(h.ids[0]) != 36 {
				t.Errorf("faults %q, ids %q", h.faults, h.ids)
			}
			if strings.Contains(w.Name(), "secret") {
				t.Errorf("name %q", w.Name())
			}
			if row.status == 200 && fmt.Sprint(h.events[0]) != "map[client:human delivery:stream event:requested id:request-1 item:a name:a route:/d/{slug} size:5 status:200 time:2027-01-15T08:00:00Z]" {
				t.Errorf("events %v", h.events)
			}
		})
	}
}

func TestWebhookThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	err := track.Webhook(server.URL+"/secret", track.WebhookOptions{}).Receive(t.Context(), []track.Event{{ID: "request-1"}})
	if !errors.Is(err, track.ErrTryAgain) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestWebhookThatHangs(t *testing.T) {
	hangs := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer server.Close()
	defer close(hangs)
	err := track.Webhook(server.URL, track.WebhookOptions{Timeout: time.Millisecond}).Receive(t.Context(), []track.Event{{ID: "request-1"}})
	if !errors.Is(err, track.ErrTryAgain) {
		t.Errorf("got %v", err)
	}
}

// TestStandardWebhooks is the example of the specification's libraries.
func TestStandardWebhooks(t *testing.T) {
	for text, good := range map[string]bool{
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n": true, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true,
		"": false, "whsec_": false, "whsec_c2hvcnQ=": false, "a password of mine": false,
	} {
		if got, err := track.ParseSecret(text); (err == nil) != good || good && len(got) != 24 {
			t.Errorf("%q: got %d bytes, %v", text, len(got), err)
		}
	}
}

func TestLinesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "downloads.jsonl")
	l := track.LinesFile(path)
	tell := func(ids ...string) {
		t.Helper()
		var events []track.Event
		for _, id := range ids {
			events = append(events, track.Event{ID: id, Name: "a\nb"})
		}
		if err := l.Receive(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) (ids []string) {
		t.Helper()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			var e track.Event
			if err := json.Unmarshal(s.Bytes(), &e); err != nil {
				t.Errorf("%s: %v", s.Text(), err)
			}
			ids = append(ids, e.ID)
		}
		return ids
	}
	tell("one", "two")
	tell("three")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	tell("four")
	if got := fmt.Sprint(read(path+".1"), read(path)); got != "[one two three] [four]" {
		t.Errorf("got %s", got)
	}
	if err := track.LinesFile(filepath.Join(path, "below-a-file")).Receive(t.Context(), []track.Event{{}}); !errors.Is(err, track.ErrTryAgain) {
		t.Errorf("got %v, want to be asked again", err)
	}
}

// half is a full disk: it takes some bytes of the second write.
type half struct {
	strings.Builder
	writes int
}

func (h *half) Write(b []byte) (int, error) {
	if h.writes++; h.writes == 2 {
		h.Builder.Write(b[:10])
		return 10, errors.New("no space left on device")
	}
	return h.Builder.Write(b)
}

func TestLinesAfterAFullDisk(t *testing.T) {
	var h half
	l := track.Lines("stdout", &h)
	for n := range 3 {
		err := l.Receive(t.Context(), []track.Event{{ID: fmt.Sprint("request-", n)}})
		if (n == 1) != (err != nil) || errors.Is(err, track.ErrTryAgain) {
			t.Errorf("%d: got %v", n, err)
		}
	}
	got := strings.Split(strings.TrimSpace(h.String()), "\n")
	if len(got) != 3 || len(got[1]) != 10 || !json.Valid([]byte(got[2])) {
		t.Errorf("got %q", got)
	}
}

func TestC6_CallWithItemAndRequest(t *testing.T) {
	s := newStore(t)
	item := catalog.Item{Slug: "a", Title: "Manual", Store: "files", Key: "a.pdf"}
	if err := s.Put(t.Context(), []catalog.Item{item}); err != nil {
		t.Fatal(err)
	}
	var got []string
	x := track.New(track.Options{Receivers: []track.Receiver{
		track.Call("download_requested", catalog.New(s), func(_ context.Context, item catalog.Item, e track.Event) error {
			got = append(got, fmt.Sprintf("%s %q %s", e.Name, item.Title, e.Client))
			return nil
		}),
	}})
	gone := nth(2, "gone")
	bot := nth(3, "a")
	bot.UserAgent = "Googlebot/2.1"
	x.Requested(nth(1, "a"))
	x.Requested(gone)
	x.Requested(bot)
	closeIt(t, x)
	if want := `[a "Manual" human gone "" human a "Manual" bot]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
