//go:build unix

package s3store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/test/server"
)

// TestSaveInParts saves objects around the size of a part and reads them back.
func TestSaveInParts(t *testing.T) {
	t.Parallel()
	s, proxy, gw := faulty(t, "old")
	data := make([]byte, 16<<20+1)
	rand.NewChaCha8([32]byte{}).Read(data)
	for size, want := range map[int]string{
		0: "PUT, HEAD", 8<<20 - 1: "PUT, HEAD",
		8 << 20: "POST, PUT, POST, HEAD", 8<<20 + 1: "POST, PUT, PUT, POST, HEAD",
		16 << 20: "POST, PUT, PUT, POST, HEAD", 16<<20 + 1: "POST, PUT, PUT, PUT, POST, HEAD",
	} {
		proxy.Set(nil)
		saved, err := s.Save(t.Context(), "a", io.MultiReader(bytes.NewReader(data[:size]))) // neither sized nor seekable
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if got := strings.Join(proxy.Asked(), ", "); got != want {
			t.Errorf("%d bytes: asked %s, want %s", size, got, want)
		}
		o, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1})
		if err != nil {
			t.Fatal(err)
		}
		r, err := o.Section(t.Context(), core.Span{Length: int64(size)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data[:size]) || o.Metadata() != saved {
			t.Errorf("%d bytes: read %d, %v; metadata %+v, saved %+v", size, len(got), err, o.Metadata(), saved)
		}
		o.Close()
	}
	unfinished(t, gw)
}

// unfinished wants no upload to be left half-done.
func unfinished(t *testing.T, s *server.S3) {
	t.Helper()
	left, err := s.Client().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &s.Bucket})
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("%v uploads are left, %v", left, err)
	}
}

// TestSaveFails: after any failure the old object is there, and no parts are.
func TestSaveFails(t *testing.T) {
	t.Parallel()
	s, proxy, gw := faulty(t, "old")
	big := func() io.Reader { return io.LimitReader(zeros{}, 20<<20) }
	torn := errors.New("torn off")
	down := func(method string, from int) server.Fault {
		return func(n int, x *server.Broken) bool {
			return n >= from && x.Request.Method == method && x.Refuse(503, "SlowDown")
		}
	}
	for _, test := range []struct {
		name   string
		fault  server.Fault
		reader io.Reader
		want   error
	}{
		{"a small one, and S3 is down", down("PUT", 1), strings.NewReader("new"), storage.ErrUnavailable},
		{"a large one, and S3 is down", down("POST", 1), big(), storage.ErrUnavailable},
		{"S3 fails at the second part", down("PUT", 3), big(), storage.ErrUnavailable},
		{"S3 fails at the end", down("POST", 2), big(), storage.ErrUnavailable},
		{"a small one breaks off", nil, io.MultiReader(strings.NewReader("new"), broken{torn}), torn},
		{"a large one breaks off", nil, io.MultiReader(big(), broken{torn}), torn},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy.Set(test.fault)
			if m, err := s.Save(t.Context(), "a", test.reader); !errors.Is(err, test.want) {
				t.Errorf("got %+v, %v, want %v", m, err, test.want)
			}
			proxy.Set(nil)
			if m, err := s.Stat(t.Context(), "a"); err != nil || m.Size != 3 {
				t.Errorf("afterwards %+v, %v; want the old one", m, err)
			}
			unfinished(t, gw)
		})
	}
	t.Run("the caller goes away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		proxy.Set(func(n int, x *server.Broken) bool {
			if n == 3 {
				cancel()
			}
			return false
		})
		if _, err := s.Save(ctx, "a", big()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		unfinished(t, gw)
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
