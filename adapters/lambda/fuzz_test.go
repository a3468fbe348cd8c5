package lambda_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/downlink-go/downlink/adapters/lambda"
)

// FuzzHandle: whatever the event, there is an error or an answer that the sender can
// read, and nothing panics.
func FuzzHandle(f *testing.F) {
	for _, form := range forms {
		f.Add([]byte(event(form.form, form.multi, "GET", "/f/a.bin", "Range: bytes=0-1,5-6", "Cookie: a=b")))
		f.Add([]byte(event(form.form, form.multi, "HEAD", "/", "If-None-Match: *")))
	}
	f.Add([]byte(`{"version":"2.0","rawPath":"/%","requestContext":{"http":{"method":"\u0000"}},"headers":null,"cookies":[""],"body":"!","isBase64Encoded":true}`))
	h := func(t *testing.T) *lambda.Handler {
		all := pages(t).Page
		return site(t, map[string][]byte{"a.bin": bytesOf(100)}, lambda.Options{Page: func(path string) http.Handler {
			if path != "/" { // others fail on purpose
				return nil
			}
			return all(path)
		}})
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, err := h(t).Handle(t.Context(), json.RawMessage(payload))
		if err != nil {
			return
		}
		defer out.(io.Closer).Close()
		b, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		var r reply
		if err := json.Unmarshal(b, &r); err != nil || r.StatusCode < 200 || r.StatusCode >= 500 || len(b) > 6291556 {
			t.Errorf("%v: %.300s", err, b)
		}
	})
}
