package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// internals are ways to write the internal locations.
var internals = []string{
	"/_internal/files/", "/_internal/files@own/", "//_internal/files/", "/./_internal/files/", "/files/../_internal/files/", "/%5finternal/files/", "/_internal%2ffiles/",
	"/_internal%2ffiles%2f", "/%2f_internal/files/", "/_internal//files/", "/_internal/./files/", "/_internal/files//", "/_internal/x/../files/", "/%255finternal/files/",
	"/_INTERNAL/files/", "/_Internal/Files/", "/_internal/files;/", "/_internal\\files\\", "/_internal%5cfiles%5c", "/_internal/files/../files/", "/files/%2e%2e/_internal/files/",
	"/_internal/files%40own/", "/_internal/files%00/", "/_internal/%66iles/", "\\_internal/files/", "/d/../_internal/files/", "/_internal/files@own@own/",
	"http://files.test/_internal/files/", "http://evil.example/_internal/files/", "/@refused/", "/@range/",
}

func TestSecurityInternalLocation(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		for _, prefix := range internals {
			for _, name := range []string{"a.txt", "sub/b.txt", "pattern.bin", "", "none", "../canary.txt", "%2e%2e/canary.txt", "..%2fcanary.txt"} {
				for _, fields := range [][]string{{"X: y"}, {"Range: bytes=0-3"}, {"If-None-Match: *"}, {"X-Accel-Redirect: /_internal/files/a.txt"}} {
					r := v.one(t, get(prefix+name, fields...), refused...)
					if strings.Contains(string(r.body), "content") {
						t.Errorf("%s%s: got the file", prefix, name)
					}
				}
			}
		}
		for _, target := range []string{"/@refused", "/@range", "/_internal", "/_internal/", "/_internal/files", "/_internal/files@own"} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				v.one(t, ask(method, target), 400, 403, 404, 405)
			}
		}
		v.one(t, get("/_internal/files/a.txt"), 404)
	})
}

// What only Downlink may tell nginx, a client cannot: neither by a field of its
// own, nor by one that nginx might hand back.
func TestSecurityFieldsForTheFront(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		for _, target := range []string{"/files/a.txt", "/files/none", "/_internal/files/a.txt", "/", "/healthz"} {
			want := v.one(t, get(target))
			for _, field := range []string{
				"X-Accel-Redirect: /_internal/files/sub/b.txt", "X-Accel-Redirect: /etc/passwd", "x-accel-redirect: /_internal/files/sub/b.txt", "X_Accel_Redirect: /_internal/files/sub/b.txt",
				"X-Accel-Mapping: " + v.root + "=/_internal/files", "X-Accel-Mapping: /=/", "X-Accel-Limit-Rate: 1", "X-Accel-Buffering: no", "X-Accel-Expires: 1000", "X-Accel-Charset: utf-7",
				"X-Sendfile: " + v.top + "/canary.txt", "X-Sendfile-Type: X-Accel-Redirect", "X-Sendfile-Type: X-Sendfile", "X-Sendfile2: " + v.top + "/canary.txt 0-", "X-Lighttpd-Send-File: /etc/passwd",
				"X-LIGHTTPD-send-tempfile: /etc/passwd", "X-Reproxy-File: /etc/passwd",
				"X-Downlink-Front: header", "X-Downlink-Front: off", "X-Downlink-Range: bytes=0-1",
			} {
				r := v.one(t, get(target, field, field))
				if r.status != want.status || string(r.body) != string(want.body) || !slices.Equal(r.stable(), want.stable()) {
					t.Errorf("%s with %s: got %d %q, want %d %q", target, field, r.status, r.stable(), want.status, want.stable())
				}
			}
		}
	})
}

