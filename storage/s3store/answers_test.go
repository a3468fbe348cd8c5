//go:build unix

package s3store_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// say is a whole answer of 200.
func say(x *server.Broken, text string) bool {
	return x.Say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(text), text))
}

// ends reports whether a request completes an upload.
func ends(x *server.Broken) bool {
	return x.Request.Method == "POST" && x.Request.URL.Query().Has("uploadId")
}

// large is what is saved in two parts.
func large() *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte("x"), 8<<20+1)) }

// TestRefusedAfterAll: S3 may say 200 before it knows, and what then fails is tried again.
func TestRefusedAfterAll(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "old")
	refused := 0
	proxy.Set(func(_ int, x *server.Broken) bool {
		if !ends(x) || refused == 2 {
			return false
		}
		refused++
		return say(x, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>try again</Message></Error>")
	})
	if m, err := s.Save(t.Context(), "a", large()); err != nil || m.Size != 8<<20+1 {
		t.Errorf("saved %+v, %v", m, err)
	}
	if got := strings.Join(proxy.Asked(), ", "); got != "POST, PUT, PUT, POST, POST, POST, HEAD" {
		t.Errorf("asked %s", got)
	}
}
