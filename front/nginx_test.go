package front_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/front"
)

func write(t *testing.T, n front.Nginx) string {
	t.Helper()
	var b bytes.Buffer
	if err := n.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUpstreamAddress(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", ":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80",
		"[::1]:80": "[::1]:80", "app.internal:80": "app.internal:80", "unix:/run/d.sock": "unix:/run/d.sock",
	} {
		if got := write(t, front.Nginx{Upstream: listen}); !strings.Contains(got, "    server \""+want+"\";") {
			t.Errorf("listen %q: the upstream is not %q:\n%s", listen, want, got)
		}
	}
}

func TestEveryFlagHasEffect(t *testing.T) {
	got := write(t, front.Nginx{Name: "dl", Upstream: "a:1", Listen: "8443 ssl", ServerName: "x.example"})
	for _, want := range []string{"upstream dl {", "proxy_pass http://dl;", "listen 8443 ssl;", "server_name x.example;"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	def := write(t, front.Nginx{})
	for _, want := range []string{"upstream downlink {", "listen 80;", "server_name _;"} {
		if !strings.Contains(def, want) {
			t.Errorf("default %q is missing", want)
		}
	}
}

func TestDirectories(t *testing.T) {
	n := front.Nginx{Locations: []front.Location{{Prefix: "/i/", OwnPrefix: "/i@own/", Dir: `/srv/my "files"\x/`}}}
	got := write(t, n)
	if want := `alias "/srv/my \"files\"\\x/";`; strings.Count(got, want) != 2 {
		t.Errorf("%s is not there twice:\n%s", want, got)
	}
	n.Locations[0].Dir = "/srv/$HOME"
	if err := n.Write(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "$HOME") {
		t.Errorf("a directory with a dollar sign: %v", err)
	}
}
