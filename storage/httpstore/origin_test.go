package httpstore_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage/httpstore"
)

func TestClientNeedsOrigins(t *testing.T) {
	for _, origins := range [][]string{nil, {"https://ok.example", "nonsense"}} {
		if _, err := httpstore.NewClient(httpstore.Options{Origins: origins}); err == nil {
			t.Errorf("%q is taken", origins)
		}
	}
}

// listen counts the connections to a loopback port and says what it is.
func listen(t *testing.T) (port string, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, connections
}

// wantRefused asks for a URL and wants no connection to come of it.
func wantRefused(t *testing.T, c *httpstore.Client, url string, connections *atomic.Int32) {
	t.Helper()
	o, err := c.Open(t.Context(), url, httpstore.Ask{First: core.Span{Length: -1}})
	if !errors.Is(err, httpstore.ErrBadGateway) || o != nil {
		t.Errorf("%s: %v, %v, want ErrBadGateway", url, o, err)
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%s: %d connections", url, n)
		connections.Store(0)
	}
}

// Whatever form an address of this machine is written in, nobody is asked: the
// origins that are allowed are compared first.
func TestNoOtherOriginIsAsked(t *testing.T) {
	port, connections := listen(t)
	c := client(t, "https://files.example")
	for _, host := range []string{
		"127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.01", "127.1", "127.0.1", "0", "0.0.0.0",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::1%25lo]", "[fe80::1%25lo]", "169.254.169.254",
		"files.example@127.0.0.1", "127.0.0.1#@files.example", "127.0.0.1?@files.example", "files.example.127.0.0.1", "LOCALHOST",
		"localhost.", "127.0.0.1.", "①②⑦.⓪.⓪.①", "files.example%00.127.0.0.1", "files.example%2f@127.0.0.1",
	} {
		wantRefused(t, c, "https://"+host+":"+port+"/a", connections)
		wantRefused(t, c, "http://"+host+":"+port+"/a", connections)
	}
	for _, url := range []string{
		"", "/a", "//127.0.0.1/a", "file:///etc/passwd", "ftp://files.example/a", "gopher://files.example/", "unix:///run/x.sock",
		"http://files.example/", "https://files.example:8443/", "https://user@files.example/", "https://files.example:443:80/", "https:files.example",
		"javascript:alert(1)", "https://[::1", "\x00",
	} {
		wantRefused(t, c, url, connections)
	}
}

// An origin on the list whose name leads to this machine is not asked either,
// unless its network was allowed.
func TestAddressesAreLookedAtWhenDialled(t *testing.T) {
	port, connections := listen(t)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		origin := "http://" + host + ":" + port
		none := func(o *httpstore.Options) { o.Networks = nil }
		wantRefused(t, client(t, origin, none), origin+"/a", connections)
		other := func(o *httpstore.Options) { o.Networks = []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")} }
		wantRefused(t, client(t, origin, other), origin+"/a", connections)
	}
	c := client(t, "http://127.0.0.1:"+port)
	_, err := c.Open(t.Context(), "http://127.0.0.1:"+port+"/a", httpstore.Ask{First: core.Span{Length: -1}})
	if connections.Load() == 0 || !errors.Is(err, httpstore.ErrBadGateway) {
		t.Errorf("an allowed address: %d connections, %v", connections.Load(), err)
	}
}

func TestTheEnvironmentHasNoSay(t *testing.T) {
	port, connections := listen(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("http_proxy", "http://127.0.0.1:"+port)
	t.Setenv("ALL_PROXY", "http://127.0.0.1:"+port)
	wantRefused(t, client(t, "http://192.0.2.1"), "http://192.0.2.1/a", connections)
}

func TestErrorsKeepSecrets(t *testing.T) {
	c := client(t, "https://files.example")
	_, err := c.Open(t.Context(), "https://me:secret1@other.example/a?token=secret2#secret3", httpstore.Ask{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}
