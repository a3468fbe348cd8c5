package docs_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/track"
)

// TestWebhookInPython has the snippet of docs/tracking.md verify what Downlink posts,
// and refuse another body and an old one.
func TestWebhookInPython(t *testing.T) {
	python := need.Command(t, "python3")
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	key, err := track.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		now   time.Time
		added string
		want  string
	}{
		{"as it was posted", time.Now(), "", "True"},
		{"another body", time.Now(), " ", "False"},
		{"old", time.Now().Add(-10 * time.Minute), "", "False"},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields, body := posted(t, track.WebhookOptions{Secret: key, Now: func() time.Time { return row.now }})
			file := filepath.Join(t.TempDir(), "verify.py")
			code := snippetOf(t, "tracking.md", "python") + "import json, sys\nprint(verify('" + secret + "', json.loads(sys.argv[1]), sys.stdin.buffer.read()))\n"
			if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			run := exec.Command(python, file, fields)
			run.Stdin = strings.NewReader(body + row.added)
			out, err := run.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != row.want {
				t.Errorf("got %s, %v; want %s", got, err, row.want)
			}
		})
	}
}

// posted is what a webhook posts: its fields as JSON, and its body.
func posted(t *testing.T, o track.WebhookOptions) (fields, body string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		all := map[string]string{}
		for name := range r.Header {
			all[strings.ToLower(name)] = r.Header.Get(name)
		}
		text, _ := json.Marshal(all)
		content, _ := io.ReadAll(r.Body)
		fields, body = string(text), string(content)
	}))
	defer server.Close()
	if err := track.Webhook(server.URL, o).Receive(t.Context(), []track.Event{{ID: "request-1", Name: "ü"}}); err != nil {
		t.Fatal(err)
	}
	return fields, body
}
