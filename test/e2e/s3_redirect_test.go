package e2e

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestD6_RedirectToS3 sends clients to a real S3 server: they get the bytes under the
// name and type that Downlink says, and nobody else learns the link.
func TestD6_RedirectToS3(t *testing.T) {
	content := pattern(300_000)
	b := newBucket(t, map[string][]byte{"a b.bin": content}, "delivery = \"redirect\"", `
[[views]]
pattern = "/named/{path...}"
kind = "storage"
store = "files"
basename = "日本 \"1\".pdf"
mimetype = "application/pdf"
cache_control = "private, max-age=60"
`)
	named := "http://" + b.downlink.Addr + "/named/a%20b.bin"
	b.Set(nil)
	resp, body := fetch(t, named)
	location := resp.Header.Get("Location")
	if resp.StatusCode != 302 || body != "" || !strings.HasPrefix(location, "http://"+b.Addr+"/files/a%20b.bin?") {
		t.Fatalf("%d %q to %q", resp.StatusCode, body, location)
	}
	for name, want := range map[string]string{
		"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"ETag": "", "Content-Disposition": "", "Content-Type": "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := strings.Join(b.Asked(), ", "); got != "HEAD" {
		t.Errorf("S3 was asked %s, want HEAD", got)
	}
	head, err := http.Head(b.url + "a%20b.bin") // follows no redirect: there is none
	if err != nil || head.Request.URL.Host != b.downlink.Addr || head.StatusCode != 200 || head.ContentLength != int64(len(content)) {
		t.Errorf("HEAD: %v, %v; want 200 from Downlink", head, err)
	}

	there, body := fetch(t, location)
	if there.StatusCode != 200 || body != string(content) {
		t.Errorf("there: %d, %d bytes", there.StatusCode, len(body))
	}
	head, err = http.Head(named)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Content-Disposition", "Content-Type", "Cache-Control", "ETag"} {
		if here := head.Header.Get(name); there.Header.Get(name) != here || here == "" {
			t.Errorf("%s: %q there, %q here", name, there.Header.Get(name), here)
		}
	}
	if part, body := fetch(t, location, "Range", "bytes=1000-1009", "If-Range", head.Header.Get("ETag")); part.StatusCode != 206 || body != string(content[1000:1010]) {
		t.Errorf("a range there: %d, %d bytes", part.StatusCode, len(body))
	}

	query, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	signature := query.Query().Get("X-Amz-Signature")
	b.logged(t, "redirect=http://"+b.Addr+"/files/a%20b.bin")
	explained := server.Run(t, "explain", "GET", "/named/a%20b.bin", "--config", b.conf)
	if !strings.Contains(explained, "redirect") || strings.Contains(explained, "X-Amz-Signature") {
		t.Errorf("explain says %s", explained)
	}
	if len(signature) != 64 || strings.Contains(b.downlink.Log(), signature) || strings.Contains(b.downlink.Log(), "X-Amz-") {
		t.Error("the log has the signature")
	}
}

// TestD6_RealClientsFollow: curl and wget save the file under Downlink's name or the
// URL's, ranges and resuming included.
func TestD6_RealClientsFollow(t *testing.T) {
	content := pattern(300_000)
	b := newBucket(t, map[string][]byte{"report.bin": content}, "delivery = \"redirect\"", "")
	curl := need.Command(t, "curl")
	dir := t.TempDir()
	client(t, dir, curl, "-sSLOJ", b.url+"report.bin")
	saved, err := os.ReadFile(filepath.Join(dir, "report.bin"))
	if err != nil || string(saved) != string(content) {
		t.Errorf("curl -LOJ: %d bytes, %v", len(saved), err)
	}
	write(t, filepath.Join(dir, "part"), string(content[:100_000]))
	client(t, dir, curl, "-sSL", "-C", "-", "-o", "part", b.url+"report.bin")
	if saved, err := os.ReadFile(filepath.Join(dir, "part")); err != nil || string(saved) != string(content) {
		t.Errorf("curl -C -: %d bytes, %v", len(saved), err)
	}
	client(t, dir, need.Command(t, "wget"), "-q", "--content-disposition", "-P", "w", b.url+"report.bin")
	if saved, err := os.ReadFile(filepath.Join(dir, "w", "report.bin")); err != nil || string(saved) != string(content) {
		t.Errorf("wget: %d bytes, %v", len(saved), err)
	}
}

// TestD6_LinkExpires: a link is good for as long as it was made for.
func TestD6_LinkExpires(t *testing.T) {
	b := newBucket(t, map[string][]byte{"a": []byte("content")}, "delivery = \"redirect\"\nredirect_expires = \"1s\"", "")
	resp, _ := fetch(t, b.url+"a")
	location := resp.Header.Get("Location")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		there, body := fetch(t, location)
		if there.StatusCode >= 400 && there.StatusCode < 500 {
			break
		}
		if there.StatusCode != 200 || body != "content" || time.Now().After(end) {
			t.Fatalf("%d %q, want the file and then no more", there.StatusCode, body)
		}
	}
}

