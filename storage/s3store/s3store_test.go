//go:build unix

package s3store_test

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
	"github.com/downlink-go/downlink/storage/storagetest"
	"github.com/downlink-go/downlink/test/server"
)

// options are those of a store on a server.
func options(s *server.S3) s3store.Options {
	return s3store.Options{
		Bucket: s.Bucket, Region: s.Region, Endpoint: s.Endpoint, PathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.Access, s.Secret, ""),
		Timeout:     20 * time.Second, // of a busy machine
	}
}

// open opens a store that is closed when the test ends.
func open(t testing.TB, o s3store.Options) *s3store.Store {
	t.Helper()
	s, err := s3store.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// holds: S3 keeps keys of UTF-8 up to 1024 bytes, versitygw in files of these names.
func holds(key string) bool {
	for segment := range strings.SplitSeq(key, "/") {
		if len(segment) > 255 {
			return false
		}
	}
	return utf8.ValidString(key) && len(key) <= 1000
}

func TestDriver(t *testing.T) {
	s := server.StartS3(t)
	n := 0
	storagetest.Run(t, storagetest.Harness{OwnTime: true, Holds: holds, New: func(t *testing.T) (storage.Driver, storagetest.Put) {
		n++
		o := options(s)
		o.Prefix = path.Join("a b", strings.Repeat("x", n)) + "/"
		return open(t, o), func(key string, data []byte, _ time.Time) error {
			return s.Put(t.Context(), o.Prefix+key, data)
		}
	}})
}
