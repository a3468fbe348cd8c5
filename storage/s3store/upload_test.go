//go:build unix

package s3store_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/test/server"
)

// sendPart sends bytes to a URL as a browser does, and returns the status.
func sendPart(t *testing.T, url string, data []byte) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // the status says enough
	return answer.StatusCode
}

// TestPartsThatOthersSend: an object is there when it is complete, and not before.
func TestPartsThatOthersSend(t *testing.T) {
	t.Parallel()
	gw := server.StartS3(t)
	o := options(gw)
	o.Prefix = "a b/"
	s := storage.New("files", open(t, o))
	up := s.Uploads()
	if up.Origin() != gw.Endpoint {
		t.Errorf("origin %q, want %q", up.Origin(), gw.Endpoint)
	}
	data := make([]byte, 5<<20+3)
	rand.NewChaCha8([32]byte{}).Read(data)
	id, err := up.Begin(t.Context(), "x/ü.bin")
	if err != nil {
		t.Fatal(err)
	}
	var want []storage.Part
	for i, part := range [][]byte{data[:5<<20], data[5<<20:]} {
		p := storage.Part{Number: i + 1, Size: int64(len(part))}
		url, err := up.Presign(t.Context(), "x/ü.bin", id, p, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if got := sendPart(t, url, part); got != http.StatusOK {
			t.Fatalf("part %d: status %d", p.Number, got)
		}
		want = append(want, p)
	}
	if _, err := s.Stat(t.Context(), "x/ü.bin"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("before it is complete: %v", err)
	}
	parts, err := up.Parts(t.Context(), "x/ü.bin", id)
	if err != nil || !slices.EqualFunc(parts, want, func(a, b storage.Part) bool { return a.Number == b.Number && a.Size == b.Size && a.ETag != "" }) {
		t.Fatalf("parts %v, %v; want %v", parts, err, want)
	}
	m, err := up.Complete(t.Context(), "x/ü.bin", id, parts)
	if err != nil || m.Size != int64(len(data)) {
		t.Fatalf("complete: %+v, %v", m, err)
	}
	object, err := s.Open(t.Context(), "x/ü.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	r, err := object.Section(t.Context(), core.Span{Length: m.Size})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := up.Parts(t.Context(), "x/ü.bin", id); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("its parts afterwards: %v", err)
	}
	if err := up.Abort(t.Context(), "x/ü.bin", id); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("given up afterwards: %v", err)
	}
}

// TestPartURLs: a URL is good for one part of one key, of one length, for a while.
func TestPartURLs(t *testing.T) {
	t.Parallel()
	gw := server.StartS3(t)
	s := storage.New("files", open(t, options(gw)))
	up := s.Uploads()
	id, err := up.Begin(t.Context(), "mine")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(expires time.Duration) string {
		url, err := up.Presign(t.Context(), "mine", id, storage.Part{Number: 1, Size: 4}, expires)
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
	good := sign(time.Minute)
	for name, url := range map[string]string{
		"another key":       strings.Replace(good, "/mine?", "/other?", 1),
		"another part":      strings.Replace(good, "partNumber=1", "partNumber=2", 1),
		"no part, whole":    strings.Replace(good, "partNumber=1", "", 1),
		"another upload":    strings.Replace(good, "uploadId=", "uploadId=0", 1),
		"a longer life":     strings.Replace(good, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1),
		"an unsigned field": strings.Replace(good, "content-length%3B", "", 1),
	} {
		if url == good {
			t.Errorf("%s: nothing was changed in %s", name, url)
		}
		if got := sendPart(t, url, []byte("four")); got != http.StatusForbidden && got != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 403 or 405", name, got)
		}
	}
	for _, data := range []string{"fiver", "thr"} {
		if got := sendPart(t, good, []byte(data)); got != http.StatusForbidden {
			t.Errorf("%d bytes: status %d, want 403", len(data), got)
		}
	}
	short := sign(time.Second)
	time.Sleep(2 * time.Second)
	if got := sendPart(t, short, []byte("four")); got != http.StatusForbidden {
		t.Errorf("after its life: status %d, want 403", got)
	}
	if got := sendPart(t, good, []byte("four")); got != http.StatusOK {
		t.Errorf("the URL itself: status %d", got)
	}
	if err := up.Abort(t.Context(), "mine", id); err != nil {
		t.Fatal(err)
	}
	if got := sendPart(t, good, []byte("four")); got != http.StatusNotFound {
		t.Errorf("given up: status %d, want 404", got)
	}
	unfinished(t, gw)
}

func TestUploadsThatCannotBe(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "old")
	up := s.Uploads()
	if _, err := up.Begin(t.Context(), strings.Repeat("k", 1025)); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a key that is too long: %v", err)
	}
	id, err := up.Begin(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	proxy.Set(func(_ int, x *server.Broken) bool { return x.Refuse(503, "SlowDown") })
	for name, do := range map[string]func() error{
		"begin": func() error { _, err := up.Begin(t.Context(), "a"); return err },
		"list":  func() error { _, err := up.Parts(t.Context(), "a", id); return err },
		"complete": func() error {
			_, err := up.Complete(t.Context(), "a", id, []storage.Part{{Number: 1, ETag: "x"}})
			return err
		},
		"abort": func() error { return up.Abort(t.Context(), "a", id) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "asks for fewer requests") || !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s while S3 is down: %v", name, err)
		}
	}
}
