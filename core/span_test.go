package core_test

import (
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestFirstSpan(t *testing.T) {
	for _, test := range []struct {
		name string
		r    core.Request
		want core.Span
	}{
		{"everything", core.Request{Method: "GET"}, core.Span{Start: 0, Length: -1}},
		{"one range", core.Request{Method: "GET", Range: "bytes=10-19"}, core.Span{Start: 10, Length: 10}},
		{"the rest", core.Request{Method: "GET", Range: "bytes=10-"}, core.Span{Start: 10, Length: -1}},
		{"the rest, resumed", core.Request{Method: "GET", Range: "bytes=10-", IfRange: `"x"`}, core.Span{Start: 10, Length: -1}},
		{"one byte", core.Request{Method: "GET", Range: "bytes=0-0"}, core.Span{Start: 0, Length: 1}},
		{"HEAD", core.Request{Method: "HEAD"}, core.Span{}},
		{"POST", core.Request{Method: "POST"}, core.Span{}},
		{"last bytes", core.Request{Method: "GET", Range: "bytes=-5"}, core.Span{}},
		{"two ranges", core.Request{Method: "GET", Range: "bytes=0-1,5-6"}, core.Span{}},
		{"backwards", core.Request{Method: "GET", Range: "bytes=5-4"}, core.Span{}},
		{"another unit", core.Request{Method: "GET", Range: "lines=1-2"}, core.Span{}},
		{"nothing", core.Request{Method: "GET", Range: "bytes="}, core.Span{}},
		{"past all numbers", core.Request{Method: "GET", Range: "bytes=99999999999999999999-"}, core.Span{}},
		{"up to past all numbers", core.Request{Method: "GET", Range: "bytes=1-99999999999999999999"}, core.Span{Start: 1, Length: -1}},
		{"If-None-Match", core.Request{Method: "GET", IfNoneMatch: `"x"`}, core.Span{}},
		{"If-Modified-Since", core.Request{Method: "GET", IfModifiedSince: "x"}, core.Span{}},
		{"If-Match", core.Request{Method: "GET", IfMatch: `"x"`}, core.Span{}},
		{"If-Unmodified-Since", core.Request{Method: "GET", IfUnmodifiedSince: "x"}, core.Span{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := core.FirstSpan(test.r); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRepresentTakesTheStoresEncoding(t *testing.T) {
	m := core.Metadata{Size: 3, Encoding: "gzip"}
	if got := (core.Options{}).Represent("a.txt", m).ContentEncoding; got != "gzip" {
		t.Errorf("got %q, want the store's", got)
	}
	if got := (core.Options{Encoding: "br"}).Represent("a.txt", m).ContentEncoding; got != "br" {
		t.Errorf("got %q, want the option's", got)
	}
}
