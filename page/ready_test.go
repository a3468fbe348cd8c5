package page_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/downlink-go/downlink/page"
)

func askReady(y *page.Ready) int {
	w := httptest.NewRecorder()
	y.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	return w.Code
}

func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var asked atomic.Int64
		var fault error
		y := &page.Ready{Log: slog.New(slog.NewTextHandler(&log, nil)), Parts: []page.Part{
			{Name: "good", Check: func(context.Context) error { return nil }},
			{Name: "the other", Check: func(context.Context) error { asked.Add(1); return fault }},
		}}
		for range 5 {
			if got := askReady(y); got != 200 {
				t.Errorf("got %d, want 200", got)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times in a moment", n)
		}
		fault = errors.New("broken pipe")
		time.Sleep(time.Second)
		if got := askReady(y); got != 503 || !strings.Contains(log.String(), `part="the other" cause="broken pipe"`) {
			t.Errorf("got %d, and the log says %s", got, &log)
		}
		fault = nil
		time.Sleep(time.Second)
		if got := askReady(y); got != 200 {
			t.Errorf("got %d after it was repaired", got)
		}
	})
}

func TestReadyWhileAPartHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		release := make(chan struct{})
		y := &page.Ready{Parts: []page.Part{{Name: "disk", Check: func(context.Context) error {
			asked.Add(1)
			<-release
			return nil
		}}}}
		for range 5 {
			begun := time.Now()
			if got := askReady(y); got != 503 || time.Since(begun) > 5*time.Second {
				t.Errorf("got %d after %v", got, time.Since(begun))
			}
			time.Sleep(time.Second)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%d checks hang", n)
		}
		close(release)
		synctest.Wait()
		if got := askReady(y); got != 200 {
			t.Errorf("got %d when it answers", got)
		}
	})
}
