package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var metricsOptions = map[string]func(t *testing.T){
	"[metrics] listen": func(t *testing.T) {
		r := start(t, view+"[metrics]\nlisten = \"127.0.0.1:0\"\n")
		r.get("/f/a.txt")
		if text := r.metrics("/metrics"); !strings.Contains(text, `downlink_requests_total{delivery="stream",status="200"} 1`) {
			t.Errorf("metrics are\n%s", text)
		}
		resp, _ := r.get("/metrics")
		r.want("/metrics of the site itself", resp.StatusCode, 404)
		r.want("/healthz", r.metrics("/healthz"), "ok\n")
		r.want("/readyz", r.metrics("/readyz"), "ready\n")
	},
	"[metrics] path": func(t *testing.T) {
		r := start(t, view+"[metrics]\npath = \"/numbers\"\n")
		resp, text := r.get("/numbers")
		if resp.StatusCode != 200 || !strings.Contains(text, "downlink_answer_seconds_bucket") {
			t.Errorf("status %d\n%s", resp.StatusCode, text)
		}
	},
}

// metrics is what is at a path of the listener for metrics.
func (r *running) metrics(path string) string {
	r.t.Helper()
	_, rest, found := strings.Cut(r.out.String(), "Metrics are at ")
	if !found {
		waitUntil(r.t, func() bool { return strings.Contains(r.out.String(), "Metrics are at ") })
		_, rest, _ = strings.Cut(r.out.String(), "Metrics are at ")
	}
	at, _, _ := strings.Cut(rest, "\n")
	resp, err := http.Get(strings.TrimSuffix(at, "/") + path)
	if err != nil {
		r.t.Fatal(err)
	}
	return text(r.t, resp)
}

// TestO6_MetricsTellWhatHappened compares the numbers with what was asked. A client's
// texts are in none of them.
func TestO6_MetricsTellWhatHappened(t *testing.T) {
	r := start(t, rule+"[metrics]\nlisten = \"127.0.0.1:0\"\n")
	const secret = "Robot-of-a-client"
	for range 3 {
		r.get("/f/a.txt", "User-Agent: "+secret)
	}
	r.get("/f/a.txt", throughNginx)
	r.get("/f/a.txt", "Range: bytes=1-2")
	r.get("/f/a.txt", "Range: bytes=99-")
	r.get("/f/"+secret, "Referer: "+secret)
	r.get("/")
	waitUntil(t, func() bool { return r.sum("/f/a.txt").Downloads+r.sum("/f/a.txt").Bots == 4 })
	text := r.metrics("/metrics")
	for _, want := range []string{
		`downlink_requests_total{delivery="stream",status="200"} 3`,
		`downlink_requests_total{delivery="offload",status="200"} 1`,
		`downlink_requests_total{delivery="stream",status="206"} 1`,
		`downlink_requests_total{delivery="none",status="416"} 1`,
		`downlink_requests_total{delivery="none",status="404"} 1`,
		`downlink_requests_total{delivery="none",status="200"} 1`, // the page
		`downlink_sent_bytes_total{delivery="stream"} 17`,
		`downlink_answer_seconds_count{delivery="offload"} 1`,
		"downlink_open_streams 0",
		"downlink_downloads_total 4",
		"downlink_downloads_dropped_total 0",
		"downlink_downloads_waiting 0",
		"go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, secret) {
		t.Error("a client's text is in the metrics")
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestO6_AnOpenStreamIsANumber(t *testing.T) {
	r := start(t, view+"[metrics]\nlisten = \"127.0.0.1:0\"\n")
	if err := os.Truncate(filepath.Join(r.dir, "files", "a.txt"), 256<<20); err != nil {
		t.Fatal(err)
	}
	c := r.dial()
	io.WriteString(c, "GET /f/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := io.CopyN(io.Discard, c, 1000); err != nil {
		t.Fatal(err)
	}
	open := func(n string) bool { return strings.Contains(r.metrics("/metrics"), "\ndownlink_open_streams "+n+"\n") }
	waitUntil(t, func() bool { return open("1") })
	c.Close()
	waitUntil(t, func() bool { return open("0") })
}

func TestO6_NotReady(t *testing.T) {
	t.Run("a store is gone", func(t *testing.T) {
		r := start(t, view)
		resp, body := r.get("/readyz")
		r.want("status", resp.StatusCode, 200)
		r.want("body", body, "ready\n")
		if err := os.Rename(filepath.Join(r.dir, "files"), filepath.Join(r.dir, "gone")); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, func() bool { resp, body = r.get("/readyz"); return resp.StatusCode == 503 })
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), `part="store \"files\""`) })
		if strings.Contains(body, "files") {
			t.Errorf("body %q", body)
		}
		resp, _ = r.get("/healthz")
		r.want("health", resp.StatusCode, 200)
	})
	t.Run("the catalogue is damaged", func(t *testing.T) {
		r := start(t, view)
		if err := os.WriteFile(filepath.Join(r.dir, "xdg", "downlink", "catalog.db"), []byte(strings.Repeat("x", 1<<16)), 0o600); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		resp, _ := r.get("/readyz")
		r.want("status", resp.StatusCode, 503)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("after %v", took)
		}
	})
}