// TestD6_UnsignedPublicURL: the public copy is used by those who said so, and by
// nobody else.
func TestD6_UnsignedPublicURL(t *testing.T) {
	b := newBucket(t, map[string][]byte{"a b": []byte("content")}, "delivery = \"redirect\"\nunsigned_public_url = \"https://mirror.example.org/x\"", "")
	if resp, _ := fetch(t, b.url+"a%20b"); resp.StatusCode != 302 || resp.Header.Get("Location") != "https://mirror.example.org/x/a%20b" {
		t.Errorf("%d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	if resp, _ := fetch(t, b.url+"none"); resp.StatusCode != 404 {
		t.Errorf("nothing: %d, want 404", resp.StatusCode)
	}
}

// TestD8_Ladder: how a file goes out is chosen by size, store and view, and a file
// that may only go by a way that is closed does not go.
func TestD8_Ladder(t *testing.T) {
	b := newBucket(t, map[string][]byte{"small": make([]byte, 999), "large": make([]byte, 1000)}, "delivery = \"auto\"\nredirect_min_bytes = 1000", `
[[views]]
pattern = "/stream/{path...}"
kind = "storage"
store = "files"
delivery = "stream"
[[views]]
pattern = "/redirect/{path...}"
kind = "storage"
store = "files"
delivery = "redirect"
`)
	at := "http://" + b.downlink.Addr
	for path, want := range map[string]int{
		"/files/small": 200, "/files/large": 302, "/stream/large": 200, "/redirect/small": 302, "/redirect/none": 404, "/files/none": 404,
	} {
		resp, body := fetch(t, at+path)
		if resp.StatusCode != want || want == 200 && len(body) < 999 || (resp.Header.Get("Location") != "") != (want == 302) {
			t.Errorf("%s: %d, %d bytes, Location %q; want %d", path, resp.StatusCode, len(body), resp.Header.Get("Location"), want)
		}
	}
	if resp, _ := fetch(t, at+"/redirect/large", "If-None-Match", "*"); resp.StatusCode != 304 {
		t.Errorf("what the client has: %d, want 304", resp.StatusCode)
	}
	if resp, _ := fetch(t, at+"/redirect/large", "Range", "bytes=5000-"); resp.StatusCode != 416 {
		t.Errorf("a range of nothing: %d, want 416", resp.StatusCode)
	}
	for _, status := range []int{500, 403} {
		b.Set(func(_ int, x *server.Broken) bool { return x.Refuse(status, "AccessDenied") })
		for _, path := range []string{"/redirect/large", "/files/large", "/stream/large"} {
			if resp, _ := fetch(t, at+path); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Location") != "" {
				t.Errorf("%s while S3 says %d: %d, Location %q; want 503", path, status, resp.StatusCode, resp.Header.Get("Location"))
			}
		}
	}
}

// TestD6_CloudFront sends clients to a distribution, by the key pair that docs/s3.md
// makes; openssl verifies what CloudFront would.
func TestD6_CloudFront(t *testing.T) {
	openssl := need.Command(t, "openssl")
	keys := t.TempDir()
	client(t, keys, openssl, "genrsa", "-out", "cloudfront.pem", "2048")
	client(t, keys, openssl, "rsa", "-in", "cloudfront.pem", "-pubout", "-out", "public.pem")
	if err := os.Chmod(filepath.Join(keys, "cloudfront.pem"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBucket(t, map[string][]byte{"a b.bin": []byte("content")}, "delivery = \"redirect\"\ncloudfront_url = \"https://cdn.example.org/x\"\ncloudfront_key_id = \"KID\"\n"+
		"cloudfront_key_file = \""+filepath.Join(keys, "cloudfront.pem")+"\"", "")
	resp, _ := fetch(t, b.url+"a%20b.bin")
	location := resp.Header.Get("Location")
	resource, rest, _ := strings.Cut(location, "&Expires=")
	expires, rest, _ := strings.Cut(rest, "&Signature=")
	signature, id, _ := strings.Cut(rest, "&Key-Pair-Id=")
	place, query, _ := strings.Cut(resource, "?")
	if resp.StatusCode != 302 || place != "https://cdn.example.org/x/a%20b.bin" || id != "KID" {
		t.Fatalf("%d to %q", resp.StatusCode, location)
	}
	if q, err := url.ParseQuery(query); err != nil || q.Get("response-content-disposition") != `attachment; filename="a b.bin"` {
		t.Errorf("disposition %q, %v", q.Get("response-content-disposition"), err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "=", "~", "/").Replace(signature))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, "signature"), string(raw))
	write(t, filepath.Join(keys, "policy"), `{"Statement":[{"Resource":"`+resource+`","Condition":{"DateLessThan":{"AWS:EpochTime":`+expires+`}}}]}`)
	said := client(t, keys, openssl, "dgst", "-sha1", "-verify", "public.pem", "-signature", "signature", "policy")
	if !strings.Contains(said, "Verified OK") {
		t.Errorf("openssl says %q", said)
	}
	b.logged(t, "redirect=https://cdn.example.org/x/a%20b.bin")
	if strings.Contains(b.downlink.Log(), signature) {
		t.Error("the log has the signature")
	}
}