// Fields that a client names in Connection go no further than the front server (RFC
// 9110 §7.6.1): those that it sets itself go on to Downlink all the same.
func TestSecurityFieldsNamedInConnection(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, name, nil)
			for i, fields := range [][]string{
				{"Connection: close, X-Forwarded-For, X-Forwarded-Proto, X-Downlink-Front, X-Request-Id"},
				{"Connection: x-forwarded-for,x-downlink-front,close"},
				{"Connection: close", "Connection: X-Forwarded-For", "Connection: X-Downlink-Front"},
				{"Connection: close, X-Forwarded-For;X-Downlink-Front"},
				{"Connection: \"X-Forwarded-For\", close, \"X-Downlink-Front\""},
				{"Connection: close", "Proxy-Connection: X-Forwarded-For, X-Downlink-Front"},
				{"Connection: close", "Keep-Alive: X-Forwarded-For", "Proxy-Connection: close"},
			} {
				agent := fmt.Sprintf("named-%d", i)
				v.one(t, message("GET", "/files/a.txt", append(fields, "User-Agent: "+agent)...), 200)
				before, _, _ := strings.Cut(v.log(t, "user_agent="+agent), " user_agent="+agent)
				if line := before[strings.LastIndexByte(before, '\n')+1:]; !strings.Contains(line, " delivery=offload ") || !strings.HasSuffix(line, " remote=127.0.0.1") {
					t.Errorf("%q: %s", fields, line)
				}
			}
		})
	}
}

// The internal fields are really there between Downlink and nginx: else that
// none reaches a client would say nothing.
func TestSecurityFrontIsUsed(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, name, nil)
			v.one(t, get("/files/a.txt"), 200)
			if log := v.log(t, "path=/files/a.txt"); !strings.Contains(log, "delivery=offload") {
				t.Errorf("nothing was left to %s: %s", name, log)
			}
		})
	}
}

// A decision not to send comes without the file, whatever its status, and the
// names of files do not leave their location.
func TestSecurityFrontRefusals(t *testing.T) {
	prepare := func(t *testing.T, root string) string {
		for _, name := range []string{"what?x=1.txt", "a#b.txt", "%2e%2e.txt", "%2f.txt", "a%00b.txt", "a b.txt", "a;b.txt", "a%0d%0ab.txt", "$uri.txt", "${request_uri}.txt", "@range", "files@own.txt"} {
			write(t, filepath.Join(root, name), "content of "+name)
		}
		return `{"slug":"gone","key":"deleted.txt"}` + "\n"
	}
	onAll(t, prepare, func(t *testing.T, v *victim) {
		for _, name := range []string{"what?x=1.txt", "a#b.txt", "%2e%2e.txt", "%2f.txt", "a%00b.txt", "a b.txt", "a;b.txt", "a%0d%0ab.txt", "$uri.txt", "${request_uri}.txt", "@range", "files@own.txt"} {
			if r := v.one(t, get("/files/"+everyByteEscaped(name)), 200); string(r.body) != "content of "+name {
				t.Errorf("%q: got %q", name, r.body)
			}
		}
		for _, row := range []struct {
			request string
			want    int
		}{
			{ask("POST", "/files/a.txt", "Content-Length: 0"), 405}, {ask("DELETE", "/files/a.txt"), 405}, {get("/files/none"), 404}, {get("/d/gone"), 404}, {get("/files/sub"), 404},
			{get("/files/a.txt", `If-Match: "x"`), 412}, {get("/files/a.txt", "Range: bytes=99-"), 416}, {get("/files/a%zz.txt"), 400},
		} {
			r := v.one(t, row.request, row.want)
			if strings.Contains(string(r.body), "content of") {
				t.Errorf("%.60q: status %d with the file", row.request, r.status)
			}
		}
	})
}

// A rule for a folder does not cover its sibling, whose name begins the same:
// nginx is asked for the one, never for the other.
func TestSecurityFrontSiblingPrefix(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, name, nil)
			for _, target := range []string{"/files-secret/canary.txt", "/files/../root-secret/canary.txt", "/_internal/files-secret/canary.txt", "/_internal/files../root-secret/canary.txt", "/_internal/files@own../root-secret/canary.txt", "/_internal/filesecret.txt"} {
				v.refuses(t, target)
			}
			if log := v.downlink.Log(); strings.Contains(log, "delivery=offload") {
				t.Errorf("something was left to %s: %s", name, log)
			}
		})
	}
}
