package nethttp_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
)

// Each front server is told the file in its own words, together with the file's
// fields.
func TestFieldsForEachFront(t *testing.T) {
	for _, c := range []struct {
		name string
		rule download.Rule
		want map[string]string
	}{
		{"apache", download.Rule{Front: download.Apache, Destination: "/srv/x/"}, map[string]string{"X-Sendfile": "/srv/x/é b.txt", "Accept-Ranges": "bytes"}},
		{"lighttpd", download.Rule{Front: download.Lighttpd, Destination: "/srv/x/"}, map[string]string{"X-Sendfile": "/srv/x/%C3%A9%20b.txt", "Accept-Ranges": "bytes"}},
		{"caddy", download.Rule{Front: download.Caddy, Destination: "/i/"}, map[string]string{"X-Accel-Redirect": "/i/é b.txt", "X-Downlink-Range": "bytes=2-9"}},
		{"header", download.Rule{Front: download.Header, Destination: "/p/", Field: "X-LiteSpeed-Location"}, map[string]string{"X-Litespeed-Location": "/p/%C3%A9%20b.txt"}},
		{"header as it is", download.Rule{Front: download.Header, Destination: "/p/", Field: "x-y", Raw: true}, map[string]string{"X-Y": "/p/é b.txt"}},
		{"header to a URL", download.Rule{Front: download.Header, Destination: "http://h:81/a%20b/", Field: "X-Reproxy-URL"}, map[string]string{"X-Reproxy-Url": "http://h:81/a%20b/%C3%A9%20b.txt"}},
		{"remote", download.Rule{Front: download.Nginx, Destination: "/r/", Remote: "http://h/"}, map[string]string{"X-Accel-Redirect": "/r/%C3%A9%20b.txt", "X-Downlink-Range": "bytes=2-9"}},
	} {
		c.rule.Source = "files"
		s := newSite(t, nethttp.Options{}, []download.Rule{c.rule})
		s.put(t, "é b.txt", "0123456789")
		resp, body := s.do(t, "GET", "/files/%C3%A9%20b.txt", "Range", "bytes=2-")
		if body != "" {
			t.Errorf("%s: body %q", c.name, body)
		}
		for field, want := range c.want {
			if got := strings.Join(resp.Header[field], "|"); got != want {
				t.Errorf("%s: %s = %q, want %q", c.name, field, got, want)
			}
		}
		for field := range resp.Header {
			if _, ok := c.want[field]; !ok && (strings.HasPrefix(field, "X-Accel") || strings.HasPrefix(field, "X-Send") || strings.HasPrefix(field, "X-Downlink")) {
				t.Errorf("%s: %s is sent too", c.name, field)
			}
		}
		if resp.Header.Get("Etag") == "" || resp.Header.Get("Content-Disposition") == "" {
			t.Errorf("%s: fields of the file are missing: %v", c.name, resp.Header)
		}
		for _, r := range [][]string{{"HEAD", "/files/%C3%A9%20b.txt"}, {"GET", "/files/none"}, {"GET", "/files/%C3%A9%20b.txt", "Range", "bytes=99-"}} {
			resp, _ := s.do(t, r[0], r[1], r[2:]...)
			for field := range c.want {
				if field != "Accept-Ranges" && resp.Header[field] != nil {
					t.Errorf("%s: %v: %d carries %s", c.name, r, resp.StatusCode, field)
				}
			}
		}
	}
}

// Caddy leaves a placeholder as it stands for a field that is not there.
func TestCaddyIsAlwaysToldARange(t *testing.T) {
	s := newSite(t, nethttp.Options{}, []download.Rule{{Front: download.Caddy, Source: "files", Destination: "/i/"}})
	s.put(t, "a.txt", "hello")
	if resp, _ := s.do(t, "GET", "/files/a.txt"); len(resp.Header["X-Downlink-Range"]) != 1 || resp.Header.Get("X-Downlink-Range") != "" {
		t.Errorf("X-Downlink-Range: %q, want it empty", resp.Header["X-Downlink-Range"])
	}
}

// FrontField leaves a request to the server that it came through.
func TestFrontField(t *testing.T) {
	rules := []download.Rule{
		{Front: download.Apache, Source: "files", Destination: "/srv/"},
		{Front: download.Nginx, Source: "files", Destination: "/i/"},
	}
	for front, want := range map[string]string{"": "hello", "off": "hello", "caddy": "hello", "apache": "X-Sendfile", "nginx": "X-Accel-Redirect", "nobody but apache": "X-Sendfile"} {
		opts := nethttp.Options{FrontField: "X-Front"}
		if front == "nobody but apache" {
			front, opts.Front = "", "apache"
		}
		s := newSite(t, opts, rules)
		s.put(t, "a.txt", "hello")
		resp, body := s.do(t, "GET", "/files/a.txt", "X-Front", front)
		got := body
		for _, field := range []string{"X-Sendfile", "X-Accel-Redirect"} {
			if resp.Header.Get(field) != "" {
				got += field
			}
		}
		if got != want {
			t.Errorf("through %q: got %q, want %q", front, got, want)
		}
	}
}
