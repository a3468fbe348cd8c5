//go:build unix

package s3store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
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

// TestOtherAnswers: what is no answer of S3's is not taken for an empty one.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "old")
	up := s.Uploads()
	for name, do := range map[string]func() error{
		"list":  func() error { return s.List(t.Context(), "", func(storage.Entry) bool { return true }) },
		"parts": func() error { _, err := up.Parts(t.Context(), "a", "id"); return err },
		"begin": func() error { _, err := up.Begin(t.Context(), "a"); return err },
		"complete": func() error {
			_, err := up.Complete(t.Context(), "a", "id", []storage.Part{{Number: 1, ETag: "x"}})
			return err
		},
	} {
		for _, text := range []string{
			`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>Log in first</body></html>`,
			"<InitiateMultipartUploadResult/>", "<CompleteMultipartUploadResult/>",
		} {
			proxy.Set(func(_ int, x *server.Broken) bool { return say(x, text) })
			if err := do(); !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("%s answered by %s: %v", name, text, err)
			}
		}
	}
}

// TestPages: pages are asked for until S3 says that there is no further one, and not for
// ever.
func TestPages(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "old")
	list := func() error { return s.List(t.Context(), "", func(storage.Entry) bool { return true }) }
	parts := func() error { _, err := s.Uploads().Parts(t.Context(), "a", "id"); return err }
	for _, test := range []struct {
		name  string
		do    func() error
		pages []string // the last of them is said on and on
		asked int
		want  error
	}{
		{"a token after the end", list, []string{"<ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>"}, 1, nil},
		{"two pages", list, []string{"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>", "<ListBucketResult/>"}, 2, nil},
		{"no token", list, []string{"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}, 1, storage.ErrUnavailable},
		{"the same token", list, []string{"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>"}, 2, storage.ErrUnavailable},
		{"two pages of parts", parts, []string{"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>", "<ListPartsResult/>"}, 2, nil},
		{"no marker", parts, []string{"<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>"}, 1, storage.ErrUnavailable},
		{"the same marker", parts, []string{"<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker></ListPartsResult>"}, 2, storage.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy.Set(func(n int, x *server.Broken) bool {
				if n > 10 { // it would never end
					return x.Refuse(403, "AccessDenied")
				}
				return say(x, test.pages[min(n, len(test.pages))-1])
			})
			if err := test.do(); !errors.Is(err, test.want) || len(proxy.Asked()) != test.asked {
				t.Errorf("got %v after %d pages, want %v after %d", err, len(proxy.Asked()), test.want, test.asked)
			}
		})
	}
}

// TestEmptyChunkedAnswers: they leave the connection as it is.
func TestEmptyChunkedAnswers(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // as a server does
		w.Header().Set("ETag", `"e"`)
		if r.Method == http.MethodPut {
			_ = http.NewResponseController(w).Flush() // what follows goes in chunks
		}
	}))
	front.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	front.Start()
	t.Cleanup(front.Close)
	s := storage.New("s3", open(t, s3store.Options{
		Bucket: "files", Endpoint: front.URL, PathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("a", "s", ""),
	}))
	for range 10 {
		if _, err := s.Save(t.Context(), "a", strings.NewReader("new")); err != nil {
			t.Fatal(err)
		}
	}
	if n := made.Load(); n > 4 { // two clients, each of which may dial once too often
		t.Errorf("%d connections for 10 objects, want two", n)
	}
}

// TestTypeOfSaved: what is saved has the type that says nothing, however large it is.
func TestTypeOfSaved(t *testing.T) {
	t.Parallel()
	s, proxy, gw := faulty(t, "old")
	for name, r := range map[string]io.Reader{"small": strings.NewReader("new"), "large": large()} {
		var sent string
		proxy.Set(func(n int, x *server.Broken) bool {
			if n == 1 {
				sent = x.Request.Header.Get("Content-Type")
			}
			return false
		})
		if _, err := s.Save(t.Context(), name, r); err != nil {
			t.Fatal(err)
		}
		object, err := gw.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &gw.Bucket, Key: &name})
		if err != nil {
			t.Fatal(err)
		}
		if kept, want := aws.ToString(object.ContentType), "application/octet-stream"; sent != want || kept != want {
			t.Errorf("%s: sent as %q and kept as %q, want %q", name, sent, kept, want)
		}
	}
}
