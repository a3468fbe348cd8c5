package forwardauth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/forwardauth"
	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
)

// ask asks an application of one handler about a request.
func ask(t *testing.T, o forwardauth.Options, app http.HandlerFunc, r *http.Request) error {
	t.Helper()
	s := httptest.NewServer(app)
	defer s.Close()
	o.URL = s.URL + "/auth?x=1"
	c, err := forwardauth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.Allow(t.Context(), &download.Request{Request: nethttp.Fill(r, time.Now()), Header: r.Header, Native: r})
}

func TestL2_WhatTheApplicationIsTold(t *testing.T) {
	var got *http.Request
	var body []byte
	app := func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(204)
	}
	r := httptest.NewRequest("HEAD", "https://files.example.org/m/%61%20b.pdf?x=y&link=secret&z", strings.NewReader("body"))
	r.RemoteAddr = "[::ffff:192.0.2.7]:4711"
	r.Header = http.Header{
		"Cookie": {"a=b", "c=d"}, "Authorization": {"Bearer t"}, "X-Api-Key": {"k"}, "X-Forwarded-For": {"1.2.3.4"}, "X-Forwarded-Uri": {"/other"}, "X-Original-Uri": {"/other"},
		"X-Forwarded-Proto": {"http"}, "Range": {"bytes=0-1"}, "If-None-Match": {"*"}, "Accept-Encoding": {"gzip"}, "Connection": {"X-Api-Key"},
	}
	if err := ask(t, forwardauth.Options{}, app, r); err != nil {
		t.Fatal(err)
	}
	if got.Method != "GET" || got.RequestURI != "/auth?x=1" || len(body) != 0 {
		t.Errorf("asked %s %s with a body of %q", got.Method, got.RequestURI, body)
	}
	want := http.Header{
		"Cookie": {"a=b", "c=d"}, "Authorization": {"Bearer t"}, "User-Agent": {"Downlink"},
		"X-Original-Method": {"HEAD"}, "X-Original-Uri": {"/m/a%20b.pdf?x=y&z"}, "X-Forwarded-Method": {"HEAD"}, "X-Forwarded-Uri": {"/m/a%20b.pdf?x=y&z"},
		"X-Forwarded-For": {"192.0.2.7"}, "X-Forwarded-Host": {"files.example.org"}, "X-Forwarded-Proto": {"https"},
	}
	if fmt.Sprint(got.Header) != fmt.Sprint(want) {
		t.Errorf("fields\n%v\nwant\n%v", got.Header, want)
	}

	r.TLS = nil
	if err := ask(t, forwardauth.Options{Fields: []string{"x-api-key"}}, app, r); err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("X-Api-Key") != "k" || got.Header.Get("Cookie") != "" || got.Header.Get("X-Forwarded-Proto") != "http" {
		t.Errorf("fields of one's own: %v", got.Header)
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	if err := ask(t, forwardauth.Options{FrontSetsProto: true}, app, r); err != nil || got.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("proto of the front: %q, %v", got.Header.Get("X-Forwarded-Proto"), err)
	}
}

func TestL2_WhatAnswersMean(t *testing.T) {
	denied := func(status int, challenge, location string) func(error) bool {
		return func(err error) bool {
			var d *download.Denial
			return errors.As(err, &d) && *d == download.Denial{Status: status, Challenge: challenge, Location: location}
		}
	}
	undecided := func(err error) bool {
		var d *download.Denial
		return errors.Is(err, download.ErrUndecided) && !errors.As(err, &d)
	}
	allowed := func(err error) bool { return err == nil }
	for _, row := range []struct {
		name   string
		login  bool
		status int
		fields []string
		is     func(error) bool
	}{
		{"200", false, 200, nil, allowed}, {"202", false, 202, nil, allowed}, {"204", false, 204, nil, allowed}, {"299", false, 299, nil, allowed},
		{"401", false, 401, []string{"WWW-Authenticate", `Basic realm="x"`, "WWW-Authenticate", "Bearer"}, denied(401, `Basic realm="x", Bearer`, "")},
		{"401 without a challenge", false, 401, nil, denied(401, "", "")},
		{"403", false, 403, nil, denied(403, "", "")},
		{"404", false, 404, nil, undecided}, {"400", false, 400, nil, undecided}, {"405", false, 405, nil, undecided}, {"500", false, 500, nil, undecided}, {"503", false, 503, nil, undecided},
		{"302", false, 302, []string{"Location", "/login"}, undecided},
		{"302 to log in", true, 302, []string{"Location", "/login?next=/m/a"}, denied(302, "", "/login?next=/m/a")},
		{"303 to another server", true, 303, []string{"Location", "https://sso.example.org/"}, denied(303, "", "https://sso.example.org/")},
		{"307", true, 307, []string{"Location", "/login"}, denied(307, "", "/login")},
		{"301", true, 301, []string{"Location", "/login"}, undecided}, {"304", true, 304, nil, undecided},
		{"302 to nowhere", true, 302, nil, undecided},
		{"302 to a script", true, 302, []string{"Location", "javascript:alert(1)"}, undecided},
		{"302 to a relative path", true, 302, []string{"Location", "login"}, undecided},
		{"302 without a host", true, 302, []string{"Location", "http:///x"}, undecided},
	} {
		t.Run(row.name, func(t *testing.T) {
			asked := 0
			err := ask(t, forwardauth.Options{LoginRedirect: row.login}, func(w http.ResponseWriter, _ *http.Request) {
				asked++
				for i := 0; i < len(row.fields); i += 2 {
					w.Header().Add(row.fields[i], row.fields[i+1])
				}
				w.WriteHeader(row.status)
			}, httptest.NewRequest("GET", "/m/a", nil))
			if !row.is(err) || asked != 1 {
				t.Errorf("%v, asked %d times", err, asked)
			}
		})
	}
}

func TestL2_NoAnswerIsNoYes(t *testing.T) {
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	raw := func(answer string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Write([]byte(answer))
				if answer == "" {
					<-stuck
				}
				c.Close()
			}
		}()
		return l.Addr().String()
	}
	for name, at := range map[string]string{
		"nobody listens": closed, "silence": raw(""), "closes at once": raw("\n"), "garbage": raw("SSH-2.0-x\r\n\r\n"), "endless head": raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n"),
		"only an early answer": raw("HTTP/1.1 103 Early Hints\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := forwardauth.New(forwardauth.Options{URL: "http://" + at + "/", Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r := httptest.NewRequest("GET", "/m/a", nil)
			start := time.Now()
			err = c.Allow(context.Background(), &download.Request{Request: nethttp.Fill(r, time.Now()), Header: r.Header, Native: r})
			if !errors.Is(err, download.ErrUndecided) || time.Since(start) > 5*time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
}

// A body that never ends is not waited for longer than the timeout, and a status
// that has come counts.
func TestL2_EndlessBody(t *testing.T) {
	start := time.Now()
	err := ask(t, forwardauth.Options{Timeout: 200 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	}, httptest.NewRequest("GET", "/m/a", nil))
	var d *download.Denial
	if !errors.As(err, &d) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestNewRefuses(t *testing.T) {
	for _, u := range []string{"", "127.0.0.1:80", "ftp://x/", "http://", "/auth", "http://a\x7f/"} {
		if _, err := forwardauth.New(forwardauth.Options{URL: u}); err == nil {
			t.Errorf("%q was taken", u)
		}
	}
}
