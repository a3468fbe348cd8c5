package nethttp

import (
	"bufio"
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// heads are whole ones, of which plain ones are parsed here.
var heads = []struct {
	head  string
	plain bool
}{
	{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"HEAD /a/b%20c?q=1&r HTTP/1.1\r\nhost: [::1]:80\r\nACCEPT:  a , b\t\r\naccept: c\r\nx-y:\r\n\r\n", true},
	{"GET //a HTTP/1.0\r\nHost: x\r\n\r\n", true},
	{"GET /a\\b HTTP/1.1\r\nHost: x-y.z_1:80\r\nConnection: Close\r\n\r\n", true},
	{"GET /%2f%5C HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nCookie: é\r\n\r\n", true},
	{"GET / HTTP/1.1\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", false},
	{"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\n a: b\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", false},
	{"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", false},
	{"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET /é HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", false},
	{"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET * HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"GET / HTTP/2.0\r\nHost: x\r\n\r\n", false},
	{"get / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"POST / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"\r\n\r\n", false},
}

func TestPlainHeads(t *testing.T) {
	for _, c := range heads {
		if got := parseHead(c.head, like()) != nil; got != c.plain {
			t.Errorf("%q: taken for plain: %v, want %v", c.head, got, c.plain)
		}
	}
}

func like() *http.Request {
	return (&http.Request{ProtoMajor: 1, Body: http.NoBody}).WithContext(context.Background())
}

// FuzzHead holds what is made of a head against what net/http makes of it.
func FuzzHead(f *testing.F) {
	for _, c := range heads {
		f.Add(c.head)
	}
	f.Fuzz(func(t *testing.T, head string) {
		if headEnd([]byte(head), 0) != whole {
			return
		}
		got := parseHead(head, like())
		if got == nil {
			return
		}
		want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			t.Fatalf("%q is plain, and to net/http %v", head, err)
		}
		if want.Header.Get("Pragma") == "no-cache" && got.Header["Cache-Control"] == nil {
			delete(want.Header, "Cache-Control") // net/http adds it
		}
		type said struct {
			method, uri, proto, host string
			minor                    int
			close                    bool
			length                   int64
			encoding                 []string
		}
		of := func(r *http.Request) said {
			return said{r.Method, r.RequestURI, r.Proto, r.Host, r.ProtoMinor, r.Close, r.ContentLength, r.TransferEncoding}
		}
		if !reflect.DeepEqual(of(got), of(want)) || !reflect.DeepEqual(got.Header, want.Header) || !reflect.DeepEqual(got.URL, want.URL) {
			t.Errorf("%q:\ngot  %+v %+v %q\nwant %+v %+v %q", head, of(got), got.URL, got.Header, of(want), want.URL, want.Header)
		}
	})
}

func TestHeadEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		want headState
	}{
		{"", part}, {"GET / HTTP/1.1", part}, {"GET / HTTP/1.1\r\n", part}, {"GET / HTTP/1.1\r\nA: b\r", part}, {"GET / HTTP/1.1\r\nA: b\r\n\r", part},
		{"GET / HTTP/1.1\r\nA: b\r\n\r\n", whole}, {"\r\n\r\n", whole},
		{"GET / HTTP/1.1\r\nA: b\r\n\r\nG", odd}, {"GET / HTTP/1.1\nA", odd}, {"\n", odd}, {"GET / HTTP/1.1\r\n\n", odd},
	} {
		for seen := range len(c.text) + 1 { // however it arrives
			got := headEnd([]byte(c.text[:seen]), 0)
			if got == part {
				got = headEnd([]byte(c.text), seen)
			}
			if got != c.want && (got != odd || c.want != whole) && !(seen < len(c.text) && got == whole && c.want == odd) {
				t.Errorf("%q, %d bytes first: got %d, want %d", c.text, seen, got, c.want)
			}
		}
	}
}
