package awscall

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

// TestSlowRefusal: a refusal that took minutes says nothing against our clock.
func TestSlowRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := New(Options{
			Service: "s3", Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
			Timeout: 10 * time.Minute, Tries: 3, Pause: time.Millisecond,
		})
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				if _, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil {
					return
				}
				requests++
				time.Sleep(2 * time.Minute)
				_, _ = fmt.Fprintf(theirs, "HTTP/1.1 403 X\r\nDate: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", time.Now().UTC().Format(http.TimeFormat))
			}()
			return ours, nil
		}
		r := &Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "s3.invalid", Path: "/"}}
		err := c.Send(t.Context(), r, func(a *http.Response) error { return a.Body.Close() })
		if err == nil || requests != 1 {
			t.Errorf("got %v after %d requests, want one that is refused", err, requests)
		}
	})
}
