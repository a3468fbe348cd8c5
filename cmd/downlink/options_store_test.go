package main

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// bucket runs an S3 server with the objects a.txt and p/b.txt, whose key is in the
// environment, and returns it with the configuration of a store and a view of it.
func bucket(t *testing.T) (*server.S3, string) {
	t.Helper()
	s := server.StartS3(t)
	for key, content := range map[string]string{"a.txt": "hello", "p/b.txt": "below"} {
		if err := s.Put(t.Context(), key, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	for _, variable := range s.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	return s, fmt.Sprintf("[stores.files]\ndriver = \"s3\"\nendpoint = %q\nbucket = %q\nregion = %q\npath_style = true\n", s.Endpoint, s.Bucket, s.Region)
}

const bucketView = "[[views]]\npattern = \"/f/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n"

// needed tests that a line of the store is needed to have the file, and not what
// takes its place.
func needed(name, instead string) func(*testing.T) {
	return func(t *testing.T) {
		_, toml := bucket(t)
		resp, body := start(t, toml+bucketView).get("/f/a.txt")
		if resp.StatusCode != 200 || body != "hello" {
			t.Fatalf("%d %q", resp.StatusCode, body)
		}
		var without strings.Builder
		for line := range strings.Lines(toml) {
			if strings.HasPrefix(line, name+" =") {
				line = instead
			}
			without.WriteString(line)
		}
		if resp, _ := start(t, without.String()+bucketView).get("/f/a.txt"); resp.StatusCode != 503 {
			t.Errorf("%d with another %s, want 503", resp.StatusCode, name)
		}
	}
}

// silent is a server that says what it is told and then nothing.
func silent(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go func() {
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					fmt.Fprint(c, answer)
				}
			}()
		}
	}()
	return "[stores.files]\ndriver = \"s3\"\nbucket = \"b\"\nendpoint = \"http://" + l.Addr().String() + "\"\n"
}

// location tests that a store with the lines sends clients to a place.
func location(lines string, want ...string) func(*testing.T) {
	return func(t *testing.T) {
		_, toml := bucket(t)
		got := start(t, toml+lines+bucketView).field("/f/a.txt", "Location")
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("Location %q does not have %q", got, part)
			}
		}
	}
}

// distribution tests that CloudFront's keys make the link.
func distribution(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path, text := filepath.Join(t.TempDir(), "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_CLOUDFRONT_KEY", string(text))
	for _, line := range []string{fmt.Sprintf("cloudfront_key_file = %q\n", path), "cloudfront_key_env = \"TEST_CLOUDFRONT_KEY\"\n"} {
		lines := "path = \"files\"\ndelivery = \"redirect\"\ncloudfront_url = \"https://cdn.example.org/x\"\ncloudfront_key_id = \"KID\"\n" + line
		got := start(t, strings.Replace(view, "path = \"files\"\n", lines, 1)).field("/f/a.txt", "Location")
		if !strings.HasPrefix(got, "https://cdn.example.org/x/a.txt?response-cache-control=") || !strings.HasSuffix(got, "&Key-Pair-Id=KID") {
			t.Errorf("%s: Location %q", line, got)
		}
	}
}

