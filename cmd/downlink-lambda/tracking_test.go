package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/track"
)

// TestHook: a webhook is told when its secret is there, with a signature, and not before.
func TestHook(t *testing.T) {
	var got []*http.Request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r)
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer s.Close()
	failure := errors.New("throttled")
	h := newHook(config.Webhook{URL: s.URL, SecretEnv: "HOOK", Timeout: time.Second}, func(context.Context, string) (string, error) {
		return "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", failure
	})
	events := []track.Event{{ID: "1"}}
	if err := h.Receive(t.Context(), events); !errors.Is(err, track.ErrTryAgain) || len(got) != 0 || strings.Contains(err.Error(), "whsec") {
		t.Errorf("without the secret: %v, told %d times", err, len(got))
	}
	failure = nil
	if err := h.Receive(t.Context(), events); err != nil || len(got) != 1 || got[0].Header.Get("webhook-signature") == "" {
		t.Errorf("with it: %v, told %d times", err, len(got))
	}
	if open := newHook(config.Webhook{URL: s.URL}, nil); open.Receive(t.Context(), events) != nil || len(got) != 2 || got[1].Header.Get("webhook-signature") != "" {
		t.Errorf("without a secret of its own: told %d times", len(got))
	}
}

// TestEvents: what is told of a download is in the log before the invocation ends.
func TestEvents(t *testing.T) {
	environment(t, usual)
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Content-Length", "99999999")
	}))
	defer bucket.Close()
	c, err := parse("", []byte("[stores.files]\ndriver = \"s3\"\nbucket = \"b\"\nendpoint = \""+bucket.URL+"\"\n[[views]]\npattern = \"/f/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n[tracking]\nevents = \"-\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	h, err := assemble(c, link.Options{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := status(t, h, "/f/large.bin"); got != 302 {
		t.Fatalf("status %d", got)
	}
	var e struct{ Path string }
	if err := json.Unmarshal(out.Bytes(), &e); err != nil || !strings.Contains(out.String(), "large.bin") {
		t.Errorf("told %q, %v", &out, err)
	}
}
