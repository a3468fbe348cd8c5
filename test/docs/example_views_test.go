package docs_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/catalog/jsonl"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
)

// The snippet of docs/views.md.

func months() download.View {
	view := &download.VirtualView{
		Make: func(_ context.Context, r *download.Request) (download.Virtual, error) {
			lines := func(yield func([]byte) bool) {
				for month := 1; month <= 12; month++ {
					if !yield(fmt.Appendf(nil, "%s-%02d\n", r.Param("year"), month)) {
						return // the client went away
					}
				}
			}
			return download.Virtual{Name: "months.txt", Content: download.Chunks(lines, 12*8)}, nil
		},
	}
	return view
}

func TestViewsPage(t *testing.T) {
	service, err := download.New([]download.Route{{Pattern: "/{year}", View: months()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := nethttp.New(service, nethttp.Options{})
	resp := downloadtest.Get(t, handler, "/2026")
	if resp.ContentLength != 96 || resp.Header.Get("Accept-Ranges") != "none" {
		t.Errorf("%d bytes, Accept-Ranges %q", resp.ContentLength, resp.Header.Get("Accept-Ranges"))
	}
	if b, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(b), "2026-11\n2026-12\n") {
		t.Errorf("%q, %v", b, err)
	}
}

// The items that pages show are ones that can be imported.
func TestItemSnippets(t *testing.T) {
	for _, s := range snippets(t, "json") {
		if !strings.Contains(s.text, `"slug"`) {
			continue
		}
		if _, err := jsonl.Read(strings.NewReader(s.text), []string{"files"}, ""); err != nil {
			t.Errorf("%s: %v", s.page, err)
		}
	}
}
