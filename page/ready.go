package page

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/downlink-go/downlink/core"
)

// ReadyPath is where Ready usually is.
const ReadyPath = "/readyz"

// Part is something that a site cannot do without.
type Part struct {
	Name  string // for the log
	Check func(ctx context.Context) error
}

// Ready answers 200 if all parts of a site can be reached, else 503: which one cannot
// is in the log. Whoever asks more often than once a second gets the same answer.
type Ready struct {
	Parts []Part
	Log   *slog.Logger // nil discards

	mu     sync.Mutex
	asked  time.Time
	ok     bool
	answer []chan error // by part, of a check that runs; nil: none does
}

const (
	askAgain = time.Second     // how long an answer is good
	patience = 3 * time.Second // for all parts together
)

// ServeHTTP answers GET and HEAD.
func (y *Ready) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !begin(w, r) {
		return
	}
	if !y.ready(r.Context()) {
		Refuse(w, r, core.Refuse(503, "a part of the site cannot be reached"))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, "text/plain; charset=utf-8", []byte("ready\n"))
}

// ready asks the parts, one caller for all.
func (y *Ready) ready(ctx context.Context) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	if time.Since(y.asked) < askAgain {
		return y.ok
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // the answer is for others too
	defer cancel()
	y.ok = y.ask(ctx)
	y.asked = time.Now()
	return y.ok
}

// ask asks all parts at the same time. One that hangs is not asked again before it
// answers.
func (y *Ready) ask(ctx context.Context) bool {
	if y.answer == nil {
		y.answer = make([]chan error, len(y.Parts))
	}
	for i, p := range y.Parts {
		if y.answer[i] == nil {
			answer := make(chan error, 1)
			y.answer[i] = answer
			go func() { answer <- p.Check(ctx) }()
		}
	}
	ok := true
	for i, p := range y.Parts {
		if err := y.wait(ctx, i); err != nil {
			ok = false
			if y.Log != nil {
				y.Log.Error("not ready", "part", p.Name, "cause", err)
			}
		}
	}
	return ok
}

func (y *Ready) wait(ctx context.Context, part int) error {
	select {
	case err := <-y.answer[part]:
		y.answer[part] = nil
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
