package nethttp

import (
	"net/url"
	"testing"
)

func TestEscapedPathIsThatOfTheURL(t *testing.T) {
	for _, raw := range []string{
		"/", "/files/a.bin", "/a-b_c.d", "/a%20b", "/a%2Fb", "/a%25b", "/%7Ea", "/~a", "/a+b", "/a;b=c", "/a:b@c", "/é", "/%C3%A9", "//a//b", "/a%5Cb", "/a'(b)*!", "*",
	} {
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			u = &url.URL{Path: raw}
		}
		if got, want := escapedPath(u), u.EscapedPath(); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	u, err := url.ParseRequestURI(`/a%20\b`)
	if err != nil {
		t.Fatal(err)
	}
	if got := escapedPath(u); got != `/a%20\b` {
		t.Errorf("a raw backslash: got %q", got)
	}
	u, err = url.ParseRequestURI("http://example.org")
	if err != nil {
		t.Fatal(err)
	}
	if got := escapedPath(u); got != "/" {
		t.Errorf("a host without a path: got %q", got)
	}
}