// storeOptions are the tests of the keys of stores that are not folders.
var storeOptions = map[string]func(t *testing.T){
	"[stores.NAME] bucket": func(t *testing.T) {
		needed("bucket", "bucket = \"nobucket\"\n")(t)
		s, toml := bucket(t)
		t.Setenv("TEST_BUCKET", s.Bucket)
		toml = strings.Replace(toml, fmt.Sprintf("%q", s.Bucket), `"$TEST_BUCKET"`, 1)
		if _, body := start(t, toml+bucketView).get("/f/a.txt"); body != "hello" {
			t.Errorf("body %q of the bucket that a variable names", body)
		}
	},
	"[stores.NAME] region":   needed("region", "region = \"us-west-2\"\n"),
	"[stores.NAME] endpoint": needed("endpoint", "endpoint = \"http://127.0.0.1:1\"\n"),
	"[stores.NAME] path_style": func(t *testing.T) {
		s, toml := bucket(t)
		toml = strings.Replace(toml, "127.0.0.1", "localhost", 1) // numbers are never put behind a bucket's name
		if resp, _ := start(t, toml+bucketView).get("/f/a.txt"); resp.StatusCode != 200 {
			t.Fatalf("%d in the style of paths, of %s", resp.StatusCode, s.Addr)
		}
		toml = strings.Replace(toml, "path_style = true", "path_style = false", 1)
		if resp, _ := start(t, toml+bucketView).get("/f/a.txt"); resp.StatusCode != 503 {
			t.Errorf("%d in the other style, want 503: the server does not know it", resp.StatusCode)
		}
	},
	"[stores.NAME] prefix": func(t *testing.T) {
		_, toml := bucket(t)
		_, body := start(t, toml+"prefix = \"p\"\n"+bucketView).get("/f/b.txt")
		if body != "below" {
			t.Errorf("body %q", body)
		}
	},
	"[stores.NAME] credentials_file": func(t *testing.T) {
		s, toml := bucket(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "another")
		for toml, want := range map[string]int{toml: 503, s.Store(t, s.Endpoint): 200} {
			if resp, _ := start(t, toml+bucketView).get("/f/a.txt"); resp.StatusCode != want {
				t.Errorf("with %s\n%d, want %d", toml, resp.StatusCode, want)
			}
		}
	},
	"[stores.NAME] timeout": func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "a")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
		r := start(t, silent(t, "")+"timeout = \"150ms\"\n"+bucketView)
		resp, _ := r.get("/f/a.txt")
		r.want("status", resp.StatusCode, 503)
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), "within 150ms") })
	},
	"[stores.NAME] read_timeout": func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "a")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
		const answer = "HTTP/1.1 206 Partial Content\r\nETag: \"x\"\r\nContent-Range: bytes 0-99999/100000\r\nContent-Length: 100000\r\n\r\nthe start"
		r := start(t, silent(t, answer)+"read_timeout = \"50ms\"\n"+bucketView)
		c := r.dial()
		fmt.Fprint(c, "GET /f/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), "after 50ms") })
	},
	"[stores.NAME] delivery":            location("delivery = \"redirect\"\n", "/files/a.txt?", "X-Amz-Signature=", "X-Amz-Expires=300&"),
	"[stores.NAME] redirect_min_bytes":  location("delivery = \"auto\"\nredirect_min_bytes = 5\n", "/files/a.txt?"),
	"[stores.NAME] redirect_expires":    location("delivery = \"redirect\"\nredirect_expires = \"1m\"\n", "X-Amz-Expires=60&"),
	"[stores.NAME] cloudfront_url":      distribution,
	"[stores.NAME] cloudfront_key_id":   distribution,
	"[stores.NAME] cloudfront_key_file": distribution,
	"[stores.NAME] cloudfront_key_env":  distribution,
	"[stores.NAME] unsigned_public_url": func(t *testing.T) {
		toml := strings.Replace(view, "path = \"files\"\n", "path = \"files\"\ndelivery = \"redirect\"\nunsigned_public_url = \"https://mirror.example.org/x\"\n", 1)
		r := start(t, toml)
		r.want("Location", r.field("/f/sub/b.txt", "Location"), "https://mirror.example.org/x/sub/b.txt")
		r.want("Location of what is not there", r.field("/f/sub/none.txt", "Location"), "")
	},
	"[[views]] delivery": func(t *testing.T) {
		_, toml := bucket(t)
		for lines, want := range map[string]int{"": 200, "delivery = \"redirect\"\n": 302} {
			if resp, _ := start(t, toml+bucketView+lines).get("/f/a.txt"); resp.StatusCode != want {
				t.Errorf("with %q: %d, want %d", lines, resp.StatusCode, want)
			}
		}
	},
}
