package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/lambda"
)

func environment(t *testing.T, all map[string]string) {
	t.Helper()
	for _, name := range []string{"DOWNLINK_CONFIG", "DOWNLINK_FUNCTION", "DOWNLINK_STREAM"} {
		t.Setenv(name, "")
	}
	for name, value := range all {
		t.Setenv(name, value)
	}
}

var usual = map[string]string{"DOWNLINK_BUCKET": "files", "DOWNLINK_PREFIX": "", "DOWNLINK_TABLE": "downlink", "DOWNLINK_CLOUDFRONT_URL": "", "DOWNLINK_CLOUDFRONT_KEY_ID": "", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}

func status(t *testing.T, h *lambda.Handler, path string) (int, string) {
	t.Helper()
	out, err := h.Handle(t.Context(), json.RawMessage(fmt.Sprintf(`{"version":"2.0","rawPath":%q,"requestContext":{"http":{"method":"GET"}}}`, path)))
	if err != nil {
		t.Fatal(err)
	}
	defer out.(io.Closer).Close()
	var r struct {
		StatusCode int
		Body       string
	}
	if err := json.NewDecoder(out).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Body
}

// TestR3_BuiltIn: what the function is built from unless somebody writes another file.
func TestR3_BuiltIn(t *testing.T) {
	environment(t, usual)
	h, err := open()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/none": 404, "/files": 404} {
		if got, _ := status(t, h, path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestR3_OtherConfiguration(t *testing.T) {
	environment(t, usual)
	dir := t.TempDir()
	file := filepath.Join(dir, "other.toml")
	t.Setenv("DOWNLINK_CONFIG", file)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const text = "[stores.a]\ndriver = \"s3\"\nbucket = \"$DOWNLINK_BUCKET\"\n[links]\nrevoked = \"gone.txt\"\n[[links.keys]]\nid = \"k\"\nsecret_env = \"KEY\"\n" +
		"[[views]]\npattern = \"/l/{path...}\"\nkind = \"storage\"\nstore = \"a\"\nlink = \"required\"\n"
	write("other.toml", text)
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "gone.txt") {
		t.Errorf("without its file of revoked links: %v", err)
	}
	write("gone.txt", "id x\n")
	h, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := status(t, h, "/l/a"); got != 503 {
		t.Errorf("without a key: %d, want 503", got)
	}
	t.Setenv("KEY", someSecret)
	if got, _ := status(t, h, "/l/a"); got != 403 {
		t.Errorf("without a link: %d, want 403", got)
	}
}

func TestR3_WhatCannotStart(t *testing.T) {
	for want, env := range map[string]map[string]string{
		`"$DOWNLINK_BUCKET": the environment has no variable`: {"AWS_REGION": "eu-west-1"},
		"no such file":                       {"DOWNLINK_CONFIG": "none.toml"},
		`DOWNLINK_STREAM: "on" is no kind`:   {"DOWNLINK_BUCKET": "b", "DOWNLINK_PREFIX": "", "DOWNLINK_TABLE": "table", "DOWNLINK_CLOUDFRONT_URL": "", "DOWNLINK_CLOUDFRONT_KEY_ID": "", "AWS_REGION": "eu-west-1", "DOWNLINK_STREAM": "on"},
		"answers to http cannot be streamed": {"DOWNLINK_BUCKET": "b", "DOWNLINK_PREFIX": "", "DOWNLINK_TABLE": "table", "DOWNLINK_CLOUDFRONT_URL": "", "DOWNLINK_CLOUDFRONT_KEY_ID": "", "AWS_REGION": "eu-west-1", "DOWNLINK_STREAM": "rest, http"},
	} {
		t.Run(want, func(t *testing.T) {
			environment(t, env)
			if _, err := open(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
