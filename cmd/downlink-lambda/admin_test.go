//go:build !noadmin

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// adminOn sets the environment of the admin's function, with more of a configuration.
func adminOn(t *testing.T, toml string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "downlink.toml")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	environment(t, usual)
	t.Setenv("DOWNLINK_FUNCTION", "admin")
	t.Setenv("DOWNLINK_CONFIG", file)
}

const aBucket = "[stores.files]\ndriver = \"s3\"\nbucket = \"my-bucket\"\n"

func TestAdminThatCannotStart(t *testing.T) {
	for want, toml := range map[string]string{
		"keeps its accounts in the catalogue's table": aBucket,
		"needs a store for what is uploaded":          aBucket + "[stores.here]\npath = \"here\"\n[admin]\nstore = \"here\"\n[catalog.lambda]\ndriver = \"dynamodb\"\ntable = \"downlink\"\n",
	} {
		t.Run(want, func(t *testing.T) {
			adminOn(t, toml)
			if _, err := open(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
	environment(t, usual)
	t.Setenv("DOWNLINK_FUNCTION", "other")
	if _, err := open(); err == nil || !strings.Contains(err.Error(), `DOWNLINK_FUNCTION "other": write admin`) {
		t.Errorf("another function: %v", err)
	}
}

// TestAdminAnswersForItself: the pages are there, and no downloads; the link for the
// first account is in the log once.
func TestAdminAnswersForItself(t *testing.T) {
	d := server.StartDynamoDB(t)
	adminOn(t, aBucket+fmt.Sprintf("[catalog]\ndriver = \"dynamodb\"\ntable = \"downlink\"\nendpoint = %q\n", d.Endpoint))
	t.Setenv("AWS_ACCESS_KEY_ID", d.Access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", d.Secret)
	t.Setenv("AWS_REGION", d.Region)
	c, _, err := load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	h, err := s.admin(logger)
	if err != nil {
		t.Fatal(err)
	}
	pages := &announcing{admin: h, log: logger}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := get("/admin/login"); w.Code != http.StatusServiceUnavailable || !strings.Contains(log.String(), "link to set the admin up") {
		t.Errorf("without a table: %d\n%s", w.Code, &log)
	}
	if err := s.items.CreateTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	for path, want := range map[string]int{"/admin/login": 200, "/admin/": 303, "/admin": 303, "/": 303, "/d/item": 404, "/administrator": 404} {
		if w := get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	var line struct{ Path string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || !strings.HasPrefix(line.Path, "/admin/setup?token=") {
		t.Errorf("%v in the log: %s", err, &log)
	}
	if w := get("/admin/login"); !strings.Contains(w.Header().Get("Content-Security-Policy"), "connect-src 'self' https://my-bucket.s3.") {
		t.Errorf("policy %q", w.Header().Get("Content-Security-Policy"))
	}
}
