package storage_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// answer is one to a request for a part of "0123456789".
type answer struct {
	*strings.Reader
	end    int64
	closed bool
}

func (a *answer) Close() error { a.closed = true; return nil }
func (a *answer) Covers(span core.Span) bool {
	return a.end-int64(a.Len()) == span.Start && span.Start+span.Length <= a.end
}

func TestUnderwayAsksForWhatIsNotNext(t *testing.T) {
	var asked []*answer
	var failure error
	u := storage.Underway{Ask: func(_ context.Context, span core.Span) (storage.Answer, error) {
		end := span.Start + span.Length
		asked = append(asked, &answer{Reader: strings.NewReader("0123456789"[span.Start:end]), end: end})
		return asked[len(asked)-1], failure
	}}
	for _, c := range []struct {
		what     string
		start, n int64
		requests int
	}{
		{"nothing before anything", 3, 0, 0}, {"the beginning", 0, 8, 1}, {"nothing", 8, 0, 1}, {"what is behind its end", 8, 2, 2}, {"what is before", 2, 3, 3},
	} {
		r, err := u.Section(t.Context(), core.Span{Start: c.start, Length: c.n})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(r, c.n))
		if want := "0123456789"[c.start : c.start+c.n]; string(got) != want || err != nil || len(asked) != c.requests {
			t.Errorf("%s: got %q, %v after %d requests; want %q after %d", c.what, got, err, len(asked), want, c.requests)
		}
	}
	if err := u.Prepare(t.Context(), core.Span{Start: 5, Length: 2}); err != nil || len(asked) != 4 {
		t.Errorf("prepare: %v, %d requests", err, len(asked))
	}
	if _, err := u.Section(t.Context(), core.Span{Start: 5, Length: 1}); err != nil || len(asked) != 4 {
		t.Errorf("what was prepared: %v, %d requests", err, len(asked))
	}
	failure = storage.ErrChanged
	if _, err := u.Section(t.Context(), core.Span{Length: 1}); !errors.Is(err, failure) || u.Answer != nil {
		t.Errorf("after a failure: %v, %v is on its way", err, u.Answer)
	}
	for i, a := range asked[:4] {
		if !a.closed {
			t.Errorf("answer %d was not given up", i)
		}
	}
}
