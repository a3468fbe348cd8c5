package httpstore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
)

// A server of this machine is asked only because its network is named.
func ExampleNewStore() {
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "report.txt", time.Unix(1700000000, 0), strings.NewReader("the report"))
	}))
	defer remote.Close()
	client, err := httpstore.NewClient(httpstore.Options{
		Origins:  []string{remote.URL},
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	driver, err := httpstore.NewStore(client, remote.URL+"/public/")
	if err != nil {
		panic(err)
	}
	files := storage.New("remote", driver)
	ctx := context.Background()
	last := core.Span{Start: 4, Length: 6}
	object, err := files.OpenAt(ctx, "report.txt", last)
	if err != nil {
		panic(err)
	}
	defer object.Close()
	r, err := object.Section(ctx, last)
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, last.Length))
	fmt.Println(object.Metadata().Size, string(text), err)
	// Output: 10 report <nil>
}
