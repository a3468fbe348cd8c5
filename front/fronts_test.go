package front_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/front"
)

var files = []front.Location{
	{Comment: "Files of one.", Prefix: "/i/", OwnPrefix: "/i@own/", Dir: "/srv/my \"files\"/"},
	{Comment: "Files of two.", Prefix: "/j/", OwnPrefix: "/j@own/", Dir: "/srv/two"},
	{Comment: "The same.", Prefix: "/k/", OwnPrefix: "/k@own/", Dir: "/srv/two/"},
}

type writer interface{ Write(io.Writer) error }

func wants(t *testing.T, w writer, lines ...string) {
	t.Helper()
	var b bytes.Buffer
	if err := w.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if strings.Count(b.String(), line) != 1 {
			t.Errorf("%q is there %d times in:\n%s", line, strings.Count(b.String(), line), b.String())
		}
	}
}

func TestApache(t *testing.T) {
	wants(t, front.Apache{Upstream: "unix:/run/d.sock", Listen: "10.0.0.1:81", ServerName: "x.example", Locations: files},
		`ProxyPass "/" "unix:/run/d.sock|http://downlink.invalid/" `, "<VirtualHost 10.0.0.1:81>", `ServerName "x.example"`,
		"# Files of one.\n    XSendFilePath \"/srv/my \\\"files\\\"\"\n", "# Files of two. The same.\n    XSendFilePath \"/srv/two\"\n",
		"RequestHeader set X-Downlink-Front apache")
	wants(t, front.Apache{Upstream: ":8080"}, `ProxyPass "/" "http://127.0.0.1:8080/" `, "<VirtualHost *:80>")
}

func TestLighttpd(t *testing.T) {
	wants(t, front.Lighttpd{Upstream: "unix:/run/d.sock", Listen: "10.0.0.1:81", Locations: files},
		`"host" => "/run/d.sock"`, `$SERVER["socket"] == "10.0.0.1:81" {`,
		`"x-sendfile-docroot" => ( "/srv/my \"files\"/", "/srv/two/" )`, `"X-Downlink-Front" => "lighttpd"`)
	wants(t, front.Lighttpd{Upstream: "[::]:8080", ServerName: "x.example", Locations: files}, `"host" => "127.0.0.1"`, `"port" => 8080`, `$HTTP["host"] == "x.example" {`)
	wants(t, front.Lighttpd{Upstream: "127.0.0.1:1"}, `$HTTP["host"] =~ "" {`)
}

func TestCaddy(t *testing.T) {
	wants(t, front.Caddy{Upstream: "unix:/run/d.sock", Site: "x.example", Locations: files},
		`reverse_proxy "unix//run/d.sock" {`, "\nx.example {", "@files0 header X-Accel-Redirect /i/*", "@own2 header X-Accel-Redirect /k@own/*",
		"@coded1 {\n\t\t\theader X-Accel-Redirect /j@own/*\n", "@undated1 {\n\t\t\theader X-Accel-Redirect /j@own/*\n",
		"uri strip_prefix /j\n", "header_up X-Downlink-Front caddy")
	wants(t, front.Caddy{Upstream: "a.internal:1"}, `reverse_proxy "a.internal:1" {`, "\n:80 {")
	var b bytes.Buffer
	if err := (front.Caddy{Locations: files}).Write(&b); err != nil || strings.Count(b.String(), `root * "/srv/my \"files\""`) != 4 {
		t.Errorf("%v: the root is not there four times:\n%s", err, b.String())
	}
}

func TestRemote(t *testing.T) {
	at := func(url string) front.Nginx {
		return front.Nginx{Upstream: "a:1", Locations: []front.Location{{Prefix: "/r/", Remote: url}}}
	}
	wants(t, at("https://files.example:8443/pub/"), "proxy_pass https://files.example:8443/pub/;", "proxy_set_header Host files.example:8443;",
		"proxy_ssl_name files.example;", "proxy_ssl_verify on;", `proxy_set_header Cookie "";`, `proxy_set_header Authorization "";`,
		"proxy_hide_header Set-Cookie;", "proxy_hide_header Content-Disposition;", "proxy_ignore_headers X-Accel-Redirect")
	var b bytes.Buffer
	if err := at("http://files.example/").Write(&b); err != nil || strings.Contains(b.String(), "ssl") || strings.Contains(b.String(), "alias") {
		t.Errorf("%v: over HTTP:\n%s", err, b.String())
	}
	for _, bad := range []string{"http://files.example/$uri/", "http:///x/", "http://a b/", "http://a/\"/"} {
		if err := at(bad).Write(io.Discard); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// What a server would read as a variable, or as the end of a line, is refused.
func TestNamesThatNoServerCanBeTold(t *testing.T) {
	dir := func(d string) []front.Location { return []front.Location{{Dir: d}} }
	for _, w := range []writer{
		front.Nginx{Locations: dir("/srv/$x")}, front.Apache{Upstream: "a:1", Locations: dir("/srv/${x}")}, front.Caddy{Locations: dir("/srv/{env.X}")},
		front.Caddy{Locations: dir(`/srv/a\b`)}, front.Apache{Upstream: "unix:/a|b"}, front.Caddy{Upstream: "unix:/a b"}, front.Lighttpd{Upstream: "nothing"},
		front.Nginx{Locations: dir("/a\nb")}, front.Apache{Locations: dir("/a\nb")}, front.Lighttpd{Upstream: "a:1", Locations: dir("/a\nb")}, front.Caddy{Locations: dir("/a\nb")},
	} {
		var b bytes.Buffer
		if err := w.Write(&b); err == nil || b.Len() > 0 {
			t.Errorf("%+v: %v, %d bytes written", w, err, b.Len())
		}
	}
}

// With the admin each takes uploads of any size, without it bodies of none: nobody
// wants any.
func TestAdmin(t *testing.T) {
	wants(t, front.Nginx{Admin: true, Locations: files}, "location ^~ /admin/ {", "client_max_body_size 0;")
	wants(t, front.Apache{Upstream: ":1", Admin: true, Locations: files}, "LimitRequestBody 0", "RequestReadTimeout header=10 body=60,MinRate=1")
	wants(t, front.Lighttpd{Upstream: ":1", Admin: true, Locations: files}, "server.max-request-size := 0", "server.max-read-idle := 60")
	for _, w := range []writer{front.Nginx{}, front.Apache{Upstream: ":1"}, front.Lighttpd{Upstream: ":1"}} {
		var b bytes.Buffer
		if err := w.Write(&b); err != nil || strings.Contains(b.String(), "admin") {
			t.Errorf("%v, for uploads:\n%s", err, b.String())
		}
	}
}
