//go:build unix

package s3store_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
	"github.com/downlink-go/downlink/test/server"
)

// sentFields are what core says of a file that is hard to name.
func sentFields() []core.Field {
	d := core.Decide(core.Request{Method: "GET"},
		core.Representation{Name: `日本 "a"; b=c+d/é.txt`, Size: 5, Charset: "iso-8859-1", ContentEncoding: "gzip", Language: "de"},
		core.Capabilities{Deliveries: []core.Delivery{core.Redirect}})
	return d.Elsewhere
}

// TestPresignedAnswers asks a real server for presigned URLs of awkward keys: the
// bytes are those of the object, the fields are those that were asked for, and a URL
// in which anything was changed is refused.
func TestPresignedAnswers(t *testing.T) {
	s := server.StartS3(t)
	store := open(t, options(s))
	for _, key := range []string{"a.txt", "a b+c/100%.txt", "日本/😀.txt", "what?x=1&y.txt", "it's;(a)!*~.txt", "a%20b", "#"} {
		if err := s.Put(t.Context(), key, []byte("content of "+key)); err != nil {
			t.Fatal(err)
		}
		signed, err := store.Presign(t.Context(), key, storage.PresignOptions{Expires: time.Minute, Fields: sentFields()})
		if err != nil {
			t.Fatal(err)
		}
		resp, body := fetch(t, signed, "")
		if resp.StatusCode != 200 || body != "content of "+key {
			t.Errorf("%s: %d %.200q", key, resp.StatusCode, body)
		}
		for _, f := range sentFields() {
			if got := resp.Header.Get(f.Name); got != f.Value {
				t.Errorf("%s: %s: %q, want %q", key, f.Name, got, f.Value)
			}
		}
		if resp, body := fetch(t, signed, "bytes=3-6"); resp.StatusCode != 206 || body != "tent" {
			t.Errorf("%s: a range: %d %q", key, resp.StatusCode, body)
		}
		for _, other := range []string{
			strings.Replace(signed, "attachment", "inline", 1),
			strings.Replace(signed, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1),
			strings.Replace(signed, "/"+s.Bucket+"/", "/"+s.Bucket+"/x", 1),
			signed + "&response-expires=x",
		} {
			if resp, body := fetch(t, other, ""); resp.StatusCode < 400 {
				t.Errorf("%s is answered %d %q", other, resp.StatusCode, body)
			}
		}
	}
}

func fetch(t *testing.T, location, rng string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, location, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rng != "" {
		r.Header.Set("Range", rng)
	}
	r.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// TestPresignedHosts: where the bucket goes in a URL, and that a session's token is in it.
func TestPresignedHosts(t *testing.T) {
	key := credentials.NewStaticCredentialsProvider("AKID", "secret", "session")
	for _, test := range []struct {
		name string
		o    s3store.Options
		want string
	}{
		{"AWS", s3store.Options{Bucket: "bkt", Region: "eu-central-1"}, "https://bkt.s3.eu-central-1.amazonaws.com/p/a%20b"},
		{"AWS in China", s3store.Options{Bucket: "bkt", Region: "cn-north-1"}, "https://bkt.s3.cn-north-1.amazonaws.com.cn/p/a%20b"},
		{"bucket with a dot", s3store.Options{Bucket: "b.c", Region: "eu-central-1"}, "https://s3.eu-central-1.amazonaws.com/b.c/p/a%20b"},
		{"no region", s3store.Options{Bucket: "bkt"}, "https://bkt.s3.us-east-1.amazonaws.com/p/a%20b"},
		{"R2", s3store.Options{Bucket: "bkt", Region: "auto", Endpoint: "https://id.r2.cloudflarestorage.com"}, "https://bkt.id.r2.cloudflarestorage.com/p/a%20b"},
		{"own server", s3store.Options{Bucket: "bkt", Endpoint: "http://minio:9000", PathStyle: true}, "http://minio:9000/bkt/p/a%20b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.o.Prefix, test.o.Credentials = "p/", key
			got, err := open(t, test.o).Presign(t.Context(), "a b", storage.PresignOptions{Expires: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			place, query, _ := strings.Cut(got, "?")
			q, err := url.ParseQuery(query)
			if err != nil || place != test.want || q.Get("X-Amz-Security-Token") != "session" || q.Get("X-Amz-SignedHeaders") != "host" {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestPresignsAsTheSDK: the SDK's own client makes the same URL at the same second.
func TestPresignsAsTheSDK(t *testing.T) {
	o := s3store.Options{Bucket: "bkt", Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	ours, theirs := open(t, o), s3.NewPresignClient(s3.New(s3.Options{Region: o.Region, Credentials: o.Credentials}))
	for try := 1; ; try++ {
		got, err := ours.Presign(t.Context(), "a b/é.txt", storage.PresignOptions{Expires: time.Minute, Fields: sentFields()})
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.PresignGetObject(t.Context(), sdkInput(), s3.WithPresignExpires(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		wanted := strings.Replace(want.URL, "&x-id=GetObject", "", 1) // of no meaning to S3, and signed
		if a, b, _ := strings.Cut(got, "&X-Amz-Signature="); b != "" && strings.HasPrefix(wanted, a+"&") {
			return
		}
		if try == 5 { // a second may end between the two
			t.Fatalf("got  %s\nwant %s", got, wanted)
		}
	}
}

func sdkInput() *s3.GetObjectInput {
	in := &s3.GetObjectInput{Bucket: aws.String("bkt"), Key: aws.String("a b/é.txt")}
	for _, f := range sentFields() {
		switch f.Name {
		case "Cache-Control":
			in.ResponseCacheControl = &f.Value
		case "Content-Disposition":
			in.ResponseContentDisposition = &f.Value
		case "Content-Encoding":
			in.ResponseContentEncoding = &f.Value
		case "Content-Language":
			in.ResponseContentLanguage = &f.Value
		case "Content-Type":
			in.ResponseContentType = &f.Value
		}
	}
	return in
}

func BenchmarkPresign(b *testing.B) {
	o := s3store.Options{Bucket: "bkt", Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	store, err := s3store.New(o)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	fields, in := sentFields(), sdkInput()
	b.Run("v4", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := store.Presign(b.Context(), "a b/é.txt", storage.PresignOptions{Expires: time.Minute, Fields: fields}); err != nil {
				b.Fatal(err)
			}
		}
	})
	client := s3.NewPresignClient(s3.New(s3.Options{Region: o.Region, Credentials: aws.NewCredentialsCache(o.Credentials)}))
	b.Run("SDK", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.PresignGetObject(b.Context(), in, s3.WithPresignExpires(time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("New", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s, err := s3store.New(o)
			if err != nil {
				b.Fatal(err)
			}
			s.Close()
		}
	})
}
