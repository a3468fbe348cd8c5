package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/test/output"
)

// TestServeTellsOfACatalogueThatCannotBeRead: at the start, and not when the first client
// asks for an item.
func TestServeTellsOfACatalogueThatCannotBeRead(t *testing.T) {
	data := t.TempDir()
	file := filepath.Join(data, "catalog.db")
	write(t, file, strings.Repeat("no database ", 100))
	cfg := config.ForDir(t.TempDir())
	cfg.Server.Listen = "127.0.0.1:0"
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var out, log output.Buffer
	go func() { done <- serve(ctx, &settings{data: data}, cfg, &out, &log) }()
	waitUntil(t, func() bool { return strings.Contains(log.String(), "level=ERROR") || len(done) > 0 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "the catalogue cannot be read") || !strings.Contains(text, file) || !strings.Contains(text, "name another file") {
		t.Errorf("the log has %q, want the file and what to do", text)
	}
}

// TestAnnounceSaysWhoCanCome: an open port is not shown as one of this machine alone.
func TestAnnounceSaysWhoCanCome(t *testing.T) {
	for listen, want := range map[string]bool{":0": true, "127.0.0.1:0": false} {
		l, err := listenAt(t.Context(), listen)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		announce(&out, &config.Config{}, l, "")
		if got := strings.Contains(out.String(), "every other address of this machine"); got != want {
			t.Errorf("%s: got %q", listen, out.String())
		}
		l.Close()
	}
}
