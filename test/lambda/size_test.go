package lambda_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// TestR3_Buffered: 4.4 MiB of all bytes arrive intact through AWS's emulator, and 4.8
// MiB by a redirect whose target gives them.
func TestR3_Buffered(t *testing.T) {
	s3 := server.StartS3(t)
	fits, large := random(4614400), random(5033165)
	for key, data := range map[string][]byte{"fits.bin": fits, "large.bin": large} {
		if err := s3.Put(t.Context(), key, data); err != nil {
			t.Fatal(err)
		}
	}
	f := server.StartFunction(t, newSite(t, s3, "", "", "").env...)
	for _, s := range []lambda.Service{lambda.REST, lambda.HTTP, lambda.FunctionURL} {
		t.Run(s.Name, func(t *testing.T) {
			if a := ask(t, s, f, get("/files/fits.bin")); a.Status != 200 || sum(a.Body) != sum(fits) {
				t.Errorf("4.4 MiB: %d, %s; want %s", a.Status, sum(a.Body), sum(fits))
			}
			a := ask(t, s, f, get("/files/large.bin"))
			if a.Status != 302 || len(a.Body) != 0 || a.Header.Get("Cache-Control") != "private, no-store" {
				t.Fatalf("4.8 MiB: %d %v, %d bytes", a.Status, a.Header, len(a.Body))
			}
			if status, _, body := follow(t, a.Header.Get("Location"), ""); status != 200 || sum(body) != sum(large) {
				t.Errorf("the redirect's target: %d, %s; want %s", status, sum(body), sum(large))
			}
			status, header, body := follow(t, a.Header.Get("Location"), "bytes=100-199")
			if status != 206 || sum(body) != sum(large[100:200]) || header.Get("Content-Disposition") != `attachment; filename="large.bin"` {
				t.Errorf("a range of it there: %d, %s, %v", status, sum(body), header)
			}
			if a := ask(t, s, f, get("/files/large.bin", "Range: bytes=1000000-")); a.Status != 206 || sum(a.Body) != sum(large[1000000:]) {
				t.Errorf("a range that fits: %d, %s", a.Status, sum(a.Body))
			}
			head := get("/files/large.bin")
			head.Method = http.MethodHead
			if a := ask(t, s, f, head); a.Status != 200 || a.Header.Get("Content-Length") != "5033165" || len(a.Body) != 0 {
				t.Errorf("HEAD: %d %v", a.Status, a.Header)
			}
		})
	}
}

func follow(t *testing.T, location, ranges string) (int, http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, location, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}
