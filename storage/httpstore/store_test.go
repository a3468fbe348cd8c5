package httpstore_test

import (
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// client may ask the server at url.
func client(t testing.TB, url string, change ...func(*httpstore.Options)) *httpstore.Client {
	t.Helper()
	o := httpstore.Options{Origins: []string{url}, Networks: loopback}
	for _, f := range change {
		f(&o)
	}
	c, err := httpstore.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// overHTTP is the store of the files that Downlink serves from another one.
func overHTTP(t *testing.T, files storage.Driver) *httpstore.Store {
	t.Helper()
	view := &download.StorageView{Store: storage.New("files", files)}
	service, err := download.New([]download.Route{{Pattern: "/f/{path...}", View: view}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(nethttp.New(service, nethttp.Options{}))
	t.Cleanup(server.Close)
	s, err := httpstore.NewStore(client(t, server.URL), server.URL+"/f/")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The suite runs against Downlink itself, over HTTP.
func TestDriver(t *testing.T) {
	holds := func(key string) bool { return !strings.Contains(key, `\`) }
	storagetest.Run(t, storagetest.Harness{NoList: true, Holds: holds, New: func(t *testing.T) (storage.Driver, storagetest.Put) {
		files := memstore.New()
		return overHTTP(t, files), func(key string, data []byte, modified time.Time) error {
			files.Put(key, data, memstore.Options{Modified: modified})
			return nil
		}
	}})
}

// What another server makes of a backslash is not known: it is asked for no such name.
func TestBackslashIsNotAskedFor(t *testing.T) {
	files := memstore.New()
	files.Put(`a\b.txt`, []byte("content"))
	if o, err := overHTTP(t, files).Open(t.Context(), `a\b.txt`); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got %v, %v, want ErrNotFound", o, err)
	}
}
