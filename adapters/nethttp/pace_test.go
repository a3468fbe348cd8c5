package nethttp_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/memstore"
)

// limited is a view of one file at a rate.
func limited(store *storage.Store, rate int64) download.View {
	return download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
		return download.File{Store: store, Key: "a.bin", Rate: rate}, nil
	})
}

// A download takes the time that its rate says, wherever its bytes are.
func TestC8_RateOfADownload(t *testing.T) {
	t.Parallel()
	data := make([]byte, 40_000)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.bin"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	local, err := dirstore.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	memory := memstore.New()
	memory.Put("a.bin", data)
	s := newSite(t, nethttp.Options{}, nil,
		download.Route{Pattern: "/local", View: limited(storage.New("local", local), 80_000)},
		download.Route{Pattern: "/memory", View: limited(storage.New("memory", memory), 80_000)},
	)
	for _, path := range []string{"/local", "/memory"} {
		start := time.Now()
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if took := time.Since(start); err != nil || len(body) != len(data) || took < 250*time.Millisecond {
			t.Errorf("%s: %d bytes, %v, in %v; want half a second", path, len(body), err, took)
		}
	}
}

// A client that goes away is not waited for.
func TestC8_RateOfAClientThatLeaves(t *testing.T) {
	t.Parallel()
	memory := memstore.New()
	memory.Put("a.bin", make([]byte, 1<<20))
	s := newSite(t, nethttp.Options{AccessLog: true}, nil, download.Route{Pattern: "/a", View: limited(storage.New("memory", memory), 4)})
	ctx, leave := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/a", nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Read(make([]byte, 1))
	leave()
	resp.Body.Close()
	s.Close() // waits for what is still being served
}

func TestC8_RateThroughNginx(t *testing.T) {
	for name, row := range map[string]struct {
		rule, item int64
		want       string
	}{
		"none": {0, 0, ""}, "the item's": {0, 500, "500"}, "the rule's": {500, 0, "500"}, "the lower one": {500, 400, "400"},
		"the lower one is the rule's": {300, 400, "300"}, "the rule has none at all": {-1, 400, "400"}, "none at all": {-1, 0, "0"},
	} {
		memory := memstore.New()
		memory.Put("a.bin", []byte("x"))
		s := newSite(t, nethttp.Options{}, []download.Rule{{Source: "m", Destination: "/i/", LimitRate: row.rule}},
			download.Route{Pattern: "/a", View: limited(storage.New("m", memory), row.item)})
		resp, err := http.Get(s.URL + "/a")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("X-Accel-Limit-Rate"); got != row.want || resp.Header.Get("X-Accel-Redirect") == "" {
			t.Errorf("%s: X-Accel-Limit-Rate is %q, want %q; %v", name, got, row.want, resp.Header)
		}
	}
}
